// Conversions of operators that work element by element, and of Softmax.
#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/onnx_arithmetic.hpp"
#include "graph/onnx_convert.hpp"

namespace convoy::graph::detail {
namespace {

using Dims = std::vector<Index>;

/// The other operand of a node with one constant operand: y = x * scale + shift.
Conversion constant_operand(Draft& draft, const onnx::NodeProto& node, int place) {
    const Dims& dims = *feature_dims(draft, node.input(1 - place));
    if (dims != *feature_dims(draft, node.output(0))) return {};
    const Constant* constant = float_input(draft, node, place);
    auto values = constant != nullptr ? per_channel(*constant, dims) : std::nullopt;
    if (!values) return {};
    DraftOperator converted = start(node, Kind::batch_norm, {1 - place});
    const std::string& type = node.op_type();
    if (type == "Mul") {
        converted.scale = std::move(*values);
    } else if (type == "Add" || type == "Sum") {
        converted.shift = std::move(*values);
    } else if (type == "Sub" && place == 1) {
        for (double& value : *values) value = -value;
        converted.shift = std::move(*values);
    } else if (type == "Sub") {
        converted.scale.assign(values->size(), -1.0);
        converted.shift = std::move(*values);
    } else if (type == "Div" && place == 1) {
        for (double& value : *values) value = 1 / value;
        converted.scale = std::move(*values);
    } else {
        return {};
    }
    return converted;
}

struct Bounds {
    float low = std::numeric_limits<float>::lowest();
    float high = std::numeric_limits<float>::max();
};

/// The bounds of Clip: attributes up to opset 10, inputs since. Nothing when they are not constant numbers.
std::optional<Bounds> bounds_of(const Draft& draft, const onnx::NodeProto& node) {
    Bounds bounds;
    if (draft.opset < 11) {
        bounds.low = float_attribute(node, "min", bounds.low);
        bounds.high = float_attribute(node, "max", bounds.high);
    }
    for (int place = 1; place <= 2 && draft.opset >= 11; ++place) {
        if (!has_input(node, place)) continue;
        const Constant* bound = float_input(draft, node, place);
        if (bound == nullptr || bound->elements() != 1) return std::nullopt;
        (place == 1 ? bounds.low : bounds.high) = float_at(*bound, 0);
    }
    if (std::isnan(bounds.low) || std::isnan(bounds.high) || bounds.low > bounds.high) return std::nullopt;
    return bounds;
}

/// The shape of a float32 tensor of any rank that is no constant.
const Dims* float_dims(const Draft& draft, const std::string& name) {
    const TensorShape* shape = draft.constant(name) == nullptr ? draft.shape(name) : nullptr;
    return shape != nullptr && shape->type == onnx::TensorProto::FLOAT ? &shape->dims : nullptr;
}

bool broadcasts(const Dims& from, const Dims& to) {
    return from.size() <= to.size() &&
           std::equal(from.rbegin(), from.rend(), to.rbegin(), [](Index a, Index b) { return a == b || a == 1; });
}

std::optional<Arithmetic> arithmetic_of(std::string_view type) {
    static const std::map<std::string_view, Arithmetic> table{
        {"Add", Arithmetic::add}, {"Sum", Arithmetic::add}, {"Sub", Arithmetic::sub},
        {"Mul", Arithmetic::mul}, {"Div", Arithmetic::div}, {"Pow", Arithmetic::pow},
        {"Min", Arithmetic::min}, {"Max", Arithmetic::max}, {"PRelu", Arithmetic::prelu},
    };
    const auto found = table.find(type);
    return found == table.end() ? std::nullopt : std::optional(found->second);
}

/// A constant operand as floats: exponents may be integers.
std::optional<Constant> constant_float(Draft& draft, const onnx::NodeProto& node, int place) {
    const Constant* constant = draft.constant(node.input(place));
    if (constant == nullptr || constant->type == ElementType::float32)
        return constant ? std::optional(*constant) : std::nullopt;
    const auto values = node.op_type() == "Pow" && place == 1 ? load(*constant) : std::nullopt;
    return values ? store(draft, *values, ElementType::float32, constant->dims) : std::nullopt;
}

/// An operand of a broadcast operator on feature maps or vectors: an activation of the output's rank, or a constant.
bool is_operand(Draft& draft, const onnx::NodeProto& node, int place, const Dims& out) {
    if (const auto constant = constant_float(draft, node, place)) {
        return constant->elements() > 0 && broadcasts(constant->dims, out);
    }
    const Dims* dims = feature_dims(draft, node.input(place));
    return dims != nullptr && dims->size() == out.size() && broadcasts(*dims, out);
}

/// Add and Mul of tensors: a complete one comes first.
DraftOperator of_tensors(const Draft& draft, const onnx::NodeProto& node, Arithmetic arithmetic, const Dims& out) {
    DraftOperator converted = start(node, arithmetic == Arithmetic::add ? Kind::add : Kind::mul, {});
    converted.inputs.assign(node.input().begin(), node.input().end());
    std::stable_partition(converted.inputs.begin(), converted.inputs.end(),
                          [&](const std::string& name) { return *feature_dims(draft, name) == out; });
    return converted;
}

struct Function {
    Kind kind;
    Activation function;
};

std::optional<Function> function_named(std::string_view type) {
    static const std::map<std::string_view, Function> table{
        {"Relu", {Kind::relu, Activation::relu}},
        {"LeakyRelu", {Kind::leaky_relu, Activation::leaky_relu}},
        {"Clip", {Kind::clip, Activation::clip}},
        {"Sigmoid", {Kind::sigmoid, Activation::sigmoid}},
        {"HardSigmoid", {Kind::unary, Activation::hard_sigmoid}},
        {"HardSwish", {Kind::unary, Activation::hard_swish}},
        {"Tanh", {Kind::unary, Activation::tanh}},
        {"Elu", {Kind::unary, Activation::elu}},
        {"Softplus", {Kind::unary, Activation::softplus}},
        {"Softsign", {Kind::unary, Activation::softsign}},
        {"Abs", {Kind::unary, Activation::abs}},
        {"Neg", {Kind::unary, Activation::neg}},
        {"Exp", {Kind::unary, Activation::exp}},
        {"Log", {Kind::unary, Activation::log}},
        {"Sqrt", {Kind::unary, Activation::sqrt}},
        {"Erf", {Kind::unary, Activation::erf}},
        {"Reciprocal", {Kind::unary, Activation::reciprocal}},
        {"Floor", {Kind::unary, Activation::floor}},
        {"Ceil", {Kind::unary, Activation::ceil}},
        {"Round", {Kind::unary, Activation::round}},
        {"Sign", {Kind::unary, Activation::sign}},
    };
    const auto found = table.find(type);
    return found == table.end() ? std::nullopt : std::optional(found->second);
}

/// Sets alpha and beta. Whether they are finite.
bool set_parameters(const onnx::NodeProto& node, Operator& op) {
    const std::string& type = node.op_type();
    if (type == "LeakyRelu") op.alpha = float_attribute(node, "alpha", 0.01F);
    if (type == "Elu") op.alpha = float_attribute(node, "alpha", 1);
    if (type == "HardSigmoid") {
        op.alpha = float_attribute(node, "alpha", 0.2F);
        op.beta = float_attribute(node, "beta", 0.5F);
    }
    if (type == "HardSwish") {
        op.alpha = 1 / 6.0F;
        op.beta = 0.5F;
    }
    return std::isfinite(op.alpha) && std::isfinite(op.beta);
}

}  // namespace

/// One value per channel of a tensor of these dims, when the constant broadcasts so without widening it.
std::optional<std::vector<double>> per_channel(const Constant& constant, const std::vector<Index>& dims) {
    if (constant.dims.size() > dims.size()) return std::nullopt;
    const std::size_t missing = dims.size() - constant.dims.size();
    for (std::size_t i = 0; i < constant.dims.size(); ++i) {
        const bool along_channels = i + missing == 1 && constant.dims[i] == dims[1];
        if (constant.dims[i] != 1 && !along_channels) return std::nullopt;
    }
    std::vector<float> values(static_cast<std::size_t>(constant.elements()));
    copy_floats(constant, 0, constant.elements(), values.data());
    std::vector<double> all(static_cast<std::size_t>(dims[1]), values.empty() ? 0.0 : values[0]);
    if (values.size() == all.size()) std::copy(values.begin(), values.end(), all.begin());
    return all;
}

Conversion convert_arithmetic(Draft& draft, const onnx::NodeProto& node) {
    const auto arithmetic = arithmetic_of(node.op_type());
    const Dims* out = feature_dims(draft, node.output(0));
    if (!arithmetic || out == nullptr || node.input_size() < 2) return {};
    int constants = 0;
    for (int place = 0; place < node.input_size(); ++place) {
        if (!has_input(node, place) || !is_operand(draft, node, place, *out)) return {};
        constants += draft.constant(node.input(place)) != nullptr ? 1 : 0;
    }
    if (constants == node.input_size()) return {};
    if (node.input_size() == 2 && constants == 1) {
        if (auto affine = constant_operand(draft, node, draft.constant(node.input(1)) != nullptr ? 1 : 0))
            return affine;
    }
    if (constants == 0 && (*arithmetic == Arithmetic::add || *arithmetic == Arithmetic::mul)) {
        return of_tensors(draft, node, *arithmetic, *out);
    }
    DraftOperator converted = start(node, Kind::binary, {});
    converted.op.arithmetic = *arithmetic;
    for (int place = 0; place < node.input_size(); ++place) {
        converted.op.constant_inputs.push_back(constant_float(draft, node, place));
        if (!converted.op.constant_inputs.back()) converted.inputs.push_back(node.input(place));
    }
    return converted;
}

Conversion convert_activation(Draft& draft, const onnx::NodeProto& node) {
    const auto function = function_named(node.op_type());
    if (!function || float_dims(draft, node.input(0)) == nullptr) return {};
    DraftOperator converted = start(node, function->kind, {0});
    converted.op.function = function->kind == Kind::unary ? function->function : Activation::none;
    if (function->kind == Kind::clip) {
        const auto bounds = bounds_of(draft, node);
        if (!bounds) return {};
        converted.op.low = bounds->low;
        converted.op.high = bounds->high;
    }
    return set_parameters(node, converted.op) ? Conversion(std::move(converted)) : std::nullopt;
}

Conversion convert_softmax(Draft& draft, const onnx::NodeProto& node) {
    const auto* dims = feature_dims(draft, node.input(0));
    if (dims == nullptr) return {};
    const bool coerces = draft.opset < 13;  // into two dimensions, at the axis
    Index axis = int_attribute(node, "axis", coerces ? 1 : -1);
    if (axis < 0) axis += static_cast<Index>(dims->size());
    if (axis < 0 || axis >= static_cast<Index>(dims->size())) return {};
    const bool behind = std::any_of(dims->begin() + axis + 1, dims->end(), [](Index dim) { return dim != 1; });
    if (coerces && behind) return {};
    DraftOperator converted = start(node, Kind::softmax, {0});
    converted.op.axis = kAllAxes.at(static_cast<std::size_t>(axis));
    return converted;
}

}  // namespace convoy::graph::detail
