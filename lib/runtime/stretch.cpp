#include "runtime/stretch.hpp"

#include <memory>

#include "engine/cpu_time.hpp"
#include "util/clock.hpp"
#include "util/precise_timer.hpp"

namespace convoy::runtime {

using util::Seconds;

namespace {

Stretch::Clock real_clock() {
    const auto timer = std::make_shared<util::PreciseTimer>();
    return {.now = util::now,
            .count_cpu_time = []() -> std::function<Seconds()> {
                return [watch = engine::CpuStopwatch()] { return watch.per_thread(); };
            },
            .wait_until = [timer](Seconds moment) { return timer->wait_until(moment); },
            .interrupt = [timer] { timer->interrupt(); }};
}

}  // namespace

Stretch::Stretch(double factor) : factor_(factor) {
    if (factor_ == 1) return;
    engine::watch_threads();
    clock_ = real_clock();
}

Seconds Stretch::run(const std::function<void()>& work) {
    if (factor_ == 1) {
        work();
        return Seconds{0};
    }
    const Seconds begin = clock_.now();
    const auto used = clock_.count_cpu_time();
    work();
    const Seconds end = begin + factor_ * used();
    const Seconds before = clock_.now();
    if (before >= end) return Seconds{0};
    (void)clock_.wait_until(end);
    return clock_.now() - before;
}

}  // namespace convoy::runtime
