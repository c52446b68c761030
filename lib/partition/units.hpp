#pragma once

#include <vector>

#include "partition/assemble.hpp"

namespace convoy::partition::detail {

/// A run of operators that the search for row plans keeps together.
struct Unit {
    OperatorRange range;
    bool by_rows = false;  ///< may be a stage whose output is cut into rows
};

/// Single-entry, single-exit blocks between articulation tensors; a block that cannot be cut by rows as one falls apart
/// into its operators.
[[nodiscard]] std::vector<Unit> block_units(const graph::Graph& graph);
/// One unit for each operator: blocks may be cut inside, their side branches exchange rows like the rest.
[[nodiscard]] std::vector<Unit> operator_units(const graph::Graph& graph);

/// Whether a range may be one stage that is cut into rows: every operator can be, and is needed for the last one.
[[nodiscard]] bool rows_possible(const graph::Graph& graph, OperatorRange range);

/// Tensors that are alive between the operators before `position` and the rest, graph inputs included.
[[nodiscard]] std::vector<graph::TensorId> alive_at(const graph::Graph& graph, std::size_t position);

}  // namespace convoy::partition::detail
