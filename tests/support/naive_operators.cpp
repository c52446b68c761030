#include "support/naive_operators.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

namespace convoy::test {
namespace {

using graph::Activation;
using graph::Axis;
using graph::Index;
using graph::Kind;

// Written so that NaN goes through: a comparison with NaN is false.
double relu(double x) { return x < 0 ? 0 : x; }
double leaky(double x, double alpha) { return x < 0 ? alpha * x : x; }
double clip(double x, double low, double high) { return x < low ? low : x > high ? high : x; }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double larger(double a, double b) { return std::isnan(a) || a > b ? a : b; }

bool inside(Index at, const graph::Interval& interval) { return at >= interval.begin && at < interval.end; }

}  // namespace

double apply_tail(const graph::Tail& tail, Index channel, double value) {
    const auto c = static_cast<std::size_t>(channel);
    if (tail.bias) value += static_cast<double>(float_at(*tail.bias, channel));
    if (!tail.scale.empty()) value *= static_cast<double>(tail.scale.at(c));
    if (!tail.shift.empty()) value += static_cast<double>(tail.shift.at(c));
    switch (tail.activation) {
        case Activation::none:
            return value;
        case Activation::relu:
            return relu(value);
        case Activation::leaky_relu:
            return leaky(value, static_cast<double>(tail.alpha));
        case Activation::clip:
            return clip(value, static_cast<double>(tail.low), static_cast<double>(tail.high));
        case Activation::sigmoid:
            return sigmoid(value);
    }
    throw std::logic_error("unknown activation");
}

NaiveOperator::NaiveOperator(const graph::Operator& op, std::size_t output, std::span<const Values> inputs,
                             const graph::Box& output_full, const std::optional<graph::Box>& in)
    : op_(op), output_(output), inputs_(inputs), output_full_(output_full), in_(in) {
    if (op.kind != Kind::whole) return;
    double sum = 0;
    std::size_t count = 0;
    for (const Values& values : inputs) {
        for (const double value : values.data) sum += value;
        count += values.data.size();
    }
    mean_ = sum / static_cast<double>(count);
}

double NaiveOperator::raw(const Point& at, std::size_t flat) const {
    switch (op_.kind) {
        case Kind::convolution:
            return convolution(at);
        case Kind::max_pool:
        case Kind::average_pool:
            return pool(at);
        case Kind::global_average_pool:
        case Kind::global_max_pool:
            return global_pool(at);
        case Kind::gemm:
            return gemm(at);
        case Kind::relu:
        case Kind::leaky_relu:
        case Kind::clip:
        case Kind::sigmoid:
        case Kind::batch_norm:
            return elementwise(flat);
        case Kind::add:
        case Kind::mul:
            return binary(at);
        case Kind::concat:
            return concat(at);
        case Kind::softmax:
            return softmax(at);
        case Kind::pad:
            return pad(at);
        case Kind::flatten:
            return flatten(at);
        case Kind::whole:
            return whole(flat);
    }
    throw std::logic_error("unknown kind");
}

bool NaiveOperator::summed(const Point& at) const {
    return !in_ || (inside(at.c, (*in_)[Axis::c]) && inside(at.h, (*in_)[Axis::h]) && inside(at.w, (*in_)[Axis::w]));
}

double NaiveOperator::convolution(const Point& at) const {
    const Values& x = inputs_[0];
    const graph::Window& window = op_.window;
    const Index group_inputs = x.full[Axis::c].end / op_.group;
    const Index group_outputs = output_full_[Axis::c].end / op_.group;
    const Index first = at.c / group_outputs * group_inputs;
    const double scale =
        op_.weight_scale.empty() ? 1 : static_cast<double>(op_.weight_scale.at(static_cast<std::size_t>(at.c)));
    double sum = 0;
    for (Index c = 0; c < group_inputs; ++c) {
        for (Index i = 0; i < window.kernel[0]; ++i) {
            for (Index j = 0; j < window.kernel[1]; ++j) {
                const Index h = at.h * window.stride[0] - window.pad_begin[0] + i * window.dilation[0];
                const Index w = at.w * window.stride[1] - window.pad_begin[1] + j * window.dilation[1];
                if (!inside(h, x.full[Axis::h]) || !inside(w, x.full[Axis::w])) continue;
                if (!summed({at.n, first + c, h, w})) continue;
                const Index weight = ((at.c * group_inputs + c) * window.kernel[0] + i) * window.kernel[1] + j;
                sum += x.at(at.n, first + c, h, w) * static_cast<double>(float_at(*op_.weights, weight)) * scale;
            }
        }
    }
    return sum;
}

double NaiveOperator::pool(const Point& at) const {
    const Values& x = inputs_[0];
    const graph::Window& window = op_.window;
    double sum = 0;
    double largest = -std::numeric_limits<double>::infinity();
    Index hits = 0;
    Index padded_hits = 0;
    for (Index i = 0; i < window.kernel[0]; ++i) {
        for (Index j = 0; j < window.kernel[1]; ++j) {
            const Index h = at.h * window.stride[0] - window.pad_begin[0] + i * window.dilation[0];
            const Index w = at.w * window.stride[1] - window.pad_begin[1] + j * window.dilation[1];
            if (h < x.full[Axis::h].end + window.pad_end[0] && w < x.full[Axis::w].end + window.pad_end[1])
                ++padded_hits;
            if (!inside(h, x.full[Axis::h]) || !inside(w, x.full[Axis::w])) continue;
            ++hits;
            sum += x.at(at.n, at.c, h, w);
            largest = larger(x.at(at.n, at.c, h, w), largest);
        }
    }
    if (hits == 0) return 0;
    if (op_.kind == Kind::max_pool) return largest;
    return sum / static_cast<double>(window.count_include_pad ? padded_hits : hits);
}

double NaiveOperator::global_pool(const Point& at) const {
    const Values& x = inputs_[0];
    double sum = 0;
    double largest = -std::numeric_limits<double>::infinity();
    for (Index h = 0; h < x.full[Axis::h].end; ++h) {
        for (Index w = 0; w < x.full[Axis::w].end; ++w) {
            if (!summed({at.n, at.c, h, w})) continue;
            sum += x.at(at.n, at.c, h, w);
            largest = larger(x.at(at.n, at.c, h, w), largest);
        }
    }
    if (op_.kind == Kind::global_max_pool) return largest;
    return sum / static_cast<double>(x.full[Axis::h].end * x.full[Axis::w].end);
}

double NaiveOperator::gemm(const Point& at) const {
    const Values& x = inputs_[0];
    const Index features = x.full[Axis::c].end * x.full[Axis::h].end * x.full[Axis::w].end;
    const double scale =
        op_.weight_scale.empty() ? 1 : static_cast<double>(op_.weight_scale.at(static_cast<std::size_t>(at.c)));
    double sum = 0;
    for (Index c = 0; c < x.full[Axis::c].end; ++c) {
        for (Index h = 0; h < x.full[Axis::h].end; ++h) {
            for (Index w = 0; w < x.full[Axis::w].end; ++w) {
                if (!summed({at.n, c, h, w})) continue;
                const Index feature = (c * x.full[Axis::h].end + h) * x.full[Axis::w].end + w;
                const float weight = float_at(*op_.weights, at.c * features + feature);
                sum += x.at(at.n, c, h, w) * static_cast<double>(weight) * scale;
            }
        }
    }
    return sum;
}

double NaiveOperator::elementwise(std::size_t flat) const {
    const double x = inputs_[0].data.at(flat);
    switch (op_.kind) {
        case Kind::relu:
            return relu(x);
        case Kind::leaky_relu:
            return leaky(x, static_cast<double>(op_.alpha));
        case Kind::clip:
            return clip(x, static_cast<double>(op_.low), static_cast<double>(op_.high));
        case Kind::sigmoid:
            return sigmoid(x);
        default:
            return x;  // batch_norm: scale and shift are its tail
    }
}

double NaiveOperator::binary(const Point& at) const {
    const auto value = [&](const Values& x) {
        const auto clamp = [&](Index coordinate, Axis axis) { return x.full[axis].end == 1 ? 0 : coordinate; };
        return x.at(clamp(at.n, Axis::n), clamp(at.c, Axis::c), clamp(at.h, Axis::h), clamp(at.w, Axis::w));
    };
    const double a = value(inputs_[0]);
    const double b = value(inputs_[1]);
    return op_.kind == Kind::add ? a + b : a * b;
}

double NaiveOperator::concat(const Point& at) const {
    Index c = at.c;
    for (const Values& x : inputs_) {
        if (c < x.full[Axis::c].end) return x.at(at.n, c, at.h, at.w);
        c -= x.full[Axis::c].end;
    }
    throw std::logic_error("concat: channel outside of all inputs");
}

double NaiveOperator::softmax(const Point& at) const {
    const Values& x = inputs_[0];
    double sum = 0;
    for (Index c = 0; c < x.full[Axis::c].end; ++c) sum += std::exp(x.at(at.n, c, at.h, at.w));
    return std::exp(x.at(at.n, at.c, at.h, at.w)) / sum;
}

double NaiveOperator::pad(const Point& at) const {
    const Values& x = inputs_[0];
    const Index h = at.h - op_.window.pad_begin[0];
    const Index w = at.w - op_.window.pad_begin[1];
    const bool outside = !inside(h, x.full[Axis::h]) || !inside(w, x.full[Axis::w]);
    return outside ? static_cast<double>(op_.pad_value) : x.at(at.n, at.c, h, w);
}

double NaiveOperator::flatten(const Point& at) const {
    const Values& x = inputs_[0];
    const Index width = x.full[Axis::w].end;
    const Index area = x.full[Axis::h].end * width;
    return x.at(at.n, at.c / area, at.c % area / width, at.c % width);
}

// Kind whole stands for any function: here one in which every output value depends on every input value.
double NaiveOperator::whole(std::size_t flat) const {
    const std::vector<double>& x = inputs_[0].data;
    return mean_ + 0.5 * x[(flat * 5 + 3 + output_) % x.size()];
}

}  // namespace convoy::test
