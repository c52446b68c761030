#pragma once

#include "graph/graph.hpp"

namespace convoy::engine {

/// Refuses a model that the engine cannot run: builds the layers of every operator that only runs whole, without
/// computing anything. A few microseconds per such operator; thread-safe.
/// @throws Error data, naming the first such operator by its node and type
void require_runnable(const graph::Graph& graph);

}  // namespace convoy::engine
