#include "engine/profiler.hpp"

#include <catch2/catch.hpp>

#include "engine/load.hpp"
#include "graph/onnx.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"

using namespace convoy;
using namespace convoy::graph;
using util::Seconds;

namespace {

Graph digits() { return read_onnx(util::FileView::open(CONVOY_TEST_DATA "/../../examples/models/digits.onnx")); }

constexpr auto kNoProgress = [](std::size_t, std::size_t) {};

}  // namespace

TEST_CASE("engine: a profile has every operator under every condition, and slices, and reads back", "[engine]") {
    const Graph graph = digits();
    engine::ProfilePlan plan;
    plan.loads = {0, 0.5};
    plan.budget = Seconds(0.5);
    plan.device = "bench";
    std::size_t reported = 0;
    const engine::ProfileResult result = engine::profile_model(graph, plan, [&](std::size_t done, std::size_t total) {
        CHECK(done == ++reported);
        CHECK(done <= total);
    });
    const samples::Profile& profile = result.profile;
    CHECK(profile.context.device == "bench");
    CHECK(profile.context.cores >= 1);
    CHECK(profile.whole_model.size() == 2);
    CHECK(reported == profile.layers.size() + profile.whole_model.size());
    for (const double load : plan.loads) {
        for (const Operator& op : graph.operators()) {
            const bool found = std::ranges::any_of(profile.layers, [&](const samples::LayerSample& sample) {
                return sample.op == op.name && sample.load_offered == load &&
                       sample.work.output == sample.work.whole_output && sample.time.median > Seconds(0);
            });
            if (result.left_out == 0) CHECK(found);
        }
    }
    const std::string text = write_profile(profile);
    const samples::Profile again = samples::read_profile(util::FileView::from_bytes(text, "p.yaml"));
    CHECK(again.layers.size() == profile.layers.size());
    engine::set_threads(2);
}

TEST_CASE("engine: what a budget cuts off is counted, and nothing is invented for it", "[engine]") {
    const Graph graph = digits();
    engine::ProfilePlan plan;
    plan.budget = Seconds(0);
    const engine::ProfileResult result = engine::profile_model(graph, plan, kNoProgress);
    CHECK(result.left_out == engine::works_to_time(graph).size() + 1);
    CHECK(result.profile.layers.empty());
    engine::set_threads(2);
}

TEST_CASE("engine: progress may end a profile", "[engine]") {
    const Graph graph = digits();
    CHECK_THROWS_AS(
        engine::profile_model(graph, {},
                              [](std::size_t, std::size_t) { throw util::Error(util::Errc::interrupted, "stop"); }),
        util::Error);
    engine::set_threads(2);
}

TEST_CASE("engine: works to time begin with every operator whole and have no piece twice", "[engine]") {
    const Graph graph = digits();
    const std::vector<Work> works = engine::works_to_time(graph);
    REQUIRE(works.size() >= graph.operators().size());
    for (std::size_t i = 0; i < graph.operators().size(); ++i) CHECK(works[i] == whole_work(graph, OperatorId(i)));
    for (std::size_t i = graph.operators().size(); i < works.size(); ++i) {
        CHECK(flops(graph, works[i]) < flops(graph, whole_work(graph, works[i].op)));
        CHECK(std::ranges::count(works, works[i]) == 1);
    }
}

TEST_CASE("engine: the load generator takes CPU time only while it is asked to", "[engine]") {
    engine::LoadGenerator idle(0);
    engine::LoadGenerator busy(0.5);
    const Seconds before = util::process_cpu_time();
    const util::Deadline deadline(Seconds(10));
    while (util::process_cpu_time() - before < Seconds(0.05) && !deadline.passed()) {
    }
    CHECK(busy.obtained() > 0);
    CHECK(busy.obtained() <= 1);
    CHECK(idle.obtained() == 0);
}
