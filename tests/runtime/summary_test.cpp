#include <catch2/catch.hpp>

#include "runtime/trace.hpp"

using namespace convoy;

namespace {

runtime::FrameResult frame(double begin, double end) {
    runtime::FrameResult result;
    result.begin = util::Seconds{begin};
    result.end = util::Seconds{end};
    return result;
}

}  // namespace

TEST_CASE("runtime: throughput counts neither warm-up nor what the caller did in between", "[runtime]") {
    runtime::RunSummary summary({"a"});
    summary.add(frame(0, 1), true);
    summary.pause(util::Seconds{7});
    summary.add(frame(10, 11), false);
    summary.pause(util::Seconds{2});
    summary.add(frame(13, 14), false);
    const samples::TraceSummary totals = summary.finish({});
    CHECK(totals.warmup == 1);
    CHECK(totals.frames == 2);
    CHECK(totals.wall.count() == Approx(2));
    CHECK(totals.throughput_per_s == Approx(1));
}
