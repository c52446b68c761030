#include "partition/layer_path.hpp"

#include <catch2/catch.hpp>

#include "partition/least_maximum.hpp"
#include "scene.hpp"
#include "support/random_graph.hpp"

using namespace convoy;
using graph::Index;
using graph::Interval;
using partition::detail::Heights;
using partition::detail::LayerPath;
using partition::detail::PathRules;
using test::Scene;
using util::Seconds;

namespace {

graph::Graph random_chain(util::Random& random, int convolutions) {
    test::Model model;
    graph::TensorId at = model.input("x", {1, 4, 16, 16});
    for (int i = 0; i < convolutions; ++i) {
        at = model.conv("conv" + std::to_string(i), at, static_cast<Index>(1 + 12 * random.uniform()));
    }
    return model.finish({model.gemm("fc", at, 10)});
}

latency::Bed random_bed(util::Random& random) {
    std::vector<double> rates;
    for (int i = 0; i < 3; ++i) rates.push_back(1e7 * (1 + 9 * random.uniform()));
    return test::bed(
        rates, {util::BytesPerSecond(test::kMbit * (1 + 99 * random.uniform())), Seconds(1e-3 * random.uniform()), {}});
}

/// The least cost of all sequences of states.
Seconds least_of_all(LayerPath& search, std::size_t layers) {
    std::vector<std::size_t> states(layers, 0);
    Seconds least(1e9);
    for (bool more = true; more;) {
        bool possible = true;
        for (std::size_t layer = 0; layer < layers; ++layer)
            possible = possible && search.possible(layer, states[layer]);
        if (possible) least = std::min(least, search.along(states).cost);
        more = false;
        for (std::size_t layer = 0; layer < layers && !more; ++layer) {
            states[layer] = (states[layer] + 1) % search.states();
            more = states[layer] != 0;
        }
    }
    return least;
}

Index rows_of(const plan::Stage& stage, std::size_t share) {
    return stage.shares[share].pieces.front().box[graph::Axis::h].size();
}

}  // namespace

TEST_CASE("partition: the layer path is the cheapest of all sequences of positions and sets", "[partition]") {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        INFO("seed " << seed);
        util::Random random(seed);
        Scene scene(random_chain(random, 3), random_bed(random));
        const auto layers = partition::detail::layer_units(scene.graph, {true, false});
        REQUIRE(layers.size() == 4);
        for (const Heights heights : {Heights::equal, Heights::compute, Heights::transfers}) {
            for (const bool vertical : {true, false}) {
                const PathRules rules{{0, 1, 2}, {{0, 1}, {0, 1, 2}}, heights, vertical};
                LayerPath search(scene.problem, scene.slices, layers, rules);
                const LayerPath::Path found = search.shortest();
                REQUIRE(found.states.size() == layers.size());
                CHECK(found.cost.count() == Approx(least_of_all(search, layers.size()).count()));
            }
        }
    }
}

TEST_CASE("partition: heights are those whose slowest device is fastest", "[partition]") {
    // Receiver i takes rates[i] per row and fixed[i] for any.
    util::Random random(5);
    for (int round = 0; round < 30; ++round) {
        const std::vector<double> rates{0.1 + random.uniform(), 0.1 + random.uniform(), 0.1 + random.uniform()};
        const std::vector<double> fixed{random.uniform(), random.uniform(), random.uniform()};
        const auto time = [&](std::size_t i, Index rows) {
            return rows == 0 ? 0 : fixed[i] + rates[i] * static_cast<double>(rows);
        };
        constexpr Index kRows = 14;
        double least = 1e9;
        for (Index a = 0; a <= kRows; ++a) {
            for (Index b = 0; a + b <= kRows; ++b) {
                least = std::min(least, std::max({time(0, a), time(1, b), time(2, kRows - a - b)}));
            }
        }
        const auto parts = partition::detail::least_maximum(
            kRows, 3, [&](std::size_t i, const Interval& rows) { return Seconds(time(i, rows.size())); });
        double slowest = 0;
        Index end = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(parts[i].begin == end);
            end = parts[i].end;
            slowest = std::max(slowest, time(i, parts[i].size()));
        }
        CHECK(end == kRows);
        CHECK(slowest <= least * 1.005 + 1e-9);
    }
}

TEST_CASE("partition: fpm cuts into equal rows, opm by demand, ofpm runs layers whole where that is better",
          "[partition]") {
    const Scene fast(test::conv_chain(3, 8, 40), test::bed({3e6, 1e6}, test::fast_link(100000)));
    const auto fpm = fast.plan("fpm").plan.routes.front().stages;
    const auto opm = fast.plan("opm").plan.routes.front().stages;
    CHECK(rows_of(opm[0], 0) >= 29);
    CHECK(rows_of(opm[0], 1) <= 11);
    for (const plan::Stage& stage : fpm) {
        if (stage.shares.size() == 2) CHECK(rows_of(stage, 0) == 20);
    }
    CHECK(fast.plan("ofpm").prediction.latency() <= fast.plan("fpm").prediction.latency());

    const Scene slow(test::conv_chain(3, 8, 40), test::bed({1e9, 1e9}, test::fast_link(1)));
    CHECK(slow.plan("ofpm").plan.routes.front().stages.size() == 1);
    CHECK(slow.plan("fpm").plan.routes.front().stages.size() == 1);
    CHECK(slow.plan("opm").plan.routes.front().stages.size() > 3);
}

TEST_CASE("partition: ofpm gathers on another device where the links are better", "[partition]") {
    // Between two sets of devices, rows go over the device with the fast links.
    util::Random random(1);
    cluster::Cluster cluster = test::bed({1e7, 1e7, 1e7}, test::fast_link(1)).cluster();
    cluster.pairs.push_back({0, 1, test::fast_link(1000), ""});
    cluster.pairs.push_back({1, 2, test::fast_link(1000), ""});
    Scene scene(random_chain(random, 3),
                {cluster, {test::linear_model(1e7), test::linear_model(1e7), test::linear_model(1e7)}});
    const auto layers = partition::detail::layer_units(scene.graph, {true, false});
    LayerPath search(scene.problem, scene.slices, layers, {{0, 1, 2}, {{0, 1}, {1, 2}}, Heights::equal, true});
    const LayerPath::Path path = search.along({3, 4, 4, 0});
    REQUIRE(path.gathers[1]);
    CHECK(*path.gathers[1] == 1);
    CHECK_FALSE(path.gathers[2]);
}
