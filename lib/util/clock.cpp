#include "util/clock.hpp"

#include <ctime>

namespace convoy::util {

namespace {

Seconds read(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return Seconds(static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9);
}

}  // namespace

Seconds process_cpu_time() { return read(CLOCK_PROCESS_CPUTIME_ID); }

Seconds thread_cpu_time() { return read(CLOCK_THREAD_CPUTIME_ID); }

}  // namespace convoy::util
