#include "engine/yardstick.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace convoy;

TEST_CASE("engine: the yardstick's arithmetic is done, and its rate is one that a device may have", "[engine]") {
    engine::Yardstick yardstick;
    CHECK(yardstick.result() == 0);
    const util::FlopsPerSecond rate = yardstick.recent();
    CHECK(std::isfinite(rate.value));
    CHECK(rate.value > 0);
    // Sixteen times the products of 2048 values, 1 to 7 in turn, and of a quarter, a half, three quarters and one: all
    // are multiples of a quarter, so floats are exact.
    double values = 0;
    for (int i = 0; i < 2048; ++i) values += 1 + i % 7;
    CHECK(static_cast<double>(yardstick.result()) == 16 * 2.5 * values);
}
