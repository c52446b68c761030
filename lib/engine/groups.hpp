#pragma once

#include <vector>

#include "engine/net.hpp"

namespace convoy::engine {

/// Output channels of a convolution that are computed together, and the input channels that they read.
struct GroupPart {
    std::vector<graph::Interval> rows;
    graph::Interval inputs;
};

/// The groups that a piece touches.
[[nodiscard]] std::vector<GroupPart> group_parts(const graph::Graph& graph, const graph::Work& work);
/// Whether all have as many outputs and as many inputs: then they are one grouped convolution.
[[nodiscard]] bool alike(const std::vector<GroupPart>& parts);
/// What several parts compute together, sorted.
[[nodiscard]] std::vector<graph::Interval> outputs_of(const std::vector<GroupPart>& parts);
[[nodiscard]] std::vector<graph::Interval> inputs_of(const std::vector<GroupPart>& parts);

}  // namespace convoy::engine
