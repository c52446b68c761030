#pragma once

#include <array>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "partition/capability.hpp"
#include "partition/settings.hpp"
#include "partition/slices.hpp"
#include "partition/units.hpp"

namespace convoy::partition::detail {

/// How computing and transfers of a pipeline's stage make up its period.
enum class Period : std::uint8_t {
    overlap,  ///< the longest of computing, receiving and sending: what the runtime does
    sum,      ///< one after another, as in PICO
};

inline constexpr Setting kPipelinePeriod{.name = "period",
                                         .choices = "overlap|sum",
                                         .fallback = "overlap",
                                         .about = "a stage's computing and transfers overlap, or add up as in PICO"};
inline constexpr std::array kPipelineSettings{kPipelinePeriod};

/// A run of units on a group of devices that follow each other in an order; rows are shared by capability.
struct PipelineStage {
    std::size_t first = 0;  ///< unit
    std::size_t end = 0;
    std::size_t device = 0;  ///< place in the order
    std::size_t group = 1;   ///< devices
    auto operator<=>(const PipelineStage&) const = default;
};

/// Cuts a model into stages of a pipeline over devices in one order: the smallest period for each number of stages.
///
/// The period of a pipeline is that of its slowest stage; dynamic programming over (stages, units, devices) is exact
/// for that, on the order given. O(stages units^2 devices^2), and as many slices.
///
/// Source: PICO (arXiv 2206.08662): pieces of few redundant rows, stages by dynamic programming, several devices to a
/// stage. We differ: devices that are not alike are taken in a given order, each group sharing rows by capability,
/// instead of first being averaged and then dealt to the stages; a limit of latency is not part of it.
class PipelineSearch {
  public:
    /// @param order  devices of the bed
    /// @param room   stages whose weights exceed it on a device are not possible
    PipelineSearch(const Problem& problem, Slices& slices, const std::vector<Unit>& units,
                   std::vector<std::size_t> order, Period period);
    void set_room(Room room) { room_ = std::move(room); }

    /// By number of stages, from 1: empty where none is possible.
    [[nodiscard]] std::vector<std::vector<PipelineStage>> run();
    /// Infinite when it is not possible.
    [[nodiscard]] util::Seconds period(const PipelineStage& stage);
    /// @param balanced  rows by predicted time, halo included, instead of by capability
    [[nodiscard]] plan::Plan plan(const std::vector<PipelineStage>& stages, bool balanced);
    [[nodiscard]] const std::vector<std::size_t>& order() const noexcept { return order_; }

  private:
    [[nodiscard]] util::Seconds work_out(const PipelineStage& stage);
    [[nodiscard]] OperatorRange range(const PipelineStage& stage) const;
    [[nodiscard]] std::vector<std::size_t> devices(const PipelineStage& stage) const;
    /// Rows of the stage's output by capability; one interval for each device.
    [[nodiscard]] std::vector<graph::Interval> rows(const PipelineStage& stage);
    [[nodiscard]] bool may_share_rows(const PipelineStage& stage);
    [[nodiscard]] util::Seconds together(util::Seconds compute, util::Seconds in, util::Seconds out) const;
    /// Of all tensors alive at a position between units.
    [[nodiscard]] util::Bytes alive_bytes(std::size_t position) const;

    const Problem& problem_;
    Slices& slices_;
    const std::vector<Unit>& units_;
    std::vector<std::size_t> order_;
    Period period_;
    Room room_;
    std::vector<util::Bytes> alive_;                        ///< by position between units
    std::vector<double> weights_until_;                     ///< by position between units
    std::unordered_map<std::size_t, util::Seconds> known_;  ///< periods, by a number of first, end, device and group
    std::map<std::pair<std::size_t, std::size_t>, bool> shareable_;
};

}  // namespace convoy::partition::detail
