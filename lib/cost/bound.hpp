#pragma once

#include "cost/prediction.hpp"

namespace convoy::cost {

/// A latency that no plan of any strategy can go below: the larger of the critical path with every operator ideally
/// shared, and all work over all speeds; plus transfers that no plan avoids.
[[nodiscard]] util::Seconds lower_bound(const graph::Graph& graph, const latency::Bed& bed);

}  // namespace convoy::cost
