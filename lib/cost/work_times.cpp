#include "cost/work_times.hpp"

#include <algorithm>

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
    return known_.emplace(work, TimedWork{samples::describe(graph_, work), {}}).first->second;
}

double WorkTimes::seconds(std::size_t device, TimedWork& work) const {
    const auto place = std::lower_bound(work.seconds.begin(), work.seconds.end(), device,
                                        [](const auto& known, std::size_t wanted) { return known.first < wanted; });
    if (place != work.seconds.end() && place->first == device) return place->second;
    return work.seconds.emplace(place, device, bed_.time(device, work.shape).count())->second;
}

}  // namespace convoy::cost::detail
