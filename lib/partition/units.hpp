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

/// One unit for each operator together with what follows it element by element (activations, sums of branches, scale
/// and shift) where nobody else reads between them: a layer as papers count them.
[[nodiscard]] std::vector<Unit> layer_units(const graph::Graph& graph, Axes axes);
/// The same with the pool that follows a convolution in its layer.
[[nodiscard]] std::vector<Unit> pooled_layer_units(const graph::Graph& graph, Axes axes);

/// The most rows, or columns, of any map of the model.
[[nodiscard]] std::size_t longest_edge(const graph::Graph& graph);

/// Of the units that can be cut.
[[nodiscard]] std::vector<OperatorRange> cuttable_ranges(const std::vector<Unit>& units);

/// The axes along which a range may be cut as one stage: every operator can be, and is needed for the last one.
[[nodiscard]] Axes cut_axes(const graph::Graph& graph, OperatorRange range);

/// Tensors that are alive between the operators before `position` and the rest, graph inputs included.
[[nodiscard]] std::vector<graph::TensorId> alive_at(const graph::Graph& graph, std::size_t position);

}  // namespace convoy::partition::detail
