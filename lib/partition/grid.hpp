#pragma once

#include <compare>
#include <span>
#include <vector>

#include "partition/tile.hpp"

namespace convoy::partition::detail {

struct GridSize {
    std::size_t rows = 1;
    std::size_t columns = 1;
    auto operator<=>(const GridSize&) const = default;
    [[nodiscard]] std::size_t tiles() const noexcept { return rows * columns; }
};

/// Grids of 2 tiles up to so many: all of up to 16 tiles, beyond that squares and single rows and columns of tiles in
/// doubling steps.
[[nodiscard]] std::vector<GridSize> grids_of(std::size_t most_tiles);

/// A map in tiles of equal size, row by row, dealt to the devices in turn. Empty where the axes or the map's size do
/// not allow the grid.
[[nodiscard]] Tiling equal_grid(const Tile& full, Axes axes, GridSize size, std::span<const std::size_t> devices);

}  // namespace convoy::partition::detail
