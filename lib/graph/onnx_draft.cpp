#include "graph/onnx_draft.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "util/error.hpp"

namespace convoy::graph::detail {

using util::Errc;
using util::Error;

namespace {

constexpr Index kMaxElements = Index{1} << 40;
constexpr std::size_t kMaxRank = 32;
constexpr Index kMaxOwnedBytes = Index{1} << 31;
// Values that shape inference may want to see; larger tensors are weights.
constexpr std::size_t kSmallConstant = 1024;

}  // namespace

const std::string& Draft::resolve(const std::string& name) const {
    const std::string* current = &name;
    for (auto found = aliases.find(*current); found != aliases.end(); found = aliases.find(*current)) {
        current = &found->second;
    }
    return *current;
}

const Constant* Draft::constant(std::string_view name) const {
    const auto found = constants.find(name);
    return found == constants.end() ? nullptr : &found->second;
}

const TensorShape* Draft::shape(std::string_view name) const {
    const auto found = shapes.find(name);
    return found == shapes.end() ? nullptr : &found->second;
}

Constant Draft::own(ElementType type, std::vector<Index> dims, std::string bytes) {
    owned_bytes += static_cast<Index>(bytes.size());
    if (owned_bytes > kMaxOwnedBytes) throw Error(Errc::data, "the folded constants take more than 2 GiB");
    auto memory = std::make_shared<const std::string>(std::move(bytes));
    Constant constant{type, std::move(dims), std::as_bytes(std::span(memory->data(), memory->size()))};
    storage.push_back(std::move(memory));
    return constant;
}

void Draft::add_constant(const std::string& name, Constant constant) {
    onnx::TensorProto& tensor = *model.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(static_cast<int>(constant.type));
    for (const Index dim : constant.dims) tensor.add_dims(dim);
    if (constant.data.size() <= kSmallConstant) {
        tensor.set_raw_data(constant.data.data(), constant.data.size());
    } else {
        // A whole element: libonnx 1.12 copies the bytes of anything less out of bounds.
        tensor.set_raw_data(std::string(static_cast<std::size_t>(element_size(constant.type)), '\0'));
    }
    shapes[name] = TensorShape{static_cast<int>(constant.type), constant.dims};
    constants[name] = std::move(constant);
}

std::string describe(const onnx::NodeProto& node) { return fmt::format("node '{}' ({})", node.name(), node.op_type()); }

void refuse(const onnx::NodeProto& node, const std::string& why) {
    throw Error(Errc::data, fmt::format("{}: {}", describe(node), why));
}

Index checked_elements(const std::vector<Index>& dims, const std::string& what) {
    Index elements = 1;
    if (dims.size() > kMaxRank) throw Error(Errc::data, fmt::format("{} has {} dimensions", what, dims.size()));
    for (const Index dim : dims) {
        if (dim < 0 || __builtin_mul_overflow(elements, dim, &elements) || elements > kMaxElements) {
            throw Error(Errc::data, fmt::format("{} has impossible dimensions [{}]", what, fmt::join(dims, ", ")));
        }
    }
    return elements;
}

std::optional<ElementType> element_type(int onnx_type) noexcept {
    if (onnx_type < 0 || onnx_type > 255) return std::nullopt;
    const auto type = static_cast<ElementType>(onnx_type);
    return element_size(type) > 0 ? std::optional(type) : std::nullopt;
}

const onnx::AttributeProto* attribute(const onnx::NodeProto& node, std::string_view name) {
    for (const auto& candidate : node.attribute()) {
        if (candidate.name() == name) return &candidate;
    }
    return nullptr;
}

Index int_attribute(const onnx::NodeProto& node, std::string_view name, Index absent) {
    const auto* found = attribute(node, name);
    return found != nullptr ? found->i() : absent;
}

float float_attribute(const onnx::NodeProto& node, std::string_view name, float absent) {
    const auto* found = attribute(node, name);
    return found != nullptr ? found->f() : absent;
}

std::string string_attribute(const onnx::NodeProto& node, std::string_view name, std::string absent) {
    const auto* found = attribute(node, name);
    return found != nullptr ? found->s() : std::move(absent);
}

std::optional<std::vector<Index>> ints_attribute(const onnx::NodeProto& node, std::string_view name) {
    const auto* found = attribute(node, name);
    if (found == nullptr) return std::nullopt;
    return std::vector<Index>(found->ints().begin(), found->ints().end());
}

}  // namespace convoy::graph::detail
