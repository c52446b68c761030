#pragma once

#include <vector>

#include "graph/graph.hpp"
#include "plan/plan.hpp"
#include "samples/timeline.hpp"

namespace convoy::partition {

/// The five times of one distributed layer, `T = T_part + n (T_tx + T_rx) + T_edge + T_join`: the factor n is because
/// the master's radio sends to, and hears from, one worker after another.
struct DipmTimes {
    std::size_t workers = 0;  ///< n
    util::Seconds part{};     ///< the master cuts its maps; 0 where a send reads them in place
    util::Seconds tx{};       ///< one worker's input
    util::Seconds edge{};     ///< all workers compute
    util::Seconds rx{};       ///< one worker's output
    util::Seconds join{};     ///< the master adds up
    [[nodiscard]] util::Seconds total() const { return part + static_cast<double>(workers) * (tx + rx) + edge + join; }
};

/// The five times of a stage in a predicted or measured timeline, of plans that make_dipm made.
struct DipmStageTimes {
    std::size_t stage = 0;
    DipmTimes times;
};
[[nodiscard]] std::vector<DipmStageTimes> dipm_stage_times(const plan::Plan& plan, const graph::Graph& graph,
                                                           const samples::Timeline& timeline);

}  // namespace convoy::partition
