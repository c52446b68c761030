#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "graph/graph.hpp"

namespace convoy::graph {

/// Where an operator may be cut.
struct Cuts {
    std::array<bool, kAxes> output{};       ///< axes along which a part of the output can be computed alone
    std::array<bool, kAxes> contraction{};  ///< axes of the first input that are summed over, and may be cut by `in`
};
[[nodiscard]] Cuts cuts(const Graph& graph, OperatorId op);

/// What a piece really computes when `asked` is wanted of output `output`: along c the hull of the groups that are
/// touched (rule 6), along whole axes everything (rule 7). Same shape as the tensor's slab, clipped to it.
[[nodiscard]] Slab computed(const Graph& graph, OperatorId op, std::size_t output, const Slab& asked);

/// What an operator reads of its input `input` to compute `outputs` (one slab per output, empty where not wanted),
/// clipped to the tensor. With `in` only the terms inside that box of the first input are summed. Empty when nothing
/// of that input is needed (a window wholly in padding).
[[nodiscard]] Slab needed(const Graph& graph, OperatorId op, std::size_t input, std::span<const Slab> outputs,
                          const std::optional<Box>& in = std::nullopt);

/// The part of `asked` (output 0) whose summed domain meets `in` (rule 6): the rest would be addends of zero.
[[nodiscard]] Slab trimmed(const Graph& graph, OperatorId op, const Slab& asked, const Box& in);

/// The domain in the first input that is summed for `cell`, a box of output 0 inside one group: for the validity
/// check that the `in` boxes of a cell are disjoint and cover it (rule 9).
[[nodiscard]] Box summed_domain(const Graph& graph, OperatorId op, const Box& cell);
/// The borders along c at which the summed domain changes: group borders of a grouped convolution, in output channels.
[[nodiscard]] std::vector<Index> group_borders(const Graph& graph, OperatorId op);

/// One operator as a piece computes it.
struct Work {
    OperatorId op{};
    std::vector<Slab> outputs;  ///< per output; empty where not wanted
    std::optional<Box> in;      ///< sums only over this box of the first input: the result is an addend, without tail
    bool operator==(const Work&) const = default;
};

/// Floating-point operations of a piece of work, tail included: conv 2*kh*kw*(c/group) per output element, pools kh*kw.
[[nodiscard]] util::Flops flops(const Graph& graph, const Work& work);
/// Bytes of weights and biases that it reads.
[[nodiscard]] util::Bytes weight_bytes(const Graph& graph, const Work& work);
/// The whole operator as one piece of work.
[[nodiscard]] Work whole_work(const Graph& graph, OperatorId op);

}  // namespace convoy::graph
