#include "engine/profiler.hpp"

#include <catch2/catch.hpp>

#include <cmath>

#include "engine/circumstances.hpp"
#include "engine/load.hpp"
#include "engine/records.hpp"
#include "engine/slices.hpp"
#include "engine/sweep.hpp"
#include "graph/onnx.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"

using namespace convoy;
using namespace convoy::graph;
using util::Seconds;

namespace {

Graph digits() { return read_onnx(util::FileView::open(CONVOY_TEST_DATA "/../../examples/models/digits.onnx")); }

constexpr auto kGoOn = [](const engine::ProfileProgress&) { return true; };

samples::Profile read_again(const samples::Profile& profile) {
    return samples::read_profile(util::FileView::from_bytes(write_profile(profile), "p.yaml"));
}

samples::Profile measured(const Graph* model, const engine::ProfilePlan& plan) {
    engine::Profiler profiler(model, plan);
    profiler.run(kGoOn);
    engine::set_threads(2);
    return profiler.profile();
}

std::size_t conditions(const engine::ProfilePlan& plan) { return plan.loads.size() * plan.threads.size(); }

std::size_t pieces(const Graph& graph) {
    std::size_t count = 0;
    for (const auto& round : engine::rounds_to_time(graph)) count += round.size();
    return count;
}

engine::ProfilePlan quick() {
    engine::ProfilePlan plan;
    plan.budget = Seconds(0.5);
    plan.stable = 0.5;
    plan.max_runs = 10;
    return plan;
}

}  // namespace

TEST_CASE("engine: a profile has every operator under every condition, and slices, and reads back", "[engine]") {
    const Graph graph = digits();
    engine::ProfilePlan plan = quick();
    plan.loads = {0, 0.5, 0};
    plan.device = "bench";
    const samples::Profile profile = measured(&graph, plan);
    CHECK(profile.context.device == "bench");
    CHECK(profile.context.cores >= 1);
    CHECK(profile.whole_model.size() <= 2);
    CHECK(profile.piece_overhead.has_value());
    const auto all = static_cast<std::int64_t>(2 * (pieces(graph) + 1));
    CHECK(static_cast<std::int64_t>(profile.layers.size() + profile.whole_model.size()) + profile.missing == all);
    for (const double load : {0.0, 0.5}) {
        for (const Operator& op : graph.operators()) {
            const bool found = std::ranges::any_of(profile.layers, [&](const samples::LayerSample& sample) {
                return sample.op == op.name && sample.load_offered == load && sample.load_before &&
                       sample.work.output == sample.work.whole_output && sample.time.median > Seconds(0);
            });
            if (profile.missing == 0) CHECK(found);
        }
    }
    for (const samples::LayerSample& sample : profile.layers) CHECK(sample.stop != samples::Stop::unknown);
    REQUIRE(profile.pace);
    const auto has_pace = [](const auto& sample) { return sample.pace && sample.pace->value > 0; };
    CHECK(std::ranges::all_of(profile.layers, has_pace));
    CHECK(std::ranges::all_of(profile.whole_model, has_pace));
    CHECK(profile.pace->least.value > 0);
    CHECK(read_again(profile).layers.size() == profile.layers.size());
}

TEST_CASE("engine: what a budget cuts off is counted, and nothing is invented for it", "[engine]") {
    const Graph graph = digits();
    engine::ProfilePlan plan;
    plan.budget = Seconds(0);
    const samples::Profile profile = measured(&graph, plan);
    CHECK(profile.missing == static_cast<std::int64_t>(pieces(graph) + 1));
    CHECK(profile.layers.empty());
    CHECK_FALSE(profile.piece_overhead.has_value());
    CHECK_FALSE(profile.pace.has_value());
}

TEST_CASE("engine: a profile that is ended keeps what was measured, and is resumed where it stopped", "[engine]") {
    const Graph graph = digits();
    engine::ProfilePlan plan = quick();
    plan.budget = Seconds(20);
    engine::Profiler first(&graph, plan);
    first.run([&](const engine::ProfileProgress& progress) { return progress.done < graph.operators().size(); });
    const samples::Profile begun = read_again(first.profile());
    REQUIRE(begun.missing > 0);
    REQUIRE_FALSE(begun.layers.empty());

    engine::Profiler second(&graph, plan);
    second.resume(begun);
    second.run(kGoOn);
    const samples::Profile whole = second.profile();
    CHECK(whole.missing == 0);
    CHECK(whole.layers.size() == conditions(plan) * pieces(graph));
    for (const samples::LayerSample& sample : begun.layers) {
        if (sample.stop != samples::Stop::budget) CHECK(std::ranges::count(whole.layers, sample) == 1);
    }
    SECTION("at once, when nothing is missing") {
        engine::Profiler third(&graph, plan);
        third.resume(whole);
        std::size_t asked = 0;
        third.run([&](const engine::ProfileProgress&) { return ++asked < 100; });
        CHECK(third.profile().layers == whole.layers);
    }
    engine::set_threads(2);
}

TEST_CASE("engine: what is resumed under other loads keeps all samples", "[engine]") {
    const Graph graph = digits();
    const samples::Profile idle = measured(&graph, quick());
    engine::ProfilePlan plan = quick();
    plan.loads = {0.25};
    engine::Profiler profiler(&graph, plan);
    profiler.resume(idle);
    profiler.run(kGoOn);
    const samples::Profile both = profiler.profile();
    for (const samples::LayerSample& sample : idle.layers) CHECK(std::ranges::count(both.layers, sample) == 1);
    CHECK(both.whole_model.size() >= idle.whole_model.size());
    engine::set_threads(2);
}

TEST_CASE("engine: a profile of another device, model, version or sweep is not resumed", "[engine]") {
    const Graph graph = digits();
    engine::ProfilePlan plan = quick();
    plan.budget = Seconds(0);
    const samples::Profile same = measured(&graph, plan);
    const auto refused = [&](auto change) {
        samples::Profile other = same;
        change(other);
        engine::Profiler profiler(&graph, plan);
        CHECK_THROWS_AS(profiler.resume(other), util::Error);
    };
    refused([](samples::Profile& profile) { profile.context.device += "2"; });
    refused([](samples::Profile& profile) { profile.context.cpu = "another"; });
    refused([](samples::Profile& profile) { profile.context.affinity.push_back(4000); });
    refused([](samples::Profile& profile) { profile.context.versions["convoy"] = "0.0.0"; });
    refused([](samples::Profile& profile) { profile.model_sha256 = "00"; });
    refused([](samples::Profile& profile) { profile.sweep = samples::Sweep{1, 2}; });
    engine::Profiler profiler(&graph, plan);
    CHECK_NOTHROW(profiler.resume(same));
}

TEST_CASE("engine: a sweep has samples of every family without a model", "[engine]") {
    engine::ProfilePlan plan = quick();
    plan.budget = Seconds(30);
    plan.max_runs = 1;
    plan.sweep = samples::Sweep{3, 1};
    const samples::Profile profile = measured(nullptr, plan);
    CHECK(profile.missing == 0);
    CHECK(profile.model_file.empty());
    CHECK(profile.sweep == plan.sweep);
    for (const engine::LayerFamily& family : engine::layer_families()) {
        INFO(family.name);
        CHECK(std::ranges::any_of(profile.layers, [&](const samples::LayerSample& sample) {
            return sample.op == "sweep/" + std::string(family.name) + "/0";
        }));
    }
    CHECK(read_again(profile).sweep == plan.sweep);
}

TEST_CASE("engine: progress may end a profile by an exception", "[engine]") {
    const Graph graph = digits();
    engine::Profiler profiler(&graph, {});
    CHECK_THROWS_AS(profiler.run([](const engine::ProfileProgress&) -> bool {
        throw util::Error(util::Errc::interrupted, "stop");
    }),
                    util::Error);
    engine::set_threads(2);
}

TEST_CASE("engine: rounds to time begin with every operator whole, have no piece twice and fit the operators",
          "[engine]") {
    const Graph graph = digits();
    const auto rounds = engine::rounds_to_time(graph);
    REQUIRE(rounds.size() > 2);
    REQUIRE(rounds[0].size() == graph.operators().size());
    std::vector<samples::WorkShape> shapes;
    for (std::size_t r = 0; r < rounds.size(); ++r) {
        for (std::size_t i = 1; i < rounds[r].size(); ++i) CHECK(rounds[r][i - 1].op < rounds[r][i].op);
        for (const Work& work : rounds[r]) {
            if (r == 0) CHECK(work == whole_work(graph, work.op));
            if (r > 0) CHECK(flops(graph, work) <= flops(graph, whole_work(graph, work.op)));
            if (r > 0) CHECK(std::ranges::count(shapes, samples::describe(graph, work)) == 0);
            if (r > 0) shapes.push_back(samples::describe(graph, work));
        }
    }
}

TEST_CASE("engine: slices of a convolution are rows, channels, tiles and addends", "[engine]") {
    for (const Graph& layer : engine::draw_layers(5, 0)) {
        const Operator& op = layer.operators()[0];
        const std::vector<Work> slices = engine::slices_of(layer, OperatorId{0});
        for (const Work& work : slices) CHECK(layer.tensor(op.outputs[0]).full.volume() >= work.outputs[0].volume());
        if (op.name != "sweep/conv3x3/0") continue;
        const Box whole = layer.tensor(op.outputs[0]).full;
        const auto cut = [&](const Work& work, Axis axis) { return work.outputs[0].hull()[axis] != whole[axis]; };
        const auto any = [&](auto predicate) { return std::ranges::any_of(slices, predicate); };
        CHECK(any([&](const Work& work) { return cut(work, Axis::h) && !cut(work, Axis::w); }));
        CHECK(any([&](const Work& work) { return cut(work, Axis::h) && cut(work, Axis::w); }));
        CHECK(any([&](const Work& work) { return cut(work, Axis::c); }));
        CHECK(any([&](const Work& work) { return work.in.has_value(); }));
    }
}

TEST_CASE("engine: synthetic layers are seeded, within their limits, and can be run", "[engine]") {
    const auto describe_all = [](std::uint64_t seed, std::int64_t number) {
        std::vector<samples::WorkShape> shapes;
        for (const Graph& layer : engine::draw_layers(seed, number))
            shapes.push_back(samples::describe(layer, whole_work(layer, OperatorId{0})));
        return shapes;
    };
    CHECK(describe_all(1, 0) == describe_all(1, 0));
    CHECK(describe_all(1, 0) != describe_all(2, 0));
    CHECK(describe_all(1, 0) != describe_all(1, 1));
    const engine::LayerLimits limits{util::Bytes(100'000), util::Flops(1e6)};
    for (std::int64_t number = 0; number < 3; ++number) {
        for (const Graph& layer : engine::draw_layers(7, number, limits)) {
            const Work work = whole_work(layer, OperatorId{0});
            INFO(layer.operators()[0].name);
            CHECK(engine::memory_of(layer) <= limits.memory);
            CHECK(flops(layer, work) <= limits.flops);
            engine::Weights weights(layer);
            engine::TimedPiece piece(weights, engine::piece_of(layer, work), false);
            piece.prepare();
            CHECK(piece.run().wall > Seconds(0));
        }
    }
}

TEST_CASE("engine: under load times are CPU time, as much longer as all work was", "[engine]") {
    engine::Circumstances circumstances;
    engine::Runs runs;
    const engine::Enough enough{0.05, 50};
    for (int i = 0; i < 100; ++i) {  // every second run waits for as long as two take
        const engine::TimedRun run{Seconds(i % 2 == 0 ? 0.03 : 0.01), Seconds(0.01), Seconds(0)};
        circumstances.add(run);
        runs.add(run, enough);
    }
    CHECK(runs.size() == 50);
    CHECK(circumstances.slowdown() == Approx(2));
    for (const double time : runs.seconds({1, 0.5}, circumstances)) CHECK(time == Approx(0.02));
    CHECK(runs.seconds({1, 0}, circumstances)[0] == Approx(0.03));
    CHECK(runs.stop({1, 0.5}, circumstances, enough) == samples::Stop::stable);
    CHECK(runs.stop({1, 0}, circumstances, enough) == samples::Stop::max_runs);
    CHECK(runs.stop({1, 0}, circumstances, {0.05, 60}) == samples::Stop::budget);
}

TEST_CASE("engine: how sure a slowdown is follows from how much blocks of runs differ", "[engine]") {
    engine::Circumstances steady;
    engine::Circumstances unsteady;
    for (int i = 0; i < 50; ++i) {
        steady.add({Seconds(0.1), Seconds(0.05), Seconds(0)});
        unsteady.add({Seconds(i % 2 == 0 ? 0.15 : 0.05), Seconds(0.05), Seconds(0)});
    }
    CHECK(steady.slowdown_error() == Approx(0).margin(1e-12));
    CHECK(unsteady.slowdown() == Approx(2));
    CHECK(unsteady.slowdown_error() == Approx(1.96 * 0.5 / std::sqrt(49.0)));
    CHECK_FALSE(unsteady.known(0.03));
    CHECK(engine::Circumstances().slowdown_error() == 1);
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

TEST_CASE("engine: the utilisation of the cores is a share, and sees this process", "[engine]") {
    const engine::Utilisation utilisation;
    const Seconds before = util::process_cpu_time();
    const util::Deadline deadline(Seconds(10));
    while (util::process_cpu_time() - before < Seconds(0.05) && !deadline.passed()) {
    }
    CHECK(utilisation.share() > 0);
    CHECK(utilisation.share() <= 1);
}
