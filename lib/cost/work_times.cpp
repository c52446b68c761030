#include "cost/work_times.hpp"

namespace convoy::cost::detail {

namespace {

/// One step of the FNV-1a hash, on whole integers.
class Mixer {
  public:
    void add(std::uint64_t value) noexcept {
        state_ ^= value;
        state_ *= 0x100000001b3U;
        state_ ^= state_ >> 29U;
    }
    void add(const graph::Interval& interval) noexcept {
        add(static_cast<std::uint64_t>(interval.begin));
        add(static_cast<std::uint64_t>(interval.end));
    }
    [[nodiscard]] std::size_t value() const noexcept { return state_; }

  private:
    std::uint64_t state_ = 0xcbf29ce484222325U;
};

}  // namespace

std::size_t WorkHash::operator()(const graph::Work& work) const noexcept {
    Mixer mixer;
    mixer.add(graph::index(work.op));
    for (const graph::Slab& slab : work.outputs) {
        mixer.add(slab.n);
        for (const graph::Interval& interval : slab.c) mixer.add(interval);
        mixer.add(slab.h);
        mixer.add(slab.w);
    }
    if (work.in) {
        for (const graph::Interval& interval : work.in->axes) mixer.add(interval);
    }
    return mixer.value();
}

TimedWork& WorkTimes::find(const graph::Work& work) {
    const auto found = known_.find(work);
    if (found != known_.end()) return found->second;
    TimedWork timed{samples::describe(graph_, work), std::vector<double>(bed_.cluster().devices.size(), -1)};
    return known_.emplace(work, std::move(timed)).first->second;
}

double WorkTimes::seconds(std::size_t device, TimedWork& work) const {
    double& seconds = work.seconds.at(device);
    if (seconds < 0) seconds = bed_.time(device, work.shape).count();
    return seconds;
}

}  // namespace convoy::cost::detail
