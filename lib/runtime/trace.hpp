#pragma once

#include <vector>

#include "runtime/coordinator.hpp"
#include "samples/trace.hpp"

namespace convoy::runtime {

/// What a frame did, as a trace tells it: times since the frame was submitted.
/// @param start_ups  that senders waited for
[[nodiscard]] samples::FrameTrace frame_trace(const FrameResult& result, const plan::Compiled& compiled,
                                              const graph::Graph& graph,
                                              const std::vector<samples::StartUp>& start_ups = {});

/// Adds up finished frames for the summary of a run.
class RunSummary {
  public:
    explicit RunSummary(std::vector<std::string> devices);

    /// @param warm_up  counts the frame as warm-up only
    void add(const FrameResult& result, bool warm_up);
    /// Takes `time` out of the throughput: nothing was in flight while the caller did something else.
    void pause(util::Seconds time) { paused_ += time; }
    /// The summary: `totals` count warm-up frames too, which is why bytes are given for all frames of the run.
    [[nodiscard]] samples::TraceSummary finish(const std::vector<DeviceTotals>& totals) const;

  private:
    samples::TraceSummary summary_;
    std::vector<util::Seconds> latencies_;
    std::vector<util::Seconds> compute_;  ///< by device
    util::Seconds first_begin_{};
    util::Seconds last_end_{};
    util::Seconds paused_{};
};

}  // namespace convoy::runtime
