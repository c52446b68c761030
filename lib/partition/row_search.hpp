#pragma once

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "partition/slices.hpp"
#include "partition/units.hpp"

namespace convoy::partition::detail {

/// A run of units: on one device, or cut into rows.
struct Segment {
    std::size_t first = 0;  ///< unit
    std::size_t end = 0;    ///< unit behind the last
    std::optional<std::size_t> device;
    std::vector<graph::Interval> rows;  ///< by device of the bed
};

/// What a search may choose from.
struct SearchRules {
    std::vector<std::size_t> devices;  ///< that may get rows, in the order of the rows
    bool weighted = true;              ///< rows by capability, else equal ones
    std::size_t split_before = 0;      ///< units before this one are cut into rows, if they can be
    std::vector<bool> fusion_ends;     ///< by position between units: where runs may begin and end
    bool fixed = false;                ///< runs begin and end wherever they may
};

/// The fastest sequence of segments: dynamic programming over positions between units and what the last segment was.
///
/// A row segment costs the transfers of the rows that each device lacks and the slowest of its slices; a unit on one
/// device the transfer of what is alive before it and its time. Nothing overlaps, so latencies are estimates: whoever
/// asks compares the plans by cost::predict. O(units longest_run^2 devices^2).
///
/// Source: the shortest path of FPM and OPM in the OFPM thesis (Shen, 2023). We differ: runs of units are fused.
class RowSearch {
  public:
    RowSearch(const Problem& problem, Slices& slices, std::vector<Unit> units, std::size_t longest_run);

    [[nodiscard]] const std::vector<Unit>& units() const noexcept { return units_; }
    /// Empty when the rules leave no sequence.
    [[nodiscard]] std::vector<Segment> run(const SearchRules& rules);

  private:
    friend class Pass;
    /// Rows for the run of units [first, end), worked out once for each choice of devices.
    [[nodiscard]] const std::vector<graph::Interval>& rows(OperatorRange range, const SearchRules& rules);

    const Problem& problem_;
    Slices& slices_;
    std::vector<Unit> units_;
    /// Transfers before runs, by (position, state before, end), for the devices and heights of the last search.
    std::map<std::array<std::size_t, 3>, util::Seconds> transfers_;
    std::pair<std::vector<std::size_t>, bool> transfers_for_;
    std::size_t longest_run_;
    std::map<std::tuple<std::size_t, std::size_t, bool, std::vector<std::size_t>>, std::vector<graph::Interval>> rows_;
    std::vector<std::vector<bool>> fusable_;  ///< by first unit and length - 1
    std::vector<util::Bytes> alive_;          ///< by position: all tensors alive there
};

}  // namespace convoy::partition::detail
