#include <catch2/catch.hpp>
#include <sstream>

#include "testbed/impairments.hpp"

using namespace convoy::testbed;
using namespace std::chrono_literals;

namespace {

std::vector<std::uint8_t> frame_to(std::array<std::uint8_t, 4> address, std::uint8_t mark = 0) {
    std::vector<std::uint8_t> frame(60, mark);
    frame[12] = 0x08;
    frame[13] = 0x00;
    std::copy(address.begin(), address.end(), frame.begin() + 30);
    return frame;
}

const std::vector<std::uint8_t> kFrame(60, 1);

}  // namespace

TEST_CASE("testbed: a frame leaves the delay line when its delay is over, not before", "[testbed]") {
    DelayLine line(1);
    REQUIRE(line.push(100ms, {.delay = 10ms}, kFrame));
    CHECK(line.next_due() == Nanoseconds(110ms));
    CHECK_FALSE(line.pop(110ms - 1ns));
    CHECK(line.pop(110ms) == kFrame);
    CHECK_FALSE(line.pop(1h));
    CHECK_FALSE(line.next_due());
}

TEST_CASE("testbed: jitter spreads delays over its range and keeps the order", "[testbed]") {
    DelayLine line(1);
    const Impairment link{.delay = 10ms, .jitter = 5ms};
    Nanoseconds least = 1h;
    Nanoseconds most{};
    for (int i = 0; i < 1000; ++i) {
        const Nanoseconds sent = i * 100ms;
        REQUIRE(line.push(sent, link, kFrame));
        const Nanoseconds delay = *line.next_due() - sent;
        least = std::min(least, delay);
        most = std::max(most, delay);
        REQUIRE(line.pop(sent + delay));
    }
    CHECK(least >= 5ms);
    CHECK(least < 6ms);
    CHECK(most <= 15ms);
    CHECK(most > 14ms);
    for (std::uint8_t i = 0; i < 100; ++i) line.push(200s + i * 1us, link, frame_to({10, 0, 0, 1}, i));
    for (std::uint8_t i = 0; i < 100; ++i) CHECK(line.pop(201s)->front() == i);
}

TEST_CASE("testbed: a shorter delay from now on does not let frames overtake", "[testbed]") {
    DelayLine line(1);
    line.push(0ms, {.delay = 20ms}, frame_to({10, 0, 0, 1}, 1));
    line.push(1ms, {}, frame_to({10, 0, 0, 1}, 2));
    CHECK_FALSE(line.pop(19ms));
    CHECK(line.pop(20ms)->front() == 1);
    CHECK(line.pop(20ms)->front() == 2);
}

TEST_CASE("testbed: the asked share of frames is lost, by a seed", "[testbed]") {
    const auto lost = [](std::uint32_t seed, double loss) {
        DelayLine line(seed);
        int count = 0;
        for (int i = 0; i < 10000; ++i) count += line.push(0ms, {.loss = loss}, kFrame) ? 0 : 1;
        return count;
    };
    CHECK(lost(1, 0) == 0);
    CHECK(lost(1, 1) == 10000);
    CHECK(lost(1, 0.1) == Approx(1000).margin(100));
    CHECK(lost(1, 0.1) == lost(1, 0.1));
}

TEST_CASE("testbed: a full delay line loses what comes then", "[testbed]") {
    DelayLine line(1);
    for (std::size_t i = 0; i < DelayLine::kCapacity; ++i) REQUIRE(line.push(0ms, {.delay = 1s}, kFrame));
    CHECK_FALSE(line.push(0ms, {.delay = 1s}, kFrame));
    REQUIRE(line.pop(1s));
    CHECK(line.push(1s, {.delay = 1s}, kFrame));
}

TEST_CASE("testbed: links are read by destination, and refused as a whole when a line is none", "[testbed]") {
    std::istringstream good("10.77.0.2 10 2.5 1\n10.77.0.3 0 0 0\n");
    const auto links = read_impairments(good);
    REQUIRE(links);
    CHECK(links->size() == 2);
    const Address two = *destination_of(frame_to({10, 77, 0, 2}));
    CHECK(links->at(two) == Impairment{.delay = 10ms, .jitter = 2500us, .loss = 0.01});
    for (const char* bad : {"10.77.0 1 0 0", "10.77.0.2 -1 0 0", "10.77.0.2 1 0", "10.77.0.2 1 0 101", "x 1 0 0",
                            "10.77.0.2 1e9 0 0", "10.77.0.2 nan 0 0"}) {
        std::istringstream text(bad);
        CAPTURE(bad);
        CHECK_FALSE(read_impairments(text));
    }
}

TEST_CASE("testbed: a frame's destination is found only in whole IPv4 frames", "[testbed]") {
    std::vector<std::uint8_t> frame = frame_to({10, 77, 0, 9});
    CHECK(destination_of(frame));
    CHECK_FALSE(destination_of(std::span(frame).first(33)));
    CHECK_FALSE(destination_of({}));
    frame[13] = 0x06;  // ARP
    CHECK_FALSE(destination_of(frame));
}
