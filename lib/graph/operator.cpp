#include "graph/operator.hpp"

#include <cstring>
#include <utility>

namespace convoy::graph {
namespace {

constexpr std::pair<Kind, const char*> kKindNames[] = {
    {Kind::convolution, "convolution"},
    {Kind::max_pool, "max_pool"},
    {Kind::average_pool, "average_pool"},
    {Kind::global_average_pool, "global_average_pool"},
    {Kind::global_max_pool, "global_max_pool"},
    {Kind::global_sum_pool, "global_sum_pool"},
    {Kind::gemm, "gemm"},
    {Kind::relu, "relu"},
    {Kind::leaky_relu, "leaky_relu"},
    {Kind::clip, "clip"},
    {Kind::sigmoid, "sigmoid"},
    {Kind::unary, "unary"},
    {Kind::add, "add"},
    {Kind::mul, "mul"},
    {Kind::binary, "binary"},
    {Kind::concat, "concat"},
    {Kind::batch_norm, "batch_norm"},
    {Kind::softmax, "softmax"},
    {Kind::pad, "pad"},
    {Kind::flatten, "flatten"},
    {Kind::transposed_convolution, "transposed_convolution"},
    {Kind::gather, "gather"},
    {Kind::resize, "resize"},
    {Kind::depth_to_space, "depth_to_space"},
    {Kind::space_to_depth, "space_to_depth"},
    {Kind::lrn, "lrn"},
    {Kind::whole, "whole"},
};

}  // namespace

const char* to_string(Kind kind) noexcept {
    for (const auto& [value, name] : kKindNames) {
        if (value == kind) return name;
    }
    return "unknown";
}

std::optional<Kind> kind_from_string(std::string_view name) noexcept {
    for (const auto& [value, text] : kKindNames) {
        if (name == text) return value;
    }
    return std::nullopt;
}

double operations(Activation activation) noexcept {
    switch (activation) {
        case Activation::none:
            return 0;
        case Activation::relu:
        case Activation::abs:
        case Activation::neg:
        case Activation::sqrt:
        case Activation::reciprocal:
        case Activation::floor:
        case Activation::ceil:
        case Activation::round:
        case Activation::sign:
            return 1;
        case Activation::leaky_relu:
        case Activation::clip:
            return 2;
        case Activation::softsign:
            return 3;
        case Activation::hard_swish:
        case Activation::silu:
            return 5;
        case Activation::sigmoid:
        case Activation::hard_sigmoid:
        case Activation::tanh:
        case Activation::elu:
        case Activation::softplus:
        case Activation::exp:
        case Activation::log:
        case Activation::erf:
            return 4;
    }
    return 0;
}

double operations(Arithmetic arithmetic) noexcept {
    if (arithmetic == Arithmetic::pow) return 8;
    return arithmetic == Arithmetic::prelu ? 2 : 1;
}

Index Constant::elements() const noexcept {
    Index product = 1;
    for (const Index dim : dims) product *= dim;
    return product;
}

float float_at(const Constant& constant, Index i) noexcept {
    float value = 0;
    copy_floats(constant, i, 1, &value);
    return value;
}

void copy_floats(const Constant& constant, Index begin, Index count, float* to) noexcept {
    std::memcpy(to, constant.data.data() + static_cast<std::size_t>(begin) * sizeof(float),
                static_cast<std::size_t>(count) * sizeof(float));
}

Activation function_of(const Operator& op) noexcept {
    switch (op.kind) {
        case Kind::relu:
            return Activation::relu;
        case Kind::leaky_relu:
            return Activation::leaky_relu;
        case Kind::clip:
            return Activation::clip;
        case Kind::sigmoid:
            return Activation::sigmoid;
        case Kind::unary:
            return op.function;
        default:
            return Activation::none;
    }
}

bool Tail::identity() const noexcept {
    return !bias && scale.empty() && shift.empty() && activation == Activation::none;
}

}  // namespace convoy::graph
