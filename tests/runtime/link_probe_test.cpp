#include "runtime/link_probe.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "runtime/worker.hpp"
#include "util/error.hpp"

using namespace convoy;

namespace {

/// A worker that serves in a thread of its own until it goes out of scope.
struct Served {
    Served() : worker(options()), thread([this] { (void)worker.run(stop.get_token()); }) {}
    ~Served() {
        stop.request_stop();
        thread.join();
    }
    static runtime::WorkerOptions options() {
        runtime::WorkerOptions options;
        options.name = std::string("b");  // assigning "b" itself trips a false -Wrestrict of GCC 12
        return options;
    }
    runtime::Worker worker;
    std::stop_source stop;
    std::thread thread;
};

}  // namespace

TEST_CASE("runtime: a link is measured by messages that a worker sends back", "[runtime]") {
    Served served;
    runtime::LinkProbeOptions options;
    options.budget = util::Seconds(0.2);
    std::size_t reported = 0;
    options.progress = [&](std::size_t done, std::size_t total) {
        CHECK(done == ++reported);
        CHECK(done <= total);
    };
    const samples::LinkProfile link = runtime::measure_link(served.worker.url(), options);
    CHECK(link.peer == "b");
    CHECK(link.url == served.worker.url());
    REQUIRE(link.samples.size() >= 2);
    CHECK(link.samples.size() == reported);
    for (const samples::LinkSample& sample : link.samples) {
        CHECK(sample.one_way.median > util::Seconds(0));
        CHECK(sample.one_way.median < sample.round_trip.median);
    }
    CHECK(link.fitted.rate.value > 0);
}

TEST_CASE("runtime: measuring a link can be interrupted", "[runtime]") {
    Served served;
    std::stop_source stop;
    stop.request_stop();
    runtime::LinkProbeOptions options;
    options.stop = stop.get_token();
    try {
        (void)runtime::measure_link(served.worker.url(), options);
        FAIL("it was not interrupted");
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::interrupted);
    }
}
