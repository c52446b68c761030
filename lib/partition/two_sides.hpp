#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "partition/slices.hpp"

namespace convoy::partition::detail {

/// What two devices and the link between them are busy with for one frame.
struct SideTimes {
    util::Seconds edge{};
    util::Seconds transfer{};
    util::Seconds cloud{};
    [[nodiscard]] util::Seconds sum() const noexcept { return edge + transfer + cloud; }
    [[nodiscard]] util::Seconds longest() const noexcept { return std::max({edge, transfer, cloud}); }
};

/// Cuts of a DAG into a side that stays on the source and a side that goes to another device, from which nothing comes
/// back but the outputs.
class TwoSides {
  public:
    TwoSides(const Problem& problem, Slices& slices, std::size_t cloud);

    /// By operator: whether it stays on the source. The sides that make the sum of times least: a least cut.
    [[nodiscard]] std::vector<bool> least() const { return cut_at(std::nullopt); }
    /// Of the cuts with the operator before `border` on the source and the one at `border` in the cloud.
    [[nodiscard]] std::vector<bool> least_at(std::size_t border) const { return cut_at(border); }
    [[nodiscard]] SideTimes times(const std::vector<bool>& on_edge) const;
    [[nodiscard]] plan::Plan plan(const std::vector<bool>& on_edge, int in_flight) const;

  private:
    /// A tensor that may cross: one message, however many of its readers are on the other side.
    struct Crossing {
        std::optional<graph::OperatorId> producer;  ///< empty for a graph input
        std::vector<graph::OperatorId> readers;
        util::Seconds up{};  ///< from the source to the cloud
    };

    [[nodiscard]] std::vector<bool> cut_at(std::optional<std::size_t> border) const;

    const Problem& problem_;
    std::size_t edge_;
    std::size_t cloud_;
    std::vector<util::Seconds> edge_times_;
    std::vector<util::Seconds> cloud_times_;
    std::vector<util::Seconds> down_;  ///< by operator: of the outputs that it makes, if it runs in the cloud
    std::vector<util::Seconds> kept_;  ///< likewise, if it runs on the source
    std::vector<Crossing> crossings_;
};

}  // namespace convoy::partition::detail
