#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "compress/compress.hpp"

/// Removing channels. Private to module compress.
namespace convoy::compress::detail {

using TensorSamples = std::map<std::string, Samples, std::less<>>;

/// @param tensors  samples of every tensor that a reader of the group reads
[[nodiscard]] PruningOrder pruning_order(const graph::Graph& graph, const ChannelGroup& group,
                                         const TensorSamples& tensors);

/// A graph without some channels.
struct Pruned {
    graph::Graph graph;
    /// By tensor that lost channels: those that it kept, by their old numbers.
    std::map<std::string, std::vector<graph::Index>, std::less<>> kept;
    std::set<std::string, std::less<>> refitted;  ///< readers, by operator name
};

/// Removes channels and refits their readers: what a removed channel held is expressed by the kept ones.
[[nodiscard]] Pruned prune(const graph::Graph& graph, const std::set<ChannelOf>& removed, const TensorSamples& tensors);

}  // namespace convoy::compress::detail
