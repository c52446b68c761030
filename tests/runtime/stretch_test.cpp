#include "runtime/stretch.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "util/error.hpp"

using namespace convoy;
using util::Seconds;

namespace {

/// A clock that only moves when the test says so, or when somebody waits.
struct FakeClock {
    Seconds now{100};
    Seconds cpu{0};
    double pace = 50e9;
    std::vector<Seconds> waits_until;
    bool interrupted = false;

    void work(double wall, double cpu_time) {
        now += Seconds(wall);
        cpu += Seconds(cpu_time);
    }
    runtime::Stretch::Clock clock() {
        return {.now = [this] { return now; },
                .count_cpu_time = [this]() -> std::function<Seconds()> {
                    return [this, begin = cpu] { return cpu - begin; };
                },
                .wait_until =
                    [this](Seconds moment) {
                        waits_until.push_back(moment);
                        if (!interrupted) now = moment;
                        return !interrupted;
                    },
                .interrupt = [this] { interrupted = true; },
                .pace = [this] { return util::FlopsPerSecond(pace); }};
    }
};

}  // namespace

TEST_CASE("runtime: a stretched piece takes F times its CPU time", "[runtime]") {
    FakeClock fake;
    runtime::Stretch stretch({4, {}}, fake.clock());
    const Seconds waited = stretch.run([&] { fake.work(0.010, 0.010); });
    CHECK(waited.count() == Approx(0.030));
    CHECK(fake.now.count() == Approx(100.040));
    CHECK(stretch.run([&] { fake.work(0.002, 0.002); }).count() == Approx(0.006));
}

TEST_CASE("runtime: what other processes took comes off a stretched piece's wait", "[runtime]") {
    FakeClock fake;
    runtime::Stretch stretch({3, {}}, fake.clock());
    CHECK(stretch.run([&] { fake.work(0.015, 0.010); }).count() == Approx(0.015));
    CHECK(fake.now.count() == Approx(100.030));
    CHECK(stretch.run([&] { fake.work(0.050, 0.010); }).count() == 0);  // it took longer than the emulated device
    CHECK(fake.waits_until.size() == 1);
}

TEST_CASE("runtime: a stretched piece takes as long as it would have at the steady pace", "[runtime]") {
    FakeClock fake;
    runtime::Stretch stretch({4, util::FlopsPerSecond(40e9)}, fake.clock());
    SECTION("the machine is faster") {
        (void)stretch.run([&] { fake.work(0.010, 0.010); });
        CHECK(fake.now.count() == Approx(100.050));
    }
    SECTION("the machine becomes slower meanwhile") {
        (void)stretch.run([&] {
            fake.work(0.010, 0.010);
            fake.pace = 20e9;
        });
        CHECK(fake.now.count() == Approx(100.035));
    }
    SECTION("the machine's pace does not matter without a steady one") {
        runtime::Stretch other({4, {}}, fake.clock());
        (void)other.run([&] { fake.work(0.010, 0.010); });
        CHECK(fake.now.count() == Approx(100.040));
    }
}

TEST_CASE("runtime: a device that is not stretched measures and waits for nothing", "[runtime]") {
    runtime::Stretch stretch({1, util::FlopsPerSecond(1e9)}, runtime::Stretch::Clock{});
    bool ran = false;
    CHECK(stretch.run([&] { ran = true; }).count() == 0);
    CHECK(ran);
    stretch.interrupt();
}

TEST_CASE("runtime: an interrupted stretch says how long it really waited", "[runtime]") {
    FakeClock fake;
    runtime::Stretch stretch({2, {}}, fake.clock());
    stretch.interrupt();
    CHECK(stretch.run([&] { fake.work(0.010, 0.010); }).count() == 0);
    CHECK(fake.waits_until.size() == 1);
}

TEST_CASE("runtime: an error in the work of a stretched piece passes through", "[runtime]") {
    FakeClock fake;
    runtime::Stretch stretch({2, {}}, fake.clock());
    CHECK_THROWS_AS(stretch.run([] { throw util::Error(util::Errc::data, "no"); }), util::Error);
    CHECK(fake.waits_until.empty());
}
