#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "graph/onnx_draft.hpp"

namespace convoy::graph::detail {

/// The values of a constant as numbers: integers and booleans as 64-bit integers, floats as doubles. One operation on
/// doubles, rounded to float, is the float operation's result.
struct Values {
    bool integer = true;
    std::vector<Index> integers;
    std::vector<double> reals;
    [[nodiscard]] std::size_t size() const noexcept { return integer ? integers.size() : reals.size(); }
};

/// Nothing for float16.
[[nodiscard]] std::optional<Values> load(const Constant& constant);
/// Nothing for float16, and for real numbers that do not fit an integer type.
[[nodiscard]] std::optional<Constant> store(Draft& draft, const Values& values, ElementType type,
                                            std::vector<Index> dims);
/// The values of an integer constant of at most 2^20 elements.
[[nodiscard]] std::optional<std::vector<Index>> integers_of(const Constant& constant);

/// The dims that two tensors broadcast to; nothing when they do not.
[[nodiscard]] std::optional<std::vector<Index>> broadcast_dims(const std::vector<Index>& a,
                                                               const std::vector<Index>& b);
/// Distances between the elements of a tensor of dims `from` that is read as one of dims `to`.
[[nodiscard]] std::vector<Index> broadcast_steps(const std::vector<Index>& from, const std::vector<Index>& to);

/// Whether unary() or binary() may know this ONNX type.
[[nodiscard]] bool is_arithmetic(std::string_view type);
/// Nothing for an unknown operation.
[[nodiscard]] std::optional<Constant> unary(Draft& draft, std::string_view type, const Constant& input);
/// Nothing for an unknown operation, different types, overflow and integer division by zero.
[[nodiscard]] std::optional<Constant> binary(Draft& draft, std::string_view type, const Constant& a, const Constant& b);

}  // namespace convoy::graph::detail
