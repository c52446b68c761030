#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "graph/graph.hpp"

namespace convoy::graph {

/// Takes a file part by part.
using Sink = std::function<void(std::string_view part)>;

/// Writes a graph as an ONNX model: opset 13, or that of the model it came from where it has operators of kind whole,
/// whose meaning depends on it. Shapes are fixed, batch norms and flattens folded; every tail is written as nodes of
/// its own behind its operator. Read again, the model is the same graph but for the names of what the tails absorbed:
/// operators and tensors keep their names. The same graph gives the same bytes.
///
/// Weights go to the sink one after another, so that only one of them is in memory besides the graph.
/// @throws Error impossible, for a model that would have 2 GiB or more, and for pools that no read model has: an average
///         with dilation, or counted padding with an incomplete window along one axis only; what the sink throws
void write_onnx(const Graph& graph, const Sink& sink);

/// The whole file as one string, for small models and tests.
[[nodiscard]] std::string onnx_bytes(const Graph& graph);

}  // namespace convoy::graph
