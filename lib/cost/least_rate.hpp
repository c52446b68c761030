#pragma once

#include <optional>

#include "latency/bed.hpp"

namespace convoy::cost::detail {

/// Seconds for each operation (tail left out) that no piece of an operator on a device stays below, whatever the part
/// of its channels, rows, columns and summed channels that it computes. Empty where pieces are not looked at: groups of
/// several channels, batches, kinds other than convolutions, fully connected layers, pools and elementwise operators.
///
/// Branch and bound over all sizes that a piece can have, with what the latency model does not go below in between.
[[nodiscard]] std::optional<double> least_rate(const graph::Graph& graph, graph::OperatorId op, const latency::Bed& bed,
                                               std::size_t device);

}  // namespace convoy::cost::detail
