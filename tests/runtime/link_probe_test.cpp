#include "runtime/link_probe.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <map>
#include <thread>

#include "runtime/worker.hpp"
#include "transport/bytes.hpp"
#include "transport/dial.hpp"
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
    constexpr std::size_t kDirections = 2;
    CHECK(link.samples.size() == kDirections * (reported + 1));  // with a burst each
    std::map<samples::Direction, std::size_t> bursts;
    for (const samples::LinkSample& sample : link.samples) {
        CHECK(sample.one_way.median > util::Seconds(0));
        CHECK(sample.one_way.min >= util::Seconds(0));
        CHECK(sample.one_way.median < sample.round_trip.median);
        if (sample.messages > 1) ++bursts[sample.direction];
    }
    CHECK(bursts ==
          std::map<samples::Direction, std::size_t>{{samples::Direction::out, 1}, {samples::Direction::back, 1}});
    REQUIRE(link.back);
    for (const samples::LinkFit& fit : {link.fitted, *link.back}) {
        CHECK(fit.rate.value > 0);
        CHECK(fit.start_up >= util::Seconds(0));
        CHECK(fit.delay >= util::Seconds(0));
        CHECK(fit.jitter >= util::Seconds(0));
    }
    samples::Profile profile;
    profile.context.device = "a";
    profile.link = link;
    CHECK_NOTHROW(samples::read_profile(util::FileView::from_bytes(samples::write_profile(profile), "p.yaml")));
}

TEST_CASE("runtime: who asks a worker for more than a measurement needs is dropped, and the worker serves on",
          "[runtime]") {
    Served served;
    for (const auto& [answers, bytes] : std::vector<std::pair<std::uint32_t, std::uint32_t>>{
             {65, 1}, {1, 4194305}, {3, 4194304}, {0xffffffff, 0xffffffff}}) {
        std::promise<void> lost;
        std::atomic<bool> answered{false};
        const transport::DialOptions dial;
        const std::unique_ptr<transport::Connection> connection =
            transport::dial(served.worker.url(), {.role = transport::Role::prober, .name = "greedy"}, dial);
        transport::Handlers handlers;
        handlers.on_message = [&](const transport::Header& header, const transport::Buffer&) {
            if (header.kind == transport::Kind::link_echo) answered = true;
        };
        handlers.on_lost = [&](const util::Error&) { lost.set_value(); };
        handlers.on_closed = [&] { lost.set_value(); };
        connection->start(std::move(handlers));
        transport::ByteWriter question;
        question.number(answers);
        question.number(bytes);
        connection->send({.kind = transport::Kind::link_pull, .regions = {}}, transport::Payload(question.take()));
        CHECK(lost.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
        CHECK_FALSE(answered);
    }
    CHECK(runtime::measure_link(served.worker.url(), {.budget = util::Seconds(0.1)}).peer == "b");
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
