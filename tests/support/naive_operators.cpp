#include "support/naive_operators.hpp"

#include <algorithm>
#include <array>
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
double clip(double x, double low, double high) { return x < low ? low : x > high ? high : x; }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double larger(double a, double b) { return std::isnan(a) || a > b ? a : b; }

/// `by` has the parameters of a Tail or of an Operator.
template <class Parameters>
double apply(Activation function, const Parameters& by, double x) {
    const auto alpha = static_cast<double>(by.alpha);
    const auto beta = static_cast<double>(by.beta);
    switch (function) {
        case Activation::none:
            return x;
        case Activation::relu:
            return x < 0 ? 0 : x;
        case Activation::leaky_relu:
            return x < 0 ? alpha * x : x;
        case Activation::clip:
            return clip(x, static_cast<double>(by.low), static_cast<double>(by.high));
        case Activation::sigmoid:
            return sigmoid(x);
        case Activation::hard_sigmoid:
            return clip(alpha * x + beta, 0, 1);
        case Activation::hard_swish:
            return x * clip(alpha * x + beta, 0, 1);
        case Activation::silu:
            return x * sigmoid(x);
        case Activation::tanh:
            return std::tanh(x);
        case Activation::elu:
            return x < 0 ? alpha * std::expm1(x) : x;
        case Activation::softplus:
            return std::log1p(std::exp(x));
        case Activation::softsign:
            return x / (1 + std::abs(x));
        case Activation::abs:
            return std::abs(x);
        case Activation::neg:
            return -x;
        case Activation::exp:
            return std::exp(x);
        case Activation::log:
            return std::log(x);
        case Activation::sqrt:
            return std::sqrt(x);
        case Activation::erf:
            return std::erf(x);
        case Activation::reciprocal:
            return 1 / x;
        case Activation::floor:
            return std::floor(x);
        case Activation::ceil:
            return std::ceil(x);
        case Activation::round:
            return std::nearbyint(x);
        case Activation::sign:
            return x > 0 ? 1 : x < 0 ? -1 : x;
    }
    throw std::logic_error("unknown activation");
}

double apply(graph::Arithmetic arithmetic, double a, double b) {
    using graph::Arithmetic;
    if (std::isnan(a) || std::isnan(b)) return a + b;
    switch (arithmetic) {
        case Arithmetic::add:
            return a + b;
        case Arithmetic::sub:
            return a - b;
        case Arithmetic::mul:
            return a * b;
        case Arithmetic::div:
            return a / b;
        case Arithmetic::pow:
            return std::pow(a, b);
        case Arithmetic::min:
            return std::min(a, b);
        case Arithmetic::max:
            return std::max(a, b);
        case Arithmetic::prelu:
            return a < 0 ? a * b : a;
    }
    throw std::logic_error("unknown arithmetic");
}

bool inside(Index at, const graph::Interval& interval) { return at >= interval.begin && at < interval.end; }

}  // namespace

double apply_tail(const graph::Tail& tail, Index channel, double value) {
    const auto c = static_cast<std::size_t>(channel);
    if (tail.bias) value += static_cast<double>(float_at(*tail.bias, channel));
    if (!tail.scale.empty()) value *= static_cast<double>(tail.scale.at(c));
    if (!tail.shift.empty()) value += static_cast<double>(tail.shift.at(c));
    return apply(tail.activation, tail, value);
}

NaiveOperator::NaiveOperator(const graph::Operator& op, std::size_t output, std::span<const Values> inputs,
                             const graph::TensorInfo& output_tensor, const std::optional<graph::Box>& in)
    : op_(op),
      output_(output),
      inputs_(inputs),
      output_full_(output_tensor.full),
      output_rank_(output_tensor.dims.size()),
      in_(in) {
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
        case Kind::global_sum_pool:
            return global_pool(at);
        case Kind::gemm:
            return gemm(at);
        case Kind::relu:
            return apply(Activation::relu, op_, inputs_[0].data.at(flat));
        case Kind::leaky_relu:
            return apply(Activation::leaky_relu, op_, inputs_[0].data.at(flat));
        case Kind::clip:
            return apply(Activation::clip, op_, inputs_[0].data.at(flat));
        case Kind::sigmoid:
            return apply(Activation::sigmoid, op_, inputs_[0].data.at(flat));
        case Kind::unary:
            return apply(op_.function, op_, inputs_[0].data.at(flat));
        case Kind::batch_norm:  // its scale and shift are its tail
            return inputs_[0].data.at(flat);
        case Kind::add:
        case Kind::mul:
        case Kind::binary:
            return broadcast(at, flat);
        case Kind::concat:
            return concat(at);
        case Kind::softmax:
            return softmax(at);
        case Kind::pad:
            return pad(at);
        case Kind::flatten:
            return flatten(at);
        case Kind::transposed_convolution:
            return transposed_convolution(at);
        case Kind::gather:
            return gather(at);
        case Kind::resize:
            return resize(at);
        case Kind::depth_to_space:
            return depth_to_space(at);
        case Kind::space_to_depth:
            return space_to_depth(at);
        case Kind::lrn:
            return lrn(at);
        case Kind::whole:
            return whole(flat);
    }
    throw std::logic_error("unknown kind");
}

bool NaiveOperator::summed(const Point& at) const {
    return !in_ || (inside(at.c, (*in_)[Axis::c]) && inside(at.h, (*in_)[Axis::h]) && inside(at.w, (*in_)[Axis::w]));
}

NaiveOperator::Group NaiveOperator::group_of(Index channel) const {
    const Index inputs = inputs_[0].full[Axis::c].end / op_.group;
    const Index outputs = output_full_[Axis::c].end / op_.group;
    const std::vector<float>& scale = op_.weight_scale;
    return {inputs, channel / outputs * inputs,
            scale.empty() ? 1 : static_cast<double>(scale.at(static_cast<std::size_t>(channel)))};
}

double NaiveOperator::weight(const Group& group, Index channel, Index c, Index i, Index j) const {
    const graph::Window& window = op_.window;
    const Index at = ((channel * group.inputs + c) * window.kernel[0] + i) * window.kernel[1] + j;
    return static_cast<double>(float_at(*op_.weights, at)) * group.scale;
}

double NaiveOperator::convolution(const Point& at) const {
    const Values& x = inputs_[0];
    const graph::Window& window = op_.window;
    const Group group = group_of(at.c);
    double sum = 0;
    for (Index c = 0; c < group.inputs; ++c) {
        for (Index i = 0; i < window.kernel[0]; ++i) {
            for (Index j = 0; j < window.kernel[1]; ++j) {
                const Index h = at.h * window.stride[0] - window.pad_begin[0] + i * window.dilation[0];
                const Index w = at.w * window.stride[1] - window.pad_begin[1] + j * window.dilation[1];
                if (!inside(h, x.full[Axis::h]) || !inside(w, x.full[Axis::w])) continue;
                if (!summed({at.n, group.first + c, h, w})) continue;
                sum += x.at(at.n, group.first + c, h, w) * weight(group, at.c, c, i, j);
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
    if (op_.kind == Kind::global_sum_pool) return sum;
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

double NaiveOperator::broadcast(const Point& at, std::size_t flat) const {
    const auto clamp = [](Index coordinate, Index extent) { return extent == 1 ? 0 : coordinate; };
    const auto value_of = [&](const Values& x) {
        if (x.inner > 1) return x.data.at(flat);
        return x.at(clamp(at.n, x.full[Axis::n].end), clamp(at.c, x.full[Axis::c].end),
                    clamp(at.h, x.full[Axis::h].end), clamp(at.w, x.full[Axis::w].end));
    };
    // A constant lacks leading axes of the output, which is [n, c] or [n, c, h, w].
    const bool vector = output_rank_ == 2;
    const auto constant_of = [&](const graph::Constant& constant) {
        const std::vector<Index> point = vector ? std::vector{at.n, at.c} : std::vector{at.n, at.c, at.h, at.w};
        Index place = 0;
        for (std::size_t i = 0; i < constant.dims.size(); ++i) {
            const Index coordinate = point.at(point.size() - constant.dims.size() + i);
            place = place * constant.dims[i] + clamp(coordinate, constant.dims[i]);
        }
        return static_cast<double>(float_at(constant, place));
    };
    std::vector<double> operands;
    std::size_t next = 0;
    for (const auto& constant : op_.constant_inputs) {
        operands.push_back(constant ? constant_of(*constant) : value_of(inputs_[next++]));
    }
    for (; next < inputs_.size(); ++next) operands.push_back(value_of(inputs_[next]));
    const graph::Arithmetic arithmetic = op_.kind == Kind::add   ? graph::Arithmetic::add
                                         : op_.kind == Kind::mul ? graph::Arithmetic::mul
                                                                 : op_.arithmetic;
    double value = operands.at(0);
    for (std::size_t i = 1; i < operands.size(); ++i) value = apply(arithmetic, value, operands[i]);
    return value;
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
    for (Index i = 0; i < x.full[op_.axis].end; ++i) {
        std::array<Index, graph::kAxes> point{at.n, at.c, at.h, at.w};
        point.at(static_cast<std::size_t>(op_.axis)) = i;
        sum += std::exp(x.at(point[0], point[1], point[2], point[3]));
    }
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
