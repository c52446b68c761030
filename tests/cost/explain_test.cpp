#include "cost/explain.hpp"

#include <catch2/catch.hpp>

using namespace convoy;
using namespace convoy::cost;

namespace {

util::Seconds in_ms(double time) { return util::from_milliseconds(time); }

Prediction prediction(const CriticalPath& path) {
    Prediction made;
    made.path = path;
    made.timeline.latency = path.compute + path.transfer();
    return made;
}

/// compute, redundant, start-up, bytes, delay, queueing
CriticalPath path(double compute, double redundant, double start_up, double bytes, double delay, double queueing) {
    return {in_ms(compute), in_ms(redundant), in_ms(start_up), in_ms(bytes), in_ms(delay), in_ms(queueing), 3, {}};
}

}  // namespace

TEST_CASE("cost: the explanation names the larger of computing and transfers, and its largest part", "[cost]") {
    CHECK(explain(prediction(path(24, 0, 12, 20, 9, 0))) ==
          "transfers take 63 % of the critical path (41 of 65 ms), of it 20 ms payload");
    CHECK(explain(prediction(path(24, 0, 30, 2, 9, 0))) ==
          "transfers take 63 % of the critical path (41 of 65 ms), of it 30 ms start-up");
    CHECK(explain(prediction(path(1, 0, 0.5, 0.25, 0, 2.25))) ==
          "transfers take 75 % of the critical path (3 of 4 ms), of it 2.25 ms waiting for busy interfaces");
    CHECK(explain(prediction(path(150, 50, 0, 50, 0, 0))) ==
          "computing takes 75 % of the critical path (150 of 200 ms), of it 50 ms redundant");
    CHECK(explain(prediction({})) == "it takes no time");
}

TEST_CASE("cost: against one device, the explanation says when computing together wins nothing", "[cost]") {
    const Prediction alone = prediction(path(50, 0, 0, 0, 0, 0));
    CHECK(explain(prediction(path(24, 0, 12, 20, 9, 0)), alone) ==
          "transfers take 63 % of the critical path (41 of 65 ms), of it 20 ms payload");
    CHECK(explain(prediction(path(60, 20, 0, 20, 0, 0)), alone) ==
          "computing takes 75 % of the critical path (60 of 80 ms), of it 20 ms redundant, no less than on one device "
          "(50 ms), and transfers take 20 ms");
    CHECK(explain(prediction(path(40, 0, 0, 1, 0, 0)), alone) ==
          "computing takes 98 % of the critical path (40 of 41 ms)");
}
