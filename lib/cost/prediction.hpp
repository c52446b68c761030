#pragma once

#include <optional>
#include <vector>

#include "graph/graph.hpp"
#include "latency/bed.hpp"
#include "plan/program.hpp"
#include "samples/timeline.hpp"
#include "util/units.hpp"

namespace convoy::cost {

/// A moment of the critical path: computing on one device, or a message.
struct PathStep {
    std::uint32_t device = 0;           ///< that computes or sends, as in Plan::devices
    std::optional<std::uint32_t> to{};  ///< a message's receiver
    std::int32_t stage = -1;            ///< computed, or that made what is sent; -1: the graph inputs
    util::Seconds compute{};
    util::Seconds redundant{};  ///< part of `compute`
    util::Seconds start_up{};
    util::Seconds bytes{};
    util::Seconds delay{};
    util::Seconds queueing{};
    [[nodiscard]] util::Seconds transfer() const { return start_up + bytes + delay + queueing; }
};

/// What the latency of a frame consists of: walked backwards from the sink's last output, every moment counted once.
struct CriticalPath {
    util::Seconds compute{};    ///< pieces, and sums of addends
    util::Seconds redundant{};  ///< part of `compute`: values that another piece computes, too
    util::Seconds start_up{};   ///< of its messages
    util::Seconds bytes{};      ///< of its messages, payload over rate
    util::Seconds delay{};
    util::Seconds queueing{};  ///< its messages wait for a busy interface or medium
    std::size_t messages = 0;
    std::vector<PathStep> steps{};  ///< the same moments, in the order of time
    [[nodiscard]] util::Seconds transfer() const { return start_up + bytes + delay + queueing; }
};

/// What one plan is predicted to do on one bed of devices. Of a plan with several routes, what is said of one frame is
/// said of the first frame.
struct Prediction {
    samples::Timeline timeline;          ///< of one frame alone; devices by their index in the plan
    CriticalPath path;                   ///< of that frame
    double throughput_per_s = 0;         ///< steady state with the plan's frames in flight
    std::vector<util::Seconds> compute;  ///< per device and frame, the mean over the routes
    util::Bytes bytes;                   ///< payload of all messages of a frame
    std::size_t messages = 0;
    std::size_t rounds = 0;                ///< longest chain of messages that depend on each other
    util::Flops flops;                     ///< of all pieces
    util::Flops redundant;                 ///< computed more than once: halos, replicas
    std::vector<util::Bytes> peak_memory;  ///< per device, rule 18 of docs/format-plan.md
    /// Per frame in steady state, where the powers of all devices that take part are given.
    std::optional<util::Joules> energy;
    [[nodiscard]] util::Seconds latency() const { return timeline.latency; }
};

/// The bed's device behind each of the plan's. @throws Error data for a device that the cluster does not have
[[nodiscard]] std::vector<std::size_t> bed_devices(const plan::Plan& plan, const latency::Bed& bed);

/// Plays the plan's step programs on predicted times: an event simulation of devices and interfaces.
///
/// A device does one step at a time, the oldest frame whose next step is ready first. A message occupies the sender's
/// interface for its start-up, then, together with the receiver's interface (switched) or the one medium (shared), for
/// bytes / rate, and arrives a delay later; sending does not hold up computing. Of the messages whose interfaces are
/// free, the one that was handed over first goes first. Summing addends takes the time of an addition of as many bytes.
/// Deterministic: ties go by device, frame, message. To predict many plans use a Predictor.
[[nodiscard]] Prediction predict(const plan::Plan& plan, const plan::Compiled& compiled, const graph::Graph& graph,
                                 const latency::Bed& bed);

}  // namespace convoy::cost
