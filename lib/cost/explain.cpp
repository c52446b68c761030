#include "cost/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace convoy::cost {

namespace {

// What takes less of the critical path than this is not worth a word.
constexpr double kWorthSaying = 0.05;

/// Three digits: "41", "6.5", "0.042".
std::string ms(util::Seconds time) {
    const double value = util::milliseconds(time);
    if (value >= 100) return fmt::format("{:.0f}", value);
    return fmt::format("{:.3g}", value);
}

std::string share(util::Seconds part, const Prediction& plan) {
    return fmt::format("{:.0f} % of the critical path ({} of {} ms)", 100 * (part / plan.latency()), ms(part),
                       ms(plan.latency()));
}

/// The largest part of the transfers, where it is no mere remainder.
std::string largest_part(const CriticalPath& path) {
    const std::pair<util::Seconds, const char*> parts[] = {
        {path.start_up, "start-up"},
        {path.bytes, "payload"},
        {path.delay, "delay"},
        {path.queueing, "waiting for busy interfaces"},
    };
    const auto* largest = std::max_element(std::begin(parts), std::end(parts),
                                           [](const auto& a, const auto& b) { return a.first < b.first; });
    return fmt::format(", of it {} ms {}", ms(largest->first), largest->second);
}

std::string transfers(const Prediction& plan) {
    return fmt::format("transfers take {}{}", share(plan.path.transfer(), plan), largest_part(plan.path));
}

std::string computing(const Prediction& plan) {
    std::string text = fmt::format("computing takes {}", share(plan.path.compute, plan));
    if (plan.path.redundant > kWorthSaying * plan.path.compute) {
        text += fmt::format(", of it {} ms redundant", ms(plan.path.redundant));
    }
    return text;
}

}  // namespace

std::string explain(const Prediction& plan) {
    if (plan.latency().count() <= 0) return "it takes no time";
    return plan.path.transfer() > plan.path.compute ? transfers(plan) : computing(plan);
}

std::string explain(const Prediction& plan, const Prediction& one_device) {
    if (plan.latency().count() <= 0) return "it takes no time";
    // What the plan wins by computing together, it loses by transfers; when it wins nothing there, say so first.
    const bool no_gain = plan.path.compute >= one_device.path.compute;
    const bool transfers_matter = plan.path.transfer() > kWorthSaying * plan.latency();
    if (!no_gain && transfers_matter) return transfers(plan);
    std::string text = computing(plan);
    if (no_gain) text += fmt::format(", no less than on one device ({} ms)", ms(one_device.path.compute));
    if (transfers_matter) text += fmt::format(", and transfers take {} ms", ms(plan.path.transfer()));
    return text;
}

}  // namespace convoy::cost
