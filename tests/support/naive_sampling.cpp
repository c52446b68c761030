// The naive executor's operators whose output elements come from a few listed input positions.
#include <algorithm>
#include <cmath>

#include "support/naive_operators.hpp"

namespace convoy::test {

using graph::Axis;
using graph::Index;

double NaiveOperator::transposed_convolution(const Point& at) const {
    const Values& x = inputs_[0];
    const graph::Window& window = op_.window;
    const Group group = group_of(at.c);
    double sum = 0;
    for (Index c = 0; c < group.inputs; ++c) {
        for (Index h = 0; h < x.full[Axis::h].end; ++h) {
            for (Index w = 0; w < x.full[Axis::w].end; ++w) {
                // Where this input element would be written by tap (i, j): which tap hits `at`?
                const Index down = at.h + window.pad_begin[0] - h * window.stride[0];
                const Index along = at.w + window.pad_begin[1] - w * window.stride[1];
                if (down < 0 || along < 0 || down % window.dilation[0] != 0 || along % window.dilation[1] != 0)
                    continue;
                const Index i = down / window.dilation[0];
                const Index j = along / window.dilation[1];
                if (i >= window.kernel[0] || j >= window.kernel[1]) continue;
                sum += x.at(at.n, group.first + c, h, w) * weight(group, at.c, c, i, j);
            }
        }
    }
    return sum;
}

double NaiveOperator::gather(const Point& at) const {
    const auto place = [&](std::size_t axis, Index o) {
        const bool picks = axis < op_.picks.size() && !op_.picks[axis].empty();
        return picks ? op_.picks[axis].at(static_cast<std::size_t>(o)) : o;
    };
    return inputs_[0].at(place(0, at.n), place(1, at.c), place(2, at.h), place(3, at.w));
}

double NaiveOperator::resize(const Point& at) const {
    double sum = 0;
    const auto& [down, along] = op_.resampling;
    for (Index i = 0; i < std::max<Index>(1, down.taps); ++i) {
        for (Index j = 0; j < std::max<Index>(1, along.taps); ++j) {
            const auto row = static_cast<std::size_t>(at.h * down.taps + i);
            const auto column = static_cast<std::size_t>(at.w * along.taps + j);
            const Index h = down.taps == 0 ? at.h : down.positions.at(row);
            const Index w = along.taps == 0 ? at.w : along.positions.at(column);
            const double vertical = down.taps == 0 ? 1 : static_cast<double>(down.weights.at(row));
            const double horizontal = along.taps == 0 ? 1 : static_cast<double>(along.weights.at(column));
            sum += vertical * horizontal * inputs_[0].at(at.n, at.c, h, w);
        }
    }
    return sum;
}

double NaiveOperator::depth_to_space(const Point& at) const {
    const Index block = op_.block;
    const Index place = at.h % block * block + at.w % block;
    const Index channels = output_full_[Axis::c].end;
    const Index c = op_.channel_major ? at.c * block * block + place : place * channels + at.c;
    return inputs_[0].at(at.n, c, at.h / block, at.w / block);
}

double NaiveOperator::space_to_depth(const Point& at) const {
    const Index channels = inputs_[0].full[Axis::c].end;
    const Index place = at.c / channels;
    return inputs_[0].at(at.n, at.c % channels, at.h * op_.block + place / op_.block,
                         at.w * op_.block + place % op_.block);
}

double NaiveOperator::lrn(const Point& at) const {
    const graph::LocalResponse& response = op_.local_response;
    double sum = 0;
    for (Index c = 0; c < inputs_[0].full[Axis::c].end; ++c) {
        // `size` channels around the one in the middle; of an even number the extra one lies behind.
        const bool near = 2 * (at.c - c) <= response.size - 1 && 2 * (c - at.c) <= response.size;
        if (near) sum += inputs_[0].at(at.n, c, at.h, at.w) * inputs_[0].at(at.n, c, at.h, at.w);
    }
    const double alpha = static_cast<double>(response.alpha) / static_cast<double>(response.size);
    return inputs_[0].at(at.n, at.c, at.h, at.w) /
           std::pow(static_cast<double>(response.bias) + alpha * sum, static_cast<double>(response.beta));
}

}  // namespace convoy::test
