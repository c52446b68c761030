#pragma once

#include <optional>
#include <vector>

#include "partition/deal.hpp"
#include "partition/traffic.hpp"
#include "partition/units.hpp"

namespace convoy::partition::detail {

/// A run of units: on one device, or cut into tiles.
struct Segment {
    std::size_t first = 0;  ///< unit
    std::size_t end = 0;    ///< unit behind the last
    std::optional<std::size_t> device;
    Tiling tiling;
};

/// Segments one after another, and how long they are estimated to take.
struct Segments {
    std::vector<Segment> segments;  ///< empty: there is none
    util::Seconds cost{};
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
    [[nodiscard]] Segments run(const SearchRules& rules);

  private:
    friend class Pass;
    /// A run of units, cut into tiles.
    struct Run {
        Tiling tiling;
        std::vector<std::pair<std::size_t, const Slice*>> slices;  ///< by tile: its device, and what that computes
        util::Seconds slowest{};                                   ///< time of the busiest device
    };
    /// The run of units [first, end) for the current deal, worked out once.
    [[nodiscard]] const Run& run_of(std::size_t first, std::size_t end);
    /// Forgets what holds for another deal.
    void use(const Deal& deal);

    const Problem& problem_;
    Slices& slices_;
    std::vector<Unit> units_;
    std::size_t longest_run_;
    std::vector<std::vector<Axes>> fusable_;  ///< by first unit and length - 1: axes along which the run can be cut
    std::vector<util::Bytes> alive_;          ///< by position: all tensors alive there
    std::vector<std::size_t> single_;         ///< devices that may run units whole

    Deal deal_;
    std::vector<std::optional<Run>> runs_;  ///< for deal_, by first unit and length - 1
    /// For deal_, as far as they were asked for: bringing a run its inputs, by its first unit, the state before and its
    /// length - 1; gathering a run on a device, by the position behind it, its length - 1 and the device in gatherers_.
    std::vector<util::Seconds> transfers_;
    std::vector<util::Seconds> gathers_;
    std::vector<std::size_t> gatherers_;  ///< by device: its place among those that gather
    std::size_t gatherer_count_ = 0;
    Traffic traffic_;
};

}  // namespace convoy::partition::detail
