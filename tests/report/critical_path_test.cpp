#include "report/critical_path.hpp"

#include <catch2/catch.hpp>

#include "report/traces.hpp"
#include "util/random.hpp"

using namespace convoy;
using namespace convoy::report::detail;
using samples::Activity;
using samples::Timeline;
using util::Seconds;

namespace {

Seconds at(double milliseconds) { return util::from_milliseconds(milliseconds); }

/// a computes 4 ms, sends (3 ms), b computes 5 ms, sends back (2 ms), a computes 1 ms; half a millisecond lies between.
Timeline there_and_back() {
    Timeline timeline;
    timeline.latency = at(15.5);
    timeline.spans = {{0, 0, 0, Activity::compute, at(0), at(4)},
                      {1, 1, 0, Activity::wait, at(0), at(7)},
                      {1, 1, 0, Activity::compute, at(7), at(12)},
                      {0, 0, 1, Activity::compute, at(4), at(6)},
                      {0, 2, 0, Activity::compute, at(14.5), at(15.5)}};
    timeline.transfers = {{0, 1, 0, 0, "x", util::Bytes(1), at(4), at(7)},
                          {1, 0, 1, 0, "y", util::Bytes(1), at(12), at(14)}};
    return timeline;
}

double sum(const std::map<Term, Seconds>& terms) {
    double total = 0;
    for (const auto& [term, time] : terms) total += time.count();
    return total;
}

}  // namespace

TEST_CASE("report: the critical path goes back over messages, not over what runs beside them", "[report]") {
    const auto terms = critical_path(there_and_back(), 0, {});
    CHECK(terms.size() == 6);
    CHECK(terms.at({TermKind::compute, 0, 0, 0}) == at(4));  // the second piece ran while the message was on its way
    CHECK(terms.at({TermKind::transfer, 0, 0, 1}) == at(3));
    CHECK(terms.at({TermKind::compute, 1, 1, 1}).count() == Approx(at(5).count()));
    CHECK(terms.at({TermKind::transfer, 1, 1, 0}).count() == Approx(at(2).count()));
    CHECK(terms.at({TermKind::waiting, -1, 0, 0}).count() == Approx(at(0.5).count()));
    CHECK(terms.at({TermKind::compute, 2, 0, 0}).count() == Approx(at(1).count()));
    CHECK(sum(terms) == Approx(0.0155));
}

TEST_CASE("report: an emulated start-up is a term of its own", "[report]") {
    const auto terms = critical_path(there_and_back(), 0, {{0, 1, at(1)}, {1, 0, at(5)}});
    CHECK(terms.at({TermKind::start_up, 0, 0, 1}).count() == Approx(at(1).count()));
    CHECK(terms.at({TermKind::transfer, 0, 0, 1}).count() == Approx(at(2).count()));
    CHECK(terms.at({TermKind::start_up, 1, 1, 0}).count() == Approx(at(2).count()));  // no more than the whole message
    CHECK_FALSE(terms.contains({TermKind::transfer, 1, 1, 0}));
    CHECK(sum(terms) == Approx(0.0155));
}

TEST_CASE("report: the terms of any timeline add up to its latency", "[report]") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        util::Random random(seed);
        Timeline timeline;
        timeline.latency = Seconds(random.uniform());
        for (int i = 0; i < 20; ++i) {
            const Seconds begin(random.uniform() * 1.2 - 0.1);
            const Seconds end = begin + Seconds(random.uniform() * 0.2);
            const auto device = static_cast<std::uint32_t>(random.uniform() * 3);
            timeline.spans.push_back({device, i, 0, Activity::compute, begin, end});
            timeline.transfers.push_back(
                {device, static_cast<std::uint32_t>(random.uniform() * 3), 0, 0, "t", {}, begin, begin});
        }
        INFO("seed " << seed);
        CHECK(sum(critical_path(timeline, 1, {})) == Approx(timeline.latency.count()));
    }
}

TEST_CASE("report: a frame without steps only waits", "[report]") {
    Timeline timeline;
    timeline.latency = at(3);
    const auto terms = critical_path(timeline, 1, {});
    CHECK(terms.size() == 1);
    CHECK(terms.at({TermKind::waiting, -1, 1, 1}) == at(3));
}
