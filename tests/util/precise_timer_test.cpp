#include "util/precise_timer.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "util/clock.hpp"

using namespace convoy;
using util::Seconds;

TEST_CASE("util: a precise wait never ends early", "[util]") {
    util::PreciseTimer timer;
    for (const double wait : {0.0, 0.00002, 0.0005, 0.003}) {
        const Seconds end = util::now() + Seconds(wait);
        CHECK(timer.wait_until(end));
        CHECK(util::now() >= end);
    }
    CHECK(timer.wait_until(util::now() - Seconds(1)));
}

TEST_CASE("util: an interruption ends a precise wait and all later ones", "[util]") {
    util::PreciseTimer timer;
    bool whole = true;
    std::thread waiter([&] { whole = timer.wait_until(util::now() + Seconds(1000)); });
    timer.interrupt();
    waiter.join();
    CHECK_FALSE(whole);
    CHECK_FALSE(timer.wait_until(util::now() + Seconds(1000)));
}

TEST_CASE("util: a precise wait for what no clock reaches can be interrupted", "[util]") {
    util::PreciseTimer timer;
    bool whole = true;
    std::thread waiter([&] { whole = timer.wait_until(Seconds(1e300)); });
    timer.interrupt();
    waiter.join();
    CHECK_FALSE(whole);
}
