#pragma once

#include <unordered_map>
#include <utility>
#include <vector>

#include "graph/calculus.hpp"
#include "latency/bed.hpp"

namespace convoy::cost::detail {

/// A piece of work, described once, with its time on each device of the bed that was asked.
struct TimedWork {
    samples::WorkShape shape;
    std::vector<std::pair<std::size_t, double>> seconds;  ///< of the devices of the bed that were asked, ascending
};

struct WorkHash {
    [[nodiscard]] std::size_t operator()(const graph::Work& work) const noexcept;
};

/// What pieces of work of one graph take on the devices of one bed, each looked up once.
class WorkTimes {
  public:
    WorkTimes(const graph::Graph& graph, const latency::Bed& bed) : graph_(graph), bed_(bed) {}

    /// The entry stays where it is as long as this object lives.
    [[nodiscard]] TimedWork& find(const graph::Work& work);
    [[nodiscard]] double seconds(std::size_t device, TimedWork& work) const;

  private:
    const graph::Graph& graph_;
    const latency::Bed& bed_;
    std::unordered_map<graph::Work, TimedWork, WorkHash> known_;
};

}  // namespace convoy::cost::detail
