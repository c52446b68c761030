#pragma once

#include <optional>
#include <vector>

#include "graph/onnx_draft.hpp"

namespace convoy::graph::detail {

// A result may have as many elements as its inputs together; small ones may grow up to this (Expand, Range, ...).
inline constexpr Index kSmallResult = Index{1} << 20;

/// A node whose inputs are constants; missing optional inputs are null.
struct Call {
    const onnx::NodeProto& node;
    Draft& draft;
    std::vector<const Constant*> inputs;

    [[nodiscard]] const Constant* input(std::size_t i) const { return i < inputs.size() ? inputs[i] : nullptr; }
    /// Integers given as an attribute in old opsets and as an input in new ones. Nothing when neither is there.
    [[nodiscard]] std::optional<std::vector<Index>> integers(const char* name, std::size_t place) const;
    /// Whether a result of these dims would be larger than its inputs allow.
    [[nodiscard]] bool too_large(const std::vector<Index>& dims) const;
};

using Result = std::optional<Constant>;

/// Element [i0, i1, ...] of the result is element offset + sum(i * step) of `from`.
[[nodiscard]] Constant strided(Draft& draft, const Constant& from, const std::vector<Index>& dims, Index offset,
                               const std::vector<Index>& steps);

/// One axis of a Slice: first index, step, count.
struct Range {
    Index begin;
    Index step;
    Index count;
};
/// What a Slice is told.
struct SliceArguments {
    const std::vector<Index>& starts;
    const std::vector<Index>& ends;
    const std::optional<std::vector<Index>>& axes;
    const std::optional<std::vector<Index>>& steps;
};
/// Per axis of a tensor of these dims. Nothing when the arguments do not fit.
[[nodiscard]] std::optional<std::vector<Range>> slice_ranges(const std::vector<Index>& dims,
                                                             const SliceArguments& arguments);

// Operators that only move elements. Nothing when their attributes or inputs do not fit.
[[nodiscard]] Result reshape(const Call& call);
[[nodiscard]] Result flatten(const Call& call);
[[nodiscard]] Result squeeze(const Call& call);
[[nodiscard]] Result unsqueeze(const Call& call);
[[nodiscard]] Result transpose(const Call& call);
[[nodiscard]] Result slice(const Call& call);
[[nodiscard]] Result gather(const Call& call);
[[nodiscard]] Result concat(const Call& call);
[[nodiscard]] Result expand(const Call& call);
[[nodiscard]] Result tile(const Call& call);
/// ScatterND.
[[nodiscard]] Result scatter(const Call& call);
[[nodiscard]] Result where(const Call& call);

}  // namespace convoy::graph::detail
