#pragma once

#include <compare>
#include <vector>

#include "graph/region.hpp"

namespace convoy::partition::detail {

/// Axes along which feature maps are cut.
struct Axes {
    bool h = false;
    bool w = false;
    auto operator<=>(const Axes&) const = default;
    [[nodiscard]] bool any() const noexcept { return h || w; }
    [[nodiscard]] bool both() const noexcept { return h && w; }
};
inline constexpr Axes kRows{true, false};
inline constexpr Axes kColumns{false, true};
inline constexpr Axes kBoth{true, true};
[[nodiscard]] inline Axes operator&(Axes a, Axes b) noexcept { return {a.h && b.h, a.w && b.w}; }

/// Rows and columns of a feature map.
struct Tile {
    graph::Interval h;
    graph::Interval w;
    auto operator<=>(const Tile&) const = default;
    [[nodiscard]] graph::Index area() const noexcept { return h.size() * w.size(); }
};
[[nodiscard]] inline Tile intersection(const Tile& a, const Tile& b) noexcept {
    return {graph::intersection(a.h, b.h), graph::intersection(a.w, b.w)};
}

/// A tile, and which device of the bed computes it.
struct Placed {
    std::size_t device = 0;
    Tile tile;
    auto operator<=>(const Placed&) const = default;
};
/// Disjoint tiles that cover a feature map; those of one device in the order in which it computes them.
using Tiling = std::vector<Placed>;

}  // namespace convoy::partition::detail
