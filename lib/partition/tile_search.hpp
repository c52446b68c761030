#pragma once

#include <array>
#include <optional>
#include <vector>

#include "partition/deal.hpp"
#include "partition/units.hpp"

namespace convoy::partition::detail {

/// A run of units: on one device, or cut into tiles.
struct Segment {
    std::size_t first = 0;  ///< unit
    std::size_t end = 0;    ///< unit behind the last
    std::optional<std::size_t> device;
    Tiling tiling;
};

/// What a search may choose from.
struct SearchRules {
    Deal deal;
    std::size_t split_before = 0;   ///< units before this one are cut into tiles, if they can be
    std::vector<bool> fusion_ends;  ///< by position between units: where runs may begin and end
    bool fixed = false;             ///< runs begin and end wherever they may
};

/// The fastest sequence of segments: dynamic programming over positions between units and what the last segment was.
///
/// A tiled segment costs the transfers of what each device lacks and the busiest device's slices; a unit on one
/// device the transfer of what is alive before it and its time. Nothing overlaps, so latencies are estimates: whoever
/// asks compares the plans by cost::predict. O(units longest_run^2 devices^2).
///
/// Source: the shortest path of FPM and OPM in the OFPM thesis (Shen, 2023). We differ: runs of units are fused.
class TileSearch {
  public:
    TileSearch(const Problem& problem, Slices& slices, std::vector<Unit> units, Axes axes, std::size_t longest_run);

    [[nodiscard]] const std::vector<Unit>& units() const noexcept { return units_; }
    /// Empty when the rules leave no sequence.
    [[nodiscard]] std::vector<Segment> run(const SearchRules& rules);

  private:
    friend class Pass;
    /// Tiles for the run of units [first, end), worked out once for each deal.
    [[nodiscard]] const Tiling& tiling(std::size_t first, std::size_t end, const Deal& deal);

    const Problem& problem_;
    Slices& slices_;
    std::vector<Unit> units_;
    /// Transfers before runs, by (position, state before, end), for the deal of the last search.
    std::map<std::array<std::size_t, 3>, util::Seconds> transfers_;
    Deal transfers_for_;
    std::size_t longest_run_;
    std::map<std::tuple<std::size_t, std::size_t, Deal>, Tiling> tilings_;
    std::vector<std::vector<Axes>> fusable_;  ///< by first unit and length - 1: axes along which the run can be cut
    std::vector<util::Bytes> alive_;          ///< by position: all tensors alive there
    std::vector<std::size_t> single_;         ///< devices that may run units whole
};

}  // namespace convoy::partition::detail
