#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "graph/graph.hpp"

namespace convoy::graph {

/// Where an operator may be cut. An interval over the whole extent of an axis is no cut.
struct Cuts {
    std::array<bool, kAxes> output{};       ///< axes along which a part of the output can be computed alone
    std::array<bool, kAxes> contraction{};  ///< axes of the first input that are summed over, and may be cut by `in`
};
[[nodiscard]] Cuts cuts(const Graph& graph, OperatorId op);

/// What a piece really computes when `asked` is wanted of output `output`: along whole axes everything (rule 7); of a
/// grouped convolution, whole groups once channels of more than one group are asked (rule 6), so that a shard is
/// always one convolution: a plain one inside one group, or a grouped one of whole groups. Clipped to the tensor;
/// empty when nothing is asked. The additional elements are never addends: a piece with `in` holds what was asked.
[[nodiscard]] Slab computed(const Graph& graph, OperatorId op, std::size_t output, const Slab& asked);

/// What an operator reads of its input `input` to compute `outputs` (one slab per output, empty where not wanted):
/// the hull of the elements that are read, along c whole groups or exact intervals. With `in` only the terms inside
/// that box of the first input are summed; it counts along the contraction axes only. Empty when nothing of that input
/// is needed (a window wholly in padding).
[[nodiscard]] Slab needed(const Graph& graph, OperatorId op, std::size_t input, std::span<const Slab> outputs,
                          const std::optional<Box>& in = std::nullopt);

/// The input coordinates from the first tap of the first to the last tap of the last window of `output` along h or w,
/// not clipped. A shard pads `needed.begin - reach.begin` in front and `reach.end - needed.end` behind (along one
/// axis): taps outside of `needed` lie in the global padding. Without needed elements the value is that of padding
/// alone.
[[nodiscard]] Interval window_reach(const Window& window, Axis axis, const Interval& output) noexcept;

/// What of an operand of a broadcast operator meets `output`: all of an axis where it has one element, otherwise what
/// the output has there.
[[nodiscard]] Slab broadcast_part(const Box& full, const Slab& output);
/// The extent of a constant operand of `output`: its dims are aligned with the last ones of the output.
[[nodiscard]] Box operand_box(const Constant& constant, const TensorInfo& output);

/// The part of `asked` (output 0) whose summed domain meets `in` (rule 6): the rest would be addends of zero.
[[nodiscard]] Slab trimmed(const Graph& graph, OperatorId op, const Slab& asked, const Box& in);

/// The domain in the first input that is summed for `cell`, a box of output 0 inside one group: for the validity
/// check that the `in` boxes of a cell are disjoint and cover it (rule 9). Along axes that are not contracted it is
/// the whole extent, or what the cell reads. @throws Error internal when the operator has no contraction
[[nodiscard]] Box summed_domain(const Graph& graph, OperatorId op, const Box& cell);
/// The borders along c at which the summed domain changes: the inner group borders of a grouped convolution, in output
/// channels, ascending.
[[nodiscard]] std::vector<Index> group_borders(const Graph& graph, OperatorId op);

/// One operator as a piece computes it.
struct Work {
    OperatorId op{};
    std::vector<Slab> outputs;  ///< per output; empty where not wanted
    std::optional<Box> in;      ///< sums only over this box of the first input: the result is an addend, without tail
    bool operator==(const Work&) const = default;
};

/// Floating-point operations of exactly these outputs, tail included (not for an addend): conv 2*kh*kw*(c/group) per
/// output element, pools kh*kw. An estimate for kind whole: one per value read or written, two per constant.
[[nodiscard]] util::Flops flops(const Graph& graph, const Work& work);
/// Bytes of weights and of the tail's vectors that it reads.
[[nodiscard]] util::Bytes weight_bytes(const Graph& graph, const Work& work);
/// The whole operator as one piece of work.
[[nodiscard]] Work whole_work(const Graph& graph, OperatorId op);

}  // namespace convoy::graph
