#include "partition/split.hpp"

#include <catch2/catch.hpp>

#include "partition/plan_builder.hpp"
#include "partition/two_sides.hpp"
#include "scene.hpp"
#include "support/random_graph.hpp"
#include "util/error.hpp"

using namespace convoy;
using partition::detail::Block;
using partition::detail::PlanBuilder;
using partition::detail::SideTimes;
using partition::detail::Split;
using partition::detail::TwoSides;
using test::kMbit;
using test::Scene;

namespace {

latency::Bed random_bed(util::Random& random, std::size_t devices) {
    std::vector<double> rates;
    for (std::size_t i = 0; i < devices; ++i) rates.push_back(1e7 * (1 + 9 * random.uniform()));
    return test::bed(
        rates, {util::BytesPerSecond(kMbit * (1 + 30 * random.uniform())), util::Seconds(1e-4), util::Seconds(2e-4)});
}

partition::Proposal proposal_of(const Scene& scene, const std::vector<Block>& chain, const Split& split) {
    PlanBuilder builder(scene.problem);
    const std::size_t border = split.cut == 0 ? 0 : chain[split.cut - 1].range.end;
    builder.whole({0, border}, 0);
    builder.whole({border, scene.graph.operators().size()}, split.server);
    return evaluate(scene.problem, std::move(builder).finish());
}

/// All sets of operators that contain the producers of what they read.
std::vector<std::vector<bool>> closed_sets(const graph::Graph& graph) {
    std::vector<std::vector<bool>> sets;
    const std::size_t count = graph.operators().size();
    for (unsigned set = 0; set < (1U << count); ++set) {
        std::vector<bool> side(count);
        for (std::size_t op = 0; op < count; ++op) side[op] = (set >> op) & 1U;
        bool closed = true;
        for (std::size_t op = 0; op < count; ++op) {
            for (const graph::TensorId input : graph.operators()[op].inputs) {
                const auto producer = graph.producer(input);
                if (side[op] && producer && !side[index(*producer)]) closed = false;
            }
        }
        if (closed) sets.push_back(std::move(side));
    }
    return sets;
}

/// Two branches behind one convolution, one of them shorter, then a sum and a fully connected layer.
graph::Graph branched(util::Random& random) {
    const auto channels = [&] { return static_cast<graph::Index>(1 + 12 * random.uniform()); };
    test::Model model;
    const graph::TensorId x = model.input("x", {1, 12, 12, 12});
    const graph::TensorId first = model.conv("first", x, 1);
    const graph::TensorId a = model.conv("a2", model.conv("a1", first, channels()), 6);
    const graph::TensorId b = model.conv("b", first, 6);
    const graph::TensorId sum = model.add("sum", a, b);
    return model.finish({model.gemm("fc", model.conv("last", sum, channels()), 10)});
}

}  // namespace

TEST_CASE("partition: the times of a split are those of the paper's sum", "[partition]") {
    // conv: 2 * 9 * 8 * 8 * 32 * 32 FLOPs; the map between the layers has 32768 bytes.
    const Scene scene(test::conv_chain(2),
                      test::bed({1e8, 1e9}, {util::BytesPerSecond(1e6), util::Seconds(0.001), util::Seconds(0.002)}));
    const auto chain = partition::detail::chain_for(scene.graph, "neurosurgeon");
    REQUIRE(chain.size() == 3);
    partition::detail::Slices slices(scene.problem);
    const std::vector<Split> splits = splits_of(scene.problem, slices, chain, 1);
    REQUIRE(splits.size() == 4);
    const double conv = slices.whole({0, 1}, 0).count();
    CHECK(conv >= 2.0 * 9 * 8 * 8 * 32 * 32 / 1e8);
    CHECK(splits[1].client.count() == Approx(conv));
    CHECK(splits[1].up.count() == Approx(0.001 + 0.032768 + 0.002));
    CHECK(splits[1].server_time.count() == Approx(slices.whole({1, 3}, 0).count() / 10));
    CHECK(splits[1].down.count() == Approx(0.001 + 40e-6 + 0.002));
    CHECK(splits[3].latency().count() == Approx(slices.whole({0, 3}, 0).count()));
}

TEST_CASE("partition: neurosurgeon's sums are what the cost model says, and its plan the best of all cuts",
          "[partition]") {
    int cuts_inside = 0;
    for (std::uint64_t seed = 1; seed <= 24; ++seed) {
        INFO("seed " << seed);
        util::Random random(seed);
        test::Model model;
        graph::TensorId at = model.input("x", {1, 6, 12, 12});
        for (int i = 0; i < 5; ++i) {
            const auto channels = static_cast<graph::Index>(1 + 12 * random.uniform());
            at = model.conv("conv" + std::to_string(i), at, channels);
        }
        const Scene scene(model.finish({model.gemm("fc", at, 10)}), random_bed(random, 3));
        const auto chain = partition::detail::chain_for(scene.graph, "neurosurgeon");
        partition::detail::Slices slices(scene.problem);
        double best = 1e9;
        for (std::size_t server = 1; server < 3; ++server) {
            for (const Split& split : splits_of(scene.problem, slices, chain, server)) {
                const double latency = proposal_of(scene, chain, split).prediction.latency().count();
                CHECK(split.latency().count() == Approx(latency).epsilon(1e-9));
                best = std::min(best, latency);
            }
        }
        const partition::Proposal found = scene.plan("neurosurgeon");
        CHECK(found.prediction.latency().count() == Approx(best).epsilon(1e-9));
        cuts_inside += found.plan.routes.front().stages.size() == 2 ? 1 : 0;
    }
    CHECK(cuts_inside > 0);
}

TEST_CASE("partition: neurosurgeon for energy spares the source's battery", "[partition]") {
    cluster::Cluster cluster = test::bed({1e9, 1e9}, {util::BytesPerSecond(1e6), {}, {}}).cluster();
    CHECK_THROWS_WITH(
        Scene(test::conv_chain(2), latency::Bed(cluster, {test::linear_model(1e9), test::linear_model(1e9)}))
            .plan("neurosurgeon:objective=energy"),
        "the energy of 'a' cannot be predicted");
    const auto stages = [&](double compute, double radio) {
        cluster.devices[0].power = cluster::Power{util::Watts(1), util::Watts(compute), util::Watts(radio)};
        const Scene scene(test::conv_chain(2), {cluster, {test::linear_model(1e9), test::linear_model(1e9)}});
        return scene.plan("neurosurgeon:objective=energy").plan.routes.front().stages;
    };
    REQUIRE(stages(100, 0.1).size() == 1);
    CHECK(stages(100, 0.1).front().shares.front().device == plan::DeviceId{1});  // computing is dear: send the input
    REQUIRE(stages(0.1, 100).size() == 1);
    CHECK(stages(0.1, 100).front().shares.front().device == plan::DeviceId{0});
}

TEST_CASE("partition: neurosurgeon passes over cuts that exceed a memory limit", "[partition]") {
    cluster::Cluster cluster = test::bed({1e7, 1e9}, {util::BytesPerSecond(1e8), {}, {}}).cluster();
    const std::vector<latency::DeviceModel> models{test::linear_model(1e7), test::linear_model(1e9)};
    const Scene free(test::conv_chain(3, 16), {cluster, models});
    const partition::Proposal all = free.plan("neurosurgeon");
    REQUIRE(all.plan.routes.front().stages.size() == 1);  // all on b, which is a hundred times faster
    cluster.devices[1].memory = all.prediction.peak_memory.back() - util::Bytes(1);
    const Scene tight(test::conv_chain(3, 16), {cluster, models});
    const partition::Proposal fits = tight.plan("neurosurgeon");
    CHECK(fits.prediction.peak_memory.back() < all.prediction.peak_memory.back());
}

TEST_CASE("partition: dads finds the least cut of all, and what it counts is what a plan takes", "[partition]") {
    int cuts_inside = 0;
    for (std::uint64_t seed = 1; seed <= 24; ++seed) {
        INFO("seed " << seed);
        util::Random random(seed);
        Scene scene(branched(random), random_bed(random, 2));
        const TwoSides sides(scene.problem, scene.slices, 1);
        double least = 1e9;
        double least_longest = 1e9;
        for (const std::vector<bool>& set : closed_sets(scene.graph)) {
            const SideTimes times = sides.times(set);
            least = std::min(least, times.sum().count());
            least_longest = std::min(least_longest, times.longest().count());
            const double latency = evaluate(scene.problem, sides.plan(set, 1)).prediction.latency().count();
            CHECK(latency <= times.sum().count() * (1 + 1e-9));  // messages of one cut share their delay
        }
        const std::vector<bool> found = sides.least();
        CHECK(sides.times(found).sum().count() == Approx(least).epsilon(1e-6));
        CHECK(sides.times(found).longest().count() <= 3 * least_longest * (1 + 1e-6));
        cuts_inside += std::count(found.begin(), found.end(), true) % static_cast<int>(found.size()) != 0 ? 1 : 0;
    }
    CHECK(cuts_inside > 2);
}

TEST_CASE("partition: dads under heavy load keeps both sides and the link busy", "[partition]") {
    const Scene scene(test::conv_chain(6), test::bed({1e9, 1e9}, test::fast_link()));
    const partition::Proposal light = scene.plan("dads");
    const partition::Proposal heavy = scene.plan("dads:load=heavy");
    CHECK(heavy.plan.in_flight == 3);
    CHECK(heavy.plan.routes.front().stages.size() == 2);
    CHECK(heavy.prediction.throughput_per_s > 1.5 * light.prediction.throughput_per_s);
    CHECK(light.prediction.latency() <= heavy.prediction.latency());
}

TEST_CASE("partition: dads cuts inside of a block that neurosurgeon cannot cut", "[partition]") {
    test::Model model;
    const graph::TensorId x = model.input("x", {1, 8, 16, 16});
    const graph::TensorId narrow = model.conv("narrow", x, 1);
    const graph::TensorId wide = model.conv("wide", model.conv("middle", narrow, 32), 8);
    Scene scene(model.finish({model.add("sum", wide, x)}), test::bed({1e8, 1e9}, test::fast_link(10)));
    CHECK_THROWS_WITH(scene.plan("neurosurgeon"), Catch::Contains("only one block"));
    CHECK_NOTHROW(scene.plan("dads"));
}
