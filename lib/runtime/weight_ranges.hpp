#pragma once

#include <functional>

#include "graph/calculus.hpp"
#include "runtime/byte_range.hpp"

namespace convoy::runtime {

/// Whether an operator's weights may come after the graph was read: only the engine reads them.
[[nodiscard]] bool deferrable(const graph::Operator& op);

/// Where an operator's weights lie in the model's file; empty where they lie in memory.
[[nodiscard]] ByteRange weights_in_file(const graph::Operator& op);

/// Where the weights that a work needs lie in the model's file: of its output channels, the part of each row that its
/// sums go over. In file order. Nothing where they lie in memory, or are not deferrable.
void for_weights_in_file(const graph::Graph& graph, const graph::Work& work,
                         const std::function<void(const ByteRange&)>& take);

}  // namespace convoy::runtime
