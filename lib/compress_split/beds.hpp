#pragma once

#include "graph/graph.hpp"
#include "latency/bed.hpp"

namespace convoy::compress_split {

/// The device other than the source on which the model is predicted fastest, the way of one byte for each element of
/// the input counted; the first on a tie. Needs two devices.
[[nodiscard]] std::size_t default_cloud(const graph::Graph& graph, const latency::Bed& bed);

/// The same bed with another rate from the source to the cloud; the way back stays as it is.
[[nodiscard]] latency::Bed with_uplink(const latency::Bed& bed, std::size_t cloud, util::BytesPerSecond rate);

}  // namespace convoy::compress_split
