#pragma once

#include <vector>

#include "cost/work_times.hpp"
#include "plan/program.hpp"

namespace convoy::cost::detail {

/// One step of a device's program, with its time. Ends of buffers take none and are left out.
struct Task {
    enum class Kind : std::uint8_t { receive, send, compute };
    Kind kind = Kind::compute;
    bool result = false;      ///< makes, or receives, a part of a graph output on the sink
    std::int32_t stage = -1;  ///< of the piece or of the message; -1: the graph inputs
    std::uint32_t piece = 0;
    std::size_t message = 0;  ///< receive, send: in Schedule::legs
    double seconds = 0;       ///< compute
    double redundant = 0;     ///< of `seconds`, what computes values that another piece computes, too
};

/// A message on its way, in seconds.
struct Leg {
    std::uint32_t sender = 0;
    std::uint32_t receiver = 0;
    double start_up = 0;
    double bytes = 0;
    double delay = 0;
    [[nodiscard]] double occupancy() const noexcept { return start_up + bytes; }
};

/// What everybody does for one frame of one route, in seconds.
struct Schedule {
    std::vector<std::vector<Task>> devices;
    std::vector<Leg> legs;  ///< as Compiled::messages
    util::Flops flops;
    util::Flops redundant;
};

/// An addend, or the sum.
struct SumPart {
    graph::Box box;
    util::Bytes bytes;
};
/// An addition of addends, with two operations for each element's tail, as work of its own.
[[nodiscard]] samples::WorkShape sum_work(const graph::TensorInfo& tensor, const SumPart& into,
                                          const std::vector<SumPart>& addends);

struct Scene {
    const plan::Plan& plan;
    const plan::Compiled& compiled;
    const graph::Graph& graph;
    const latency::Bed& bed;
    std::vector<std::size_t> devices;  ///< of the bed, by device of the plan
};

[[nodiscard]] Schedule make_schedule(const Scene& scene, std::size_t route, WorkTimes& times);

/// The longest chain of messages that depend on each other, through the buffers that they are made of.
[[nodiscard]] std::size_t count_rounds(const Scene& scene, std::size_t route);

/// The elements of several parts of one tensor, those that are in several counted once.
[[nodiscard]] graph::Index union_volume(std::vector<const graph::Slab*> slabs);

}  // namespace convoy::cost::detail
