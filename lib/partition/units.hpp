#pragma once

#include <vector>

#include "partition/assemble.hpp"

namespace convoy::partition::detail {

/// A run of operators that a search keeps together.
struct Unit {
    OperatorRange range;
    Axes axes;  ///< of those that were asked for: along which it may be cut as one stage
};

/// Single-entry, single-exit blocks between articulation tensors; a block that cannot be cut as one along any of
/// the axes falls apart into its operators.
[[nodiscard]] std::vector<Unit> block_units(const graph::Graph& graph, Axes axes);
/// One unit for each operator: blocks may be cut inside, their side branches exchange borders like the rest.
[[nodiscard]] std::vector<Unit> operator_units(const graph::Graph& graph, Axes axes);

/// The axes along which a range may be cut as one stage: every operator can be, and is needed for the last one.
[[nodiscard]] Axes cut_axes(const graph::Graph& graph, OperatorRange range);

/// Tensors that are alive between the operators before `position` and the rest, graph inputs included.
[[nodiscard]] std::vector<graph::TensorId> alive_at(const graph::Graph& graph, std::size_t position);

}  // namespace convoy::partition::detail
