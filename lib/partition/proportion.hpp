#pragma once

#include <span>
#include <vector>

#include "partition/tile.hpp"

namespace convoy::partition::detail {

/// Consecutive intervals that cover [0, extent) with sizes by the weights: borders lie at the cumulative weights,
/// rounded, so that maps of different heights are cut at the same relative places. Intervals may be empty.
///
/// @param weights  not negative, some above 0
[[nodiscard]] std::vector<graph::Interval> proportional(graph::Index extent, std::span<const double> weights);

/// A map in bands of rows, or of columns, one for each device that gets some, in this order.
[[nodiscard]] Tiling bands(const Tile& full, Axes axis, std::span<const std::size_t> devices,
                           std::span<const graph::Interval> parts);
[[nodiscard]] Tiling proportional_bands(const Tile& full, Axes axis, std::span<const std::size_t> devices,
                                        std::span<const double> weights);

/// A map in so many rows of tiles, each for as many devices as the others and cut into columns of its own; tiles by
/// weight, none that is empty.
/// @param weights    as devices
/// @param tile_rows  1 to the number of devices
[[nodiscard]] Tiling proportional_grid(const Tile& full, std::size_t tile_rows, std::span<const std::size_t> devices,
                                       std::span<const double> weights);

}  // namespace convoy::partition::detail
