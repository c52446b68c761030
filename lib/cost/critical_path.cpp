#include "cost/critical_path.hpp"

#include <algorithm>

namespace convoy::cost::detail {

namespace {

/// A task of a device; the moment before it, when `task` is 0.
struct Place {
    std::size_t device = 0;
    std::size_t task = 0;  ///< number + 1
};

Place last_result(const Schedule& schedule, const Trace& trace) {
    Place last;
    double end = -1;
    for (std::size_t d = 0; d < schedule.devices.size(); ++d) {
        for (std::size_t i = 0; i < schedule.devices[d].size(); ++i) {
            if (!schedule.devices[d][i].result || trace.tasks[d][i].end <= end) continue;
            end = trace.tasks[d][i].end;
            last = {d, i + 1};
        }
    }
    return last;
}

/// Where each message is sent.
std::vector<Place> find_sends(const Schedule& schedule) {
    std::vector<Place> sends(schedule.legs.size());
    for (std::size_t d = 0; d < schedule.devices.size(); ++d) {
        for (std::size_t i = 0; i < schedule.devices[d].size(); ++i) {
            const Task& task = schedule.devices[d][i];
            if (task.kind == Task::Kind::send) sends[task.message] = {d, i};
        }
    }
    return sends;
}

PathStep message_step(const Task& task, const Leg& leg, const LegTimes& times) {
    PathStep step{.device = leg.sender, .to = leg.receiver, .stage = task.stage};
    step.start_up = util::Seconds(leg.start_up);
    step.bytes = util::Seconds(leg.bytes);
    step.delay = util::Seconds(leg.delay);
    step.queueing = util::Seconds(times.freed - times.posted - leg.occupancy());
    return step;
}

void add(CriticalPath& path, const PathStep& step) {
    path.compute += step.compute;
    path.redundant += step.redundant;
    path.start_up += step.start_up;
    path.bytes += step.bytes;
    path.delay += step.delay;
    path.queueing += step.queueing;
    if (step.to) ++path.messages;
    path.steps.push_back(step);
}

}  // namespace

CriticalPath critical_path(const Schedule& schedule, const Trace& trace) {
    const std::vector<Place> sends = find_sends(schedule);
    CriticalPath path;
    for (Place at = last_result(schedule, trace); at.task > 0;) {
        const std::size_t i = at.task - 1;
        const Task& task = schedule.devices[at.device][i];
        const TaskTimes& times = trace.tasks[at.device][i];
        at.task = i;
        if (task.kind == Task::Kind::compute) {
            PathStep step{.device = static_cast<std::uint32_t>(at.device), .stage = task.stage};
            step.compute = util::Seconds(task.seconds);
            step.redundant = util::Seconds(task.redundant);
            add(path, step);
        } else if (task.kind == Task::Kind::receive && times.end > times.begin) {
            add(path, message_step(task, schedule.legs[task.message], trace.legs[task.message]));
            at = sends[task.message];
        }
    }
    std::reverse(path.steps.begin(), path.steps.end());
    return path;
}

}  // namespace convoy::cost::detail
