#pragma once

#include <functional>
#include <vector>

#include "partition/slices.hpp"
#include "partition/units.hpp"

namespace convoy::partition::detail {

/// What a cut run of layers takes when one device, the host, has its input before and its output after it: one phase
/// after the other, as an estimate (see Traffic).
struct StarTimes {
    util::Seconds scatter{};
    util::Seconds compute{};  ///< of the device that is busy longest
    util::Seconds gather{};
    [[nodiscard]] util::Seconds total() const noexcept { return scatter + compute + gather; }
};
[[nodiscard]] StarTimes star_times(const Problem& problem, Slices& slices, OperatorRange range, const Tiling& tiling,
                                   std::size_t host);

/// A run of units: cut into tiles, or, without tiles, whole on the host.
struct FusedBlock {
    std::size_t first = 0;  ///< unit
    std::size_t end = 0;    ///< unit behind the last
    Tiling tiling;
    util::Seconds cost{};
};

/// One way to cut runs; an empty tiling where it cannot.
using Cutter = std::function<Tiling(OperatorRange range, Axes axes)>;

/// Models as sequences of fused blocks whose inputs the host, the source, scatters and whose outputs it gathers.
class FusedBlocks {
  public:
    /// @param longest  units of a block, at most
    FusedBlocks(const Problem& problem, Slices& slices, std::vector<Unit> units, std::size_t longest);

    [[nodiscard]] const std::vector<Unit>& units() const noexcept { return units_; }
    /// The cheapest sequence: best(from) = min over ends of cost(from, end) + best(end), where a block goes by the
    /// cheapest of the cutters. O(units longest cutters). Empty when some unit can go neither way.
    ///
    /// @param whole  also units that can be cut may go whole to the host
    [[nodiscard]] std::vector<FusedBlock> cheapest(const std::vector<Cutter>& cutters, bool whole) const;
    /// The cheapest way for one block; nothing when there is none.
    [[nodiscard]] std::optional<FusedBlock> block(std::size_t first, std::size_t end,
                                                  const std::vector<Cutter>& cutters, bool whole) const;
    [[nodiscard]] plan::Plan plan(const std::vector<FusedBlock>& blocks) const;

  private:
    [[nodiscard]] OperatorRange range(std::size_t first, std::size_t end) const {
        return {units_[first].range.begin, units_[end - 1].range.end};
    }

    const Problem& problem_;
    Slices& slices_;
    std::vector<Unit> units_;
    std::size_t host_;
    std::vector<std::vector<Axes>> fusable_;  ///< by first unit and length - 1
};

}  // namespace convoy::partition::detail
