#pragma once

namespace convoy::graph {

/// Reads a model of one operator, so that the tables of the ONNX library are in memory before there is anything to do.
void warm_up();

}  // namespace convoy::graph
