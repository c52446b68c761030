#include "partition/grid.hpp"

#include <algorithm>

namespace convoy::partition::detail {

using graph::Index;
using graph::Interval;

namespace {

/// Part `i` of `count` parts of equal size.
Interval equal_part(Index extent, std::size_t i, std::size_t count) {
    const auto all = static_cast<Index>(count);
    const auto part = static_cast<Index>(i);
    return {extent * part / all, extent * (part + 1) / all};
}

bool allowed(Index extent, bool cut, std::size_t parts) {
    return parts == 1 || (cut && static_cast<Index>(parts) <= extent);
}

}  // namespace

std::vector<GridSize> grids_of(std::size_t most_tiles) {
    constexpr std::size_t kAll = 16;
    std::vector<GridSize> grids;
    for (std::size_t rows = 1; rows <= std::min(most_tiles, kAll); ++rows) {
        for (std::size_t columns = 1; rows * columns <= std::min(most_tiles, kAll); ++columns) {
            if (rows * columns > 1) grids.push_back({rows, columns});
        }
    }
    for (std::size_t side = 5; side * side <= most_tiles; ++side) grids.push_back({side, side});
    for (std::size_t parts = 2 * kAll; parts <= most_tiles; parts *= 2) {
        grids.push_back({parts, 1});
        grids.push_back({1, parts});
    }
    return grids;
}

Tiling equal_grid(const Tile& full, Axes axes, GridSize size, std::span<const std::size_t> devices) {
    Tiling tiling;
    if (!allowed(full.h.size(), axes.h, size.rows) || !allowed(full.w.size(), axes.w, size.columns)) return tiling;
    for (std::size_t row = 0; row < size.rows; ++row) {
        for (std::size_t column = 0; column < size.columns; ++column) {
            tiling.push_back(
                {devices[tiling.size() % devices.size()],
                 {equal_part(full.h.size(), row, size.rows), equal_part(full.w.size(), column, size.columns)}});
        }
    }
    return tiling;
}

}  // namespace convoy::partition::detail
