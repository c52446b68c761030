#pragma once

#include "graph/graph.hpp"
#include "partition/tile.hpp"
#include "partition/traffic.hpp"

namespace convoy::partition::detail {

/// Tiles that devices hold of a map of this extent.
struct HeldTiles {
    const Tiling& tiling;
    Tile full;
};

[[nodiscard]] util::Bytes tile_bytes(const graph::TensorInfo& tensor, const Tile& tile);

/// Brings a device what it reads of a tensor and does not hold itself, from everybody who holds a part of it. The
/// tensor may have another extent than the map that was cut, for example that of a branch beside it: the tiles are
/// taken to be cut at the same relative places.
void carry_lacking(Traffic& traffic, const graph::TensorInfo& tensor, const HeldTiles& held, const Placed& wanted);

/// Brings one device so many bytes, of which everybody holds as large a share as of the map.
void carry_shares(Traffic& traffic, util::Bytes bytes, const HeldTiles& held, std::size_t to);

}  // namespace convoy::partition::detail
