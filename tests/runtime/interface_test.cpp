#include "runtime/interface.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <vector>

#include "util/clock.hpp"

using namespace convoy;
using runtime::EmulatedLink;
using util::Bytes;
using util::Seconds;

namespace {

EmulatedLink link_of(double start_up) { return {Seconds(start_up), util::BytesPerSecond(1000)}; }

}  // namespace

TEST_CASE("runtime: a message occupies the emulated interface for its start-up and its bytes", "[runtime]") {
    runtime::InterfaceClock clock;
    CHECK(clock.departure(link_of(0.5), Bytes(2000), Seconds(10)).count() == Approx(10.5));
    CHECK(clock.departure(link_of(0.5), Bytes(1000), Seconds(11)).count() == Approx(13));  // free at 12.5
    CHECK(clock.departure(link_of(0), Bytes(1000), Seconds(11)).count() == Approx(14));    // free at 14
    CHECK(clock.departure(link_of(1), Bytes(0), Seconds(20)).count() == Approx(21));       // idle since 15
}

TEST_CASE("runtime: an emulated interface sends in order, after each start-up", "[runtime]") {
    std::vector<int> sent;
    std::vector<Seconds> at;
    runtime::Interface interface([](const util::Error&) {});
    const Seconds begin = util::now();
    for (int i = 0; i < 3; ++i)
        interface.post(link_of(0.002), Bytes(1), [&, i] {
            sent.push_back(i);
            at.push_back(util::now() - begin);
        });
    REQUIRE(interface.flush(Seconds(10)));
    CHECK(sent == std::vector<int>{0, 1, 2});
    for (std::size_t i = 0; i < 3; ++i) CHECK(at[i].count() >= 0.002 + 0.003 * static_cast<double>(i));
}

TEST_CASE("runtime: a link without start-up is not held up by those that wait", "[runtime]") {
    runtime::Interface interface([](const util::Error&) {});
    bool sent = false;
    interface.post(link_of(1000), Bytes(1), [] {});
    interface.post(link_of(0), Bytes(1), [&] { sent = true; });
    CHECK(sent);
    CHECK_FALSE(interface.flush(Seconds(0.001)));
}

TEST_CASE("runtime: stopping an emulated interface drops what waits at once", "[runtime]") {
    bool sent = false;
    runtime::Interface interface([](const util::Error&) {});
    interface.post(link_of(1000), Bytes(1), [&] { sent = true; });
    interface.stop();
    interface.post(link_of(0), Bytes(1), [&] { sent = true; });
    CHECK_FALSE(sent);
    CHECK_FALSE(interface.flush(Seconds(10)));
}

TEST_CASE("runtime: an emulated interface reports a failed send once", "[runtime]") {
    std::atomic<int> failures = 0;
    runtime::Interface interface([&](const util::Error& error) {
        CHECK(error.code() == util::Errc::unavailable);
        ++failures;
    });
    for (int i = 0; i < 2; ++i)
        interface.post(link_of(0.001), Bytes(1), [] { throw util::Error(util::Errc::unavailable, "gone"); });
    CHECK_FALSE(interface.flush(Seconds(10)));
    CHECK(failures == 1);
}
