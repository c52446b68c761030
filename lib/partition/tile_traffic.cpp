#include "partition/tile_traffic.hpp"

#include <algorithm>

namespace convoy::partition::detail {

using graph::Axis;
using graph::Index;
using graph::Interval;
using util::Bytes;

namespace {

Tile extent_of(const graph::TensorInfo& tensor) { return {tensor.full[Axis::h], tensor.full[Axis::w]}; }

Interval scaled(const Interval& part, Index from, Index extent) {
    return {part.begin * extent / from, part.end * extent / from};
}

/// A tile of one map, in coordinates of another one.
Tile scaled(const Tile& tile, const Tile& of, const Tile& to) {
    return {scaled(tile.h, of.h.size(), to.h.size()), scaled(tile.w, of.w.size(), to.w.size())};
}

}  // namespace

Bytes tile_bytes(const graph::TensorInfo& tensor, const Tile& tile) {
    return Bytes(tensor.bytes().value / std::max<Index>(extent_of(tensor).area(), 1) * tile.area());
}

void carry_lacking(Traffic& traffic, const graph::TensorInfo& tensor, const HeldTiles& held, const Placed& wanted) {
    const Tile full = extent_of(tensor);
    for (const Placed& holder : held.tiling) {
        if (holder.device == wanted.device) continue;
        const Tile lacking = intersection(scaled(holder.tile, held.full, full), wanted.tile);
        traffic.carry(holder.device, wanted.device, tile_bytes(tensor, lacking));
    }
}

void carry_shares(Traffic& traffic, Bytes bytes, const HeldTiles& held, std::size_t to) {
    const auto area = static_cast<double>(held.full.area());
    for (const Placed& holder : held.tiling) {
        const double share = static_cast<double>(holder.tile.area()) / area;
        traffic.carry(holder.device, to, Bytes(static_cast<Index>(share * static_cast<double>(bytes.value))));
    }
}

}  // namespace convoy::partition::detail
