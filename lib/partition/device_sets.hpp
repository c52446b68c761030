#pragma once

#include <span>
#include <vector>

#include "partition/slices.hpp"

namespace convoy::partition::detail {

/// Devices of the bed by the time that the range takes on each, fastest first; in the cluster's order on a tie.
[[nodiscard]] std::vector<std::size_t> by_speed(const Problem& problem, Slices& slices, OperatorRange range);

/// The sets of fastest_sets() that have the source.
[[nodiscard]] std::vector<std::vector<std::size_t>> fastest_sets_with_source(const Problem& problem, std::size_t least,
                                                                             std::size_t most);

/// Devices that a search may give whole layers: all of up to 16; of more, the fastest ones, source and sink.
[[nodiscard]] std::vector<std::size_t> single_devices(const Problem& problem, Slices& slices);

/// How much of a range each device gets through per second; of devices in this order.
[[nodiscard]] std::vector<double> speeds(Slices& slices, std::span<const OperatorRange> ranges,
                                         std::span<const std::size_t> devices);

}  // namespace convoy::partition::detail
