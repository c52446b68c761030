#pragma once

#include <span>
#include <vector>

#include "cost/schedule.hpp"

namespace convoy::cost::detail {

struct TaskTimes {
    double begin = -1;  ///< receive: when the device had nothing else to do; below 0: never
    double end = -1;
};

struct LegTimes {
    double posted = 0;   ///< handed to the network
    double started = 0;  ///< its sender's interface is free
    double freed = 0;    ///< its last byte has left
    double arrived = 0;
};

/// When everything happened in one frame, in seconds.
struct Trace {
    std::vector<std::vector<TaskTimes>> tasks;  ///< as Schedule::devices
    std::vector<LegTimes> legs;                 ///< as Schedule::legs
};

struct Settings {
    bool shared_medium = false;
    std::size_t in_flight = 1;  ///< frames admitted at once, per route
};

/// Plays frames one after another through the schedules of their routes: when each has left flight, all devices being
/// at the end of its programs. Frames are admitted in their order, as soon as their route has room.
///
/// @param frames  the route of each
/// @param trace   of the first frame; may be nullptr
/// @throws Error internal, when the programs wait for each other
[[nodiscard]] std::vector<double> play(std::span<const Schedule> routes, std::span<const std::size_t> frames,
                                       const Settings& settings, Trace* trace = nullptr);

}  // namespace convoy::cost::detail
