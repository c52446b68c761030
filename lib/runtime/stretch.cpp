#include "runtime/stretch.hpp"

#include <memory>

#include "engine/cpu_time.hpp"
#include "engine/yardstick.hpp"
#include "util/clock.hpp"
#include "util/precise_timer.hpp"

namespace convoy::runtime {

using util::Seconds;

namespace {

Stretch::Clock real_clock() {
    const auto timer = std::make_shared<util::PreciseTimer>();
    const auto yardstick = std::make_shared<engine::Yardstick>();
    return {.now = util::now,
            .count_cpu_time = []() -> std::function<Seconds()> {
                return [watch = engine::CpuStopwatch()] { return watch.per_thread(); };
            },
            .wait_until = [timer](Seconds moment) { return timer->wait_until(moment); },
            .interrupt = [timer] { timer->interrupt(); },
            .pace = [yardstick] { return yardstick->recent(); }};
}

}  // namespace

Stretch::Stretch(const Slowdown& slowdown) : slowdown_(slowdown) {
    if (slowdown_.factor == 1) return;
    engine::watch_threads();
    clock_ = real_clock();
}

double Stretch::relative_pace() const { return slowdown_.pace ? clock_.pace().value / slowdown_.pace->value : 1; }

Seconds Stretch::run(const std::function<void()>& work) {
    if (slowdown_.factor == 1) {
        work();
        return Seconds{0};
    }
    const Seconds begin = clock_.now();
    const double pace_before = relative_pace();
    const auto count = clock_.count_cpu_time();
    work();
    const Seconds used = count();
    const Seconds end = begin + slowdown_.factor * used * (pace_before + relative_pace()) / 2;
    const Seconds before = clock_.now();
    if (before >= end) return Seconds{0};
    (void)clock_.wait_until(end);
    return clock_.now() - before;
}

}  // namespace convoy::runtime
