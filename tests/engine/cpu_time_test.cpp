#include "engine/cpu_time.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <opencv2/core/utility.hpp>

#include "engine/shard.hpp"
#include "util/clock.hpp"

using namespace convoy;
using util::Seconds;

namespace {

Seconds own_time() { return util::process_cpu_time(); }

void burn(Seconds time) {
    const Seconds end = util::now() + time;
    while (util::now() < end) {
    }
}

}  // namespace

TEST_CASE("engine: the CPU time of work on one thread is the process's", "[engine]") {
    engine::set_threads(1);
    engine::watch_threads();
    const Seconds begin = own_time();
    const engine::CpuStopwatch watch;
    burn(Seconds(0.01));
    const Seconds counted = watch.per_thread();
    const Seconds used = own_time() - begin;
    CHECK(counted.count() > 0);
    CHECK(counted <= used);
}

TEST_CASE("engine: the CPU time of OpenCV's loops is counted on all of their threads", "[engine]") {
    engine::set_threads(2);
    engine::watch_threads();
    for (int attempt = 0; attempt < 20; ++attempt) {
        std::atomic<int> inside = 0;
        bool together = false;
        const Seconds begin = own_time();
        const engine::CpuStopwatch watch;
        const util::Deadline patience(Seconds(0.5));
        cv::parallel_for_(cv::Range(0, 2), [&](const cv::Range&) {
            ++inside;
            while (inside < 2 && !patience.passed()) {
            }
            if (inside == 2) together = true;
            burn(Seconds(0.01));
        });
        const Seconds counted = watch.per_thread();
        const Seconds used = own_time() - begin;
        CHECK(counted <= used);
        if (!together) continue;  // one thread ran both parts
        CHECK(2 * counted > 0.7 * used);
        CHECK(2 * counted < 1.3 * used);
        break;
    }
    engine::set_threads(1);
    engine::watch_threads();
}
