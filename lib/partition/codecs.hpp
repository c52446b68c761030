#pragma once

#include "partition/strategy.hpp"

namespace convoy::partition::detail {

/// The codec of the fewest bytes for a tensor, or for addends of it, whose error bound is within the budget.
[[nodiscard]] wire::Codec codec_for(const graph::TensorInfo& tensor, bool addends, double budget);

/// Bytes of the shortest codec whose error bound is within the budget, over those of fp32.
[[nodiscard]] double shortest_coding(double budget);

/// Gives every layout that the plan makes, and the graph inputs, that codec. The same plan for a budget of 0.
[[nodiscard]] plan::Plan with_codecs(const graph::Graph& graph, plan::Plan plan, double budget);

}  // namespace convoy::partition::detail
