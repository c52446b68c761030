#pragma once

#include <vector>

#include "graph/calculus.hpp"

namespace convoy::engine {

/// The pieces of a model that are worth timing, in rounds that each are a pass through the network.
///
/// Round 0 has every operator whole. Each further round has at most one slice of each operator: a part of its rows, of
/// its output channels, of its input channels (an addend), or a tile, from halves down to sixteenths, taken from the
/// middle with the halo that it needs. Which kind comes first changes from operator to operator, so that few rounds
/// have some of each. Slices that look alike to a latency model are there once.
///
/// @param most  slices of one operator
[[nodiscard]] std::vector<std::vector<graph::Work>> rounds_to_time(const graph::Graph& graph, std::size_t most = 6);

/// All different slices of one operator, the kinds mixed.
[[nodiscard]] std::vector<graph::Work> slices_of(const graph::Graph& graph, graph::OperatorId op);

}  // namespace convoy::engine
