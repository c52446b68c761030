#pragma once

#include <utility>
#include <vector>

#include "graph/calculus.hpp"
#include "plan/plan.hpp"

namespace convoy::test {

/// Pieces, each with its device.
using Placed = std::vector<std::pair<std::size_t, plan::Piece>>;

/// Whether an operator can be cut along an axis of its output, into parts of at least one element.
[[nodiscard]] bool cuts_output(const graph::Graph& graph, graph::OperatorId op, graph::Axis axis);
/// Whether its sums can be cut along an axis of its first input: they must have more than one term there.
[[nodiscard]] bool cuts_sum(const graph::Graph& graph, graph::OperatorId op, graph::Axis axis);
/// [0, extent) in up to `parts` intervals, each longer than the one before as far as whole numbers allow.
[[nodiscard]] std::vector<graph::Interval> uneven_parts(graph::Index extent, std::size_t parts);

/// One operator as a stage of its own, each box of its output (and `in` of its input) on the device beside it.
[[nodiscard]] plan::Stage operator_stage(graph::OperatorId op, const Placed& pieces);
/// The operator whole on one device.
[[nodiscard]] plan::Stage operator_on(const graph::Graph& graph, graph::OperatorId op, std::size_t device);

}  // namespace convoy::test
