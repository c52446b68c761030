#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/onnx_draft.hpp"

namespace convoy::graph::detail {

/// An operator on its way into the graph: tensors by name, and the constant affine map behind it in double precision.
struct DraftOperator {
    Operator op;
    std::vector<std::string> inputs;
    std::vector<std::string> outputs;
    std::vector<double> scale;  ///< [channels] or empty: value * scale + shift, before the activation
    std::vector<double> shift;
};

/// Every node of a folded draft as an operator, in the same order; nothing is fused yet.
/// @throws Error data, naming a node that cannot be run or contradicts its shapes
[[nodiscard]] std::vector<DraftOperator> convert(Draft& draft);

/// Folds Flatten into Gemm, a tensor times its own gate (SiLU, HardSwish) into one function, chains of constant scales,
/// shifts and one activation into their operator.
void fuse(Draft& draft, std::vector<DraftOperator>& operators);

/// Puts the graph together.
[[nodiscard]] Graph assemble(Draft& draft, std::vector<DraftOperator> operators, const util::FileView& file);

// Per operator; nothing when the operator has to run whole.
using Conversion = std::optional<DraftOperator>;
[[nodiscard]] Conversion convert_convolution(Draft& draft, const onnx::NodeProto& node);
[[nodiscard]] Conversion convert_pool(Draft& draft, const onnx::NodeProto& node);
[[nodiscard]] Conversion convert_global_pool(Draft& draft, const onnx::NodeProto& node);
[[nodiscard]] Conversion convert_pad(Draft& draft, const onnx::NodeProto& node);
[[nodiscard]] Conversion convert_gemm(Draft& draft, const onnx::NodeProto& node);
[[nodiscard]] Conversion convert_matmul(Draft& draft, const onnx::NodeProto& node);
/// Add, Sub, Mul, Div, Sum, Pow, Min, Max, PRelu: of tensors and constants, or a scale or shift by a constant.
[[nodiscard]] Conversion convert_arithmetic(Draft& draft, const onnx::NodeProto& node);
[[nodiscard]] Conversion convert_batch_norm(Draft& draft, const onnx::NodeProto& node);
/// Functions of one element, on tensors of any rank.
[[nodiscard]] Conversion convert_activation(Draft& draft, const onnx::NodeProto& node);
[[nodiscard]] Conversion convert_concat(Draft& draft, const onnx::NodeProto& node);
[[nodiscard]] Conversion convert_softmax(Draft& draft, const onnx::NodeProto& node);
/// Flatten, Reshape, Squeeze, Unsqueeze between a feature map and a feature vector.
[[nodiscard]] Conversion convert_flatten(Draft& draft, const onnx::NodeProto& node);
[[nodiscard]] Conversion convert_transposed_convolution(Draft& draft, const onnx::NodeProto& node);
[[nodiscard]] Conversion convert_slice(Draft& draft, const onnx::NodeProto& node);
/// Constant indices along one axis.
[[nodiscard]] Conversion convert_gather(Draft& draft, const onnx::NodeProto& node);
/// Resize and Upsample along h and w; nearest ones along any axis of a tensor of any rank.
[[nodiscard]] Conversion convert_resize(Draft& draft, const onnx::NodeProto& node);
/// DepthToSpace, SpaceToDepth.
[[nodiscard]] Conversion convert_blocks(Draft& draft, const onnx::NodeProto& node);
[[nodiscard]] Conversion convert_lrn(Draft& draft, const onnx::NodeProto& node);
/// One gather per output that is read, the first one with the node's name; none when the node has to run whole.
[[nodiscard]] std::vector<DraftOperator> convert_split(Draft& draft, const onnx::NodeProto& node);

/// A Reshape, Transpose, Reshape that together shuffle channels, and the gather that does the same.
struct Shuffle {
    const onnx::NodeProto* separate;
    const onnx::NodeProto* swap;
    const onnx::NodeProto* join;
    DraftOperator gather;
};
[[nodiscard]] std::vector<Shuffle> find_shuffles(const Draft& draft);

// Shared by the conversions.
/// The shape of a tensor that is no constant, when it is a feature map or vector of float32.
[[nodiscard]] const std::vector<Index>* feature_dims(const Draft& draft, const std::string& name);
/// The constant float32 input `place` of a node, if it is one.
[[nodiscard]] const Constant* float_input(const Draft& draft, const onnx::NodeProto& node, int place);
[[nodiscard]] bool has_input(const onnx::NodeProto& node, int place);
/// One value per channel of a tensor of these dims, when the constant broadcasts so without widening it.
[[nodiscard]] std::optional<std::vector<double>> per_channel(const Constant& constant, const std::vector<Index>& dims);
/// An operator of one output that reads the given inputs of the node.
[[nodiscard]] DraftOperator start(const onnx::NodeProto& node, Kind kind, const std::vector<int>& inputs);
/// Where every position of an axis gets listed: a few bytes of a file may claim any extent.
/// @throws Error data, when there are more than a million
void require_listable(const onnx::NodeProto& node, Index positions);

}  // namespace convoy::graph::detail
