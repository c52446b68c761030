#include "util/precise_timer.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <chrono>

#include "util/clock.hpp"

namespace convoy::util {
namespace {

/// How long before the moment the clock is watched: what a timer without slack is late by, and some more.
constexpr Seconds kWatch{80e-6};

/// What lies further ahead than the clock can count is taken for some years ahead.
std::chrono::steady_clock::time_point to_time_point(Seconds moment) {
    constexpr Seconds kYears{1e8};
    moment = std::min(moment, now() + kYears);
    return std::chrono::steady_clock::time_point(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(moment));
}

/// By default the kernel may add 50 us to every sleep of a thread.
void sleep_without_slack() {
    static thread_local const int done = ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    (void)done;  // where it is refused, waits end a little later
}

}  // namespace

bool PreciseTimer::wait_until(Seconds moment) {
    if (moment - now() > kWatch) {
        sleep_without_slack();
        std::unique_lock lock(mutex_);
        wake_.wait_until(lock, to_time_point(moment - kWatch), [this] { return interrupted_; });
        if (interrupted_) return false;
    }
    if (interrupted()) return false;
    while (now() < moment) {
    }
    return true;
}

void PreciseTimer::interrupt() {
    {
        const std::lock_guard lock(mutex_);
        interrupted_ = true;
    }
    wake_.notify_all();
}

bool PreciseTimer::interrupted() const {
    const std::lock_guard lock(mutex_);
    return interrupted_;
}

}  // namespace convoy::util
