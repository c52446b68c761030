#pragma once

#include <string_view>
#include <vector>

#include "partition/assemble.hpp"

namespace convoy::partition::detail {

/// A layer of a model that is seen as a chain: operators with one tensor in and one tensor out.
struct Block {
    OperatorRange range;
    std::vector<graph::TensorId> entries;  ///< the exit of the block before; of the first block the graph inputs
    graph::TensorId exit{};                ///< what the next block reads; of the last block its last operator's output
    [[nodiscard]] bool is_single() const noexcept { return range.end - range.begin == 1; }
};

/// Any DAG as the longest chain of single-entry, single-exit blocks: each ends where one computed tensor is alive, that
/// of its last operator. A residual or inception block is one layer, an operator outside of such blocks is one, too.
/// Graph outputs that nobody reads may leave any block. Does not depend on which topological order the graph is in.
/// Empty for a model without operators. O(operators).
///
/// Neurosurgeon, IOP and other papers speak of chains; the blocks are what makes DAGs chains for them.
[[nodiscard]] std::vector<Block> chain_of(const graph::Graph& graph);

/// The chain for a strategy that needs one. @throws Error impossible, when the model is one block
[[nodiscard]] std::vector<Block> chain_for(const graph::Graph& graph, std::string_view strategy);

/// Bytes of all that a block reads from before it.
[[nodiscard]] util::Bytes entry_bytes(const graph::Graph& graph, const Block& block);

}  // namespace convoy::partition::detail
