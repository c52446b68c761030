#pragma once

#include "partition/slices.hpp"

namespace convoy::partition::detail {

/// How feature maps are dealt out to devices.
struct Deal {
    std::vector<std::size_t> devices;  ///< that may get tiles, in the order of the tiles
    bool weighted = true;              ///< tiles by capability, else equal ones
    std::size_t tile_rows = 2;         ///< of a grid; at most the number of devices
    auto operator<=>(const Deal&) const = default;
};

/// Tiles of a range's output for the devices of a deal: rows, columns, or, with both axes, a grid.
///
/// Weighted: the smallest time tau in which the devices together get through the whole extent, each taking as much as
/// it is predicted to compute within tau, halo included. A device that is too slow for one row gets none. A grid is cut
/// into rows of tiles first, each for as many devices as the others, then every row into columns of its own; where each
/// has one device only, into two columns for that one.
///
/// Source: OPM of the OFPM thesis (Shen, 2023), as a search for the smallest maximum; grids as in DeepThings (Zhao et
/// al., 2018). We differ: transfers are left to whoever compares the plans, tiles of a grid need not be equal.
[[nodiscard]] Tiling deal_out(Slices& slices, OperatorRange range, Axes axes, const Deal& deal);

}  // namespace convoy::partition::detail
