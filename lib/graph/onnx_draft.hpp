#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "graph/onnx.hpp"
#include "graph/onnx_wire.hpp"

namespace convoy::graph::detail {

/// What shape inference says about a tensor; only kept when every dimension is known.
struct TensorShape {
    int type = 0;  ///< TensorProto.DataType
    std::vector<Index> dims;
    bool operator==(const TensorShape&) const = default;
};

/// A model while it is folded: nodes and types as protobuf (which shape inference works on), constants beside it.
///
/// The initializers inside `model` carry values only up to 1 KB, enough for shape inference; `constants` has them all.
struct Draft {
    onnx::ModelProto model;
    std::string file;  ///< as given, for messages and to find external data
    Index opset = 0;
    std::map<std::string, Constant, std::less<>> constants;
    std::map<std::string, TensorShape, std::less<>> shapes;
    std::map<std::string, std::string, std::less<>> aliases;  ///< tensor removed by folding -> tensor in its place
    std::set<std::string, std::less<>> outputs;               ///< graph outputs
    std::vector<std::shared_ptr<const void>> storage;         ///< what constants point into
    std::map<std::string, std::string> external_hashes;       ///< location of external data -> SHA-256
    Index owned_bytes = 0;

    /// The tensor that stands for `name` after folding.
    [[nodiscard]] const std::string& resolve(const std::string& name) const;
    [[nodiscard]] const Constant* constant(std::string_view name) const;
    [[nodiscard]] const TensorShape* shape(std::string_view name) const;
    /// A constant with memory of its own. @throws Error data, when all of them exceed 2 GiB
    [[nodiscard]] Constant own(ElementType type, std::vector<Index> dims, std::string bytes);
    /// Adds a constant under a name, also as an initializer that shape inference sees.
    void add_constant(const std::string& name, Constant constant);
};

/// "node 'conv1' (Conv)".
[[nodiscard]] std::string describe(const onnx::NodeProto& node);
[[noreturn]] void refuse(const onnx::NodeProto& node, const std::string& why);

/// The number of elements. @throws Error data: a negative dimension, or more than 2^40 elements; `what` names it
[[nodiscard]] Index checked_elements(const std::vector<Index>& dims, const std::string& what);
/// The element type that convoy knows by this number of TensorProto.DataType.
[[nodiscard]] std::optional<ElementType> element_type(int onnx_type) noexcept;

// Attributes, or what ONNX assumes when they are absent.
[[nodiscard]] const onnx::AttributeProto* attribute(const onnx::NodeProto& node, std::string_view name);
[[nodiscard]] Index int_attribute(const onnx::NodeProto& node, std::string_view name, Index absent);
[[nodiscard]] float float_attribute(const onnx::NodeProto& node, std::string_view name, float absent);
[[nodiscard]] std::string string_attribute(const onnx::NodeProto& node, std::string_view name, std::string absent);
[[nodiscard]] std::optional<std::vector<Index>> ints_attribute(const onnx::NodeProto& node, std::string_view name);

/// Makes constants of TensorProtos; opens external data files once each.
class ConstantReader {
  public:
    ConstantReader(Draft& draft, util::FileView file) : draft_(draft), file_(std::move(file)) {}

    /// The constant of a tensor. Its values are moved out of the protobuf message, which keeps one dummy byte.
    /// Nothing for an element type that convoy does not know: the tensor stays as it is.
    /// @throws Error data: values shorter or longer than the dims, external data that is not allowed
    [[nodiscard]] std::optional<Constant> read(onnx::TensorProto& tensor, const std::string& name, const RawRange* raw);

  private:
    [[nodiscard]] std::span<const std::byte> external(const onnx::TensorProto& tensor, const std::string& name,
                                                      Index expected);
    [[nodiscard]] const util::FileView& open_external(const std::string& location, const std::string& name);

    Draft& draft_;
    util::FileView file_;
    std::map<std::string, std::shared_ptr<const util::FileView>> external_files_;
};

/// Scan, parse, check; every constant found and measured, nodes named, input shapes fixed, control flow refused.
[[nodiscard]] Draft prepare(const util::FileView& file, const OnnxOptions& options);

/// Shape inference on the draft as it is now. @throws Error data, what ONNX finds inconsistent
void infer_shapes(Draft& draft);

/// Folds until nothing changes: constants, shape arithmetic, identities and dropouts. Afterwards every tensor of the
/// draft has a shape and every node is needed. @throws Error data, naming a tensor whose shape cannot be found
void fold(Draft& draft);

/// The value of a node of constants (or of known shapes), as far as convoy computes it.
[[nodiscard]] std::optional<Constant> evaluate(const onnx::NodeProto& node, Draft& draft);

}  // namespace convoy::graph::detail
