#include "graph/onnx_convert.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "util/error.hpp"

namespace convoy::graph::detail {
namespace {

using Function = Conversion (*)(Draft&, const onnx::NodeProto&);

const std::map<std::string_view, Function>& functions() {
    static const std::map<std::string_view, Function> table{
        {"Conv", convert_convolution},
        {"MaxPool", convert_pool},
        {"AveragePool", convert_pool},
        {"GlobalAveragePool", convert_global_pool},
        {"GlobalMaxPool", convert_global_pool},
        {"ReduceMean", convert_global_pool},
        {"ReduceSum", convert_global_pool},
        {"ReduceMax", convert_global_pool},
        {"Pad", convert_pad},
        {"Gemm", convert_gemm},
        {"MatMul", convert_matmul},
        {"Add", convert_arithmetic},
        {"Sub", convert_arithmetic},
        {"Mul", convert_arithmetic},
        {"Div", convert_arithmetic},
        {"Sum", convert_arithmetic},
        {"Pow", convert_arithmetic},
        {"Min", convert_arithmetic},
        {"Max", convert_arithmetic},
        {"PRelu", convert_arithmetic},
        {"BatchNormalization", convert_batch_norm},
        {"Relu", convert_activation},
        {"LeakyRelu", convert_activation},
        {"Clip", convert_activation},
        {"Sigmoid", convert_activation},
        {"HardSigmoid", convert_activation},
        {"HardSwish", convert_activation},
        {"Tanh", convert_activation},
        {"Elu", convert_activation},
        {"Softplus", convert_activation},
        {"Softsign", convert_activation},
        {"Abs", convert_activation},
        {"Neg", convert_activation},
        {"Exp", convert_activation},
        {"Log", convert_activation},
        {"Sqrt", convert_activation},
        {"Erf", convert_activation},
        {"Reciprocal", convert_activation},
        {"Floor", convert_activation},
        {"Ceil", convert_activation},
        {"Round", convert_activation},
        {"Sign", convert_activation},
        {"Concat", convert_concat},
        {"Softmax", convert_softmax},
        {"Flatten", convert_flatten},
        {"Reshape", convert_flatten},
        {"Squeeze", convert_flatten},
        {"Unsqueeze", convert_flatten},
        {"ConvTranspose", convert_transposed_convolution},
        {"Slice", convert_slice},
        {"Gather", convert_gather},
        {"Resize", convert_resize},
        {"Upsample", convert_resize},
        {"DepthToSpace", convert_blocks},
        {"SpaceToDepth", convert_blocks},
        {"LRN", convert_lrn},
    };
    return table;
}

Attribute whole_attribute(const onnx::NodeProto& node, const onnx::AttributeProto& written) {
    switch (written.type()) {
        case onnx::AttributeProto::INT:
            return std::int64_t{written.i()};
        case onnx::AttributeProto::FLOAT:
            return written.f();
        case onnx::AttributeProto::STRING:
            return written.s();
        case onnx::AttributeProto::INTS:
            return std::vector<std::int64_t>(written.ints().begin(), written.ints().end());
        case onnx::AttributeProto::FLOATS:
            return std::vector<float>(written.floats().begin(), written.floats().end());
        default:
            refuse(node, fmt::format("its attribute '{}' is of a kind that cannot be run", written.name()));
    }
}

DraftOperator convert_whole(const Draft& draft, const onnx::NodeProto& node) {
    DraftOperator whole = start(node, Kind::whole, {});
    whole.outputs.assign(node.output().begin(), node.output().end());
    for (const auto& written : node.attribute()) {
        whole.op.attributes[written.name()] = whole_attribute(node, written);
    }
    whole.op.attributes["opset"] = std::int64_t{draft.opset};
    for (const std::string& name : node.input()) {
        if (name.empty()) {
            whole.op.constant_inputs.emplace_back(Constant{ElementType::float32, {0}, {}});
        } else if (const Constant* constant = draft.constant(name)) {
            whole.op.constant_inputs.emplace_back(*constant);
        } else {
            whole.op.constant_inputs.emplace_back(std::nullopt);
            whole.inputs.push_back(name);
        }
    }
    return whole;
}

void require_types(const Draft& draft, const onnx::NodeProto& node) {
    const auto require = [&](const std::string& name) {
        const TensorShape* shape = draft.shape(name);
        if (shape != nullptr && element_type(shape->type)) return;
        const auto& type = onnx::TensorProto::DataType_Name(shape != nullptr ? shape->type : 0);
        refuse(node, fmt::format("tensor '{}' is of element type {}, which cannot be run", name, type));
    };
    for (const std::string& name : node.input()) {
        if (!name.empty()) require(name);
    }
    for (const std::string& name : node.output()) require(name);
}

}  // namespace

const std::vector<Index>* feature_dims(const Draft& draft, const std::string& name) {
    const TensorShape* shape = draft.constant(name) == nullptr ? draft.shape(name) : nullptr;
    if (shape == nullptr || shape->type != onnx::TensorProto::FLOAT) return nullptr;
    return shape->dims.size() == 2 || shape->dims.size() == 4 ? &shape->dims : nullptr;
}

bool has_input(const onnx::NodeProto& node, int place) {
    return place < node.input_size() && !node.input(place).empty();
}

const Constant* float_input(const Draft& draft, const onnx::NodeProto& node, int place) {
    const Constant* constant = has_input(node, place) ? draft.constant(node.input(place)) : nullptr;
    return constant != nullptr && constant->type == ElementType::float32 ? constant : nullptr;
}

void require_listable(const onnx::NodeProto& node, Index positions) {
    constexpr Index kMostPositions = Index{1} << 20;
    if (positions > kMostPositions)
        refuse(node, fmt::format("an axis of {} positions; up to {} can be picked from", positions, kMostPositions));
}

DraftOperator start(const onnx::NodeProto& node, Kind kind, const std::vector<int>& inputs) {
    DraftOperator started;
    started.op.name = node.name();
    started.op.kind = kind;
    started.op.onnx_type = node.op_type();
    for (const int place : inputs) started.inputs.push_back(node.input(place));
    started.outputs.push_back(node.output(0));
    return started;
}

namespace {

std::vector<DraftOperator> convert_node(Draft& draft, const onnx::NodeProto& node) {
    require_types(draft, node);
    if (node.op_type() == "Split" && has_input(node, 0)) {
        std::vector<DraftOperator> parts = convert_split(draft, node);
        if (!parts.empty()) return parts;
    }
    const auto found = functions().find(node.op_type());
    const bool known = found != functions().end() && node.output_size() == 1 && has_input(node, 0);
    auto converted = known ? found->second(draft, node) : std::nullopt;
    return {converted ? std::move(*converted) : convert_whole(draft, node)};
}

}  // namespace

std::vector<DraftOperator> convert(Draft& draft) {
    std::vector<DraftOperator> operators;
    std::vector<Shuffle> shuffles = find_shuffles(draft);
    for (const onnx::NodeProto& node : draft.model.graph().node()) {
        const auto shuffle = std::find_if(shuffles.begin(), shuffles.end(), [&](const Shuffle& one) {
            return one.separate == &node || one.swap == &node || one.join == &node;
        });
        if (shuffle == shuffles.end()) {
            std::vector<DraftOperator> converted = convert_node(draft, node);
            std::move(converted.begin(), converted.end(), std::back_inserter(operators));
        } else if (shuffle->join == &node) {
            operators.push_back(std::move(shuffle->gather));
        }
    }
    return operators;
}

}  // namespace convoy::graph::detail
