#include "partition/fused_blocks.hpp"

#include <catch2/catch.hpp>

#include "partition/grid.hpp"
#include "partition/proportion.hpp"
#include "scene.hpp"
#include "support/random_graph.hpp"

using namespace convoy;
using graph::Interval;
using partition::detail::Axes;
using partition::detail::Cutter;
using partition::detail::FusedBlock;
using partition::detail::FusedBlocks;
using partition::detail::GridSize;
using partition::detail::OperatorRange;
using partition::detail::Tile;
using partition::detail::Tiling;
using partition::detail::Unit;
using test::Scene;
using util::Seconds;

namespace {

/// Convolutions of changing widths.
graph::Graph random_chain(util::Random& random) {
    test::Model model;
    graph::TensorId at = model.input("x", {1, 4, 24, 24});
    for (int i = 0; i < 5; ++i) {
        at = model.conv("conv" + std::to_string(i), at, static_cast<graph::Index>(1 + 12 * random.uniform()));
    }
    return model.finish({model.gemm("fc", at, 10)});
}

latency::Bed random_bed(util::Random& random) {
    std::vector<double> rates;
    for (int i = 0; i < 4; ++i) rates.push_back(1e7 * (1 + 9 * random.uniform()));
    return test::bed(
        rates,
        {util::BytesPerSecond(test::kMbit * (1 + 99 * random.uniform())), util::Seconds(1e-3 * random.uniform()), {}});
}

std::vector<Cutter> grid_cutters(Scene& scene) {
    std::vector<Cutter> cutters;
    for (const GridSize& size : partition::detail::grids_of(4)) {
        cutters.push_back([&scene, size](OperatorRange range, Axes axes) {
            static const std::vector<std::size_t> devices{0, 1, 2, 3};
            return equal_grid(scene.slices.extent(range), axes, size, devices);
        });
    }
    return cutters;
}

/// The least cost of all sequences from unit `first` on.
Seconds least_of_all(const FusedBlocks& blocks, const std::vector<Cutter>& cutters, std::size_t first, bool whole) {
    if (first == blocks.units().size()) return Seconds{};
    Seconds least(1e9);
    for (std::size_t end = first + 1; end <= blocks.units().size(); ++end) {
        const auto block = blocks.block(first, end, cutters, whole);
        if (block) least = std::min(least, block->cost + least_of_all(blocks, cutters, end, whole));
    }
    return least;
}

}  // namespace

TEST_CASE("partition: a star's times are scatter, the slowest device, gather", "[partition]") {
    test::Model model;
    const graph::TensorId x = model.input("x", {1, 2, 12, 10});
    Scene scene(model.finish({model.conv("conv", x, 4)}),
                test::bed({1e6, 2e6, 1e6}, {util::BytesPerSecond(1e6), Seconds(0.01), Seconds(0.5)}));
    const Tile full = scene.slices.extent({0, 1});
    const Tiling tiling{{0, {{0, 4}, full.w}}, {1, {{4, 8}, full.w}}, {2, {{8, 12}, full.w}}};
    const auto times = star_times(scene.problem, scene.slices, {0, 1}, tiling, 0);
    // b reads rows 3 to 8, c rows 7 to 11, of 80 bytes each
    CHECK(times.scatter.count() == Approx(2 * 0.01 + (6 * 80 + 5 * 80) / 1e6 + 0.5));
    CHECK(times.compute == scene.slices.time({0, 1}, {{8, 12}, full.w}, 2));
    CHECK(times.gather.count() == Approx(2 * 0.01 + 2 * 4 * 160 / 1e6 + 0.5));
}

TEST_CASE("partition: fused blocks are the cheapest of all sequences of blocks and grids", "[partition]") {
    std::size_t fused = 0;
    for (std::uint64_t seed = 1; seed <= 16; ++seed) {
        INFO("seed " << seed);
        util::Random random(seed);
        Scene scene(random_chain(random), random_bed(random));
        const FusedBlocks blocks(scene.problem, scene.slices, partition::detail::block_units(scene.graph, {true, true}),
                                 24);
        const std::vector<Cutter> cutters = grid_cutters(scene);
        for (const bool whole : {true, false}) {
            const std::vector<FusedBlock> found = blocks.cheapest(cutters, whole);
            REQUIRE_FALSE(found.empty());
            Seconds cost{};
            for (const FusedBlock& block : found) {
                cost += block.cost;
                fused += block.end - block.first > 1 ? 1 : 0;
            }
            CHECK(cost.count() == Approx(least_of_all(blocks, cutters, 0, whole).count()));
        }
    }
    CHECK(fused > 5);
}

TEST_CASE("partition: aofl fuses where start-ups are dear, and stays at home where everything is", "[partition]") {
    const auto stages = [](double start_up, double rate) {
        const Scene scene(test::conv_chain(6), test::bed(std::vector<double>(4, rate),
                                                         {util::BytesPerSecond(125e6), Seconds(start_up), {}}));
        return scene.plan("aofl").plan.routes.front().stages.size();
    };
    CHECK(stages(0, 1e6) > 6);      // every layer cut and gathered
    CHECK(stages(0.05, 1e7) == 3);  // one block, its gathering, the rest
    CHECK(stages(10, 1e9) == 1);    // all on the source
}

TEST_CASE("partition: aofl and edgeld gather every block on the source", "[partition]") {
    for (const char* name : {"aofl", "edgeld"}) {
        INFO(name);
        const Scene scene(test::conv_chain(4), test::bed({1e6, 1e6, 1e6}, {util::BytesPerSecond(12.5e6), {}, {}}));
        const auto stages = scene.plan(name).plan.routes.front().stages;
        for (std::size_t s = 0; s < stages.size(); ++s) {
            if (stages[s].shares.size() < 2) continue;
            REQUIRE(s + 1 < stages.size());
            CHECK(stages[s + 1].hold);
            CHECK(stages[s + 1].shares.front().device == plan::DeviceId{0});
        }
    }
}

TEST_CASE("partition: edgeld's rows go by compute and bandwidth", "[partition]") {
    test::Model model;
    const graph::TensorId x = model.input("x", {1, 8, 64, 64});
    const graph::Graph graph = model.finish({model.conv("conv", x, 8, 1)});
    cluster::Cluster cluster = test::bed({1e7, 1e7, 1e7}, test::fast_link(1e6)).cluster();
    cluster.pairs.push_back({0, 2, {util::BytesPerSecond(1e6), {}, {}}, ""});
    const Scene scene(graph, {cluster, {test::linear_model(1e7), test::linear_model(1e7), test::linear_model(1e7)}});
    partition::detail::Slices slices(scene.problem);
    const double compute = slices.whole({0, 1}, 0).count();
    const double transfer = 2 * 8 * 64 * 64 * 4 / 1e6;   // there and back
    const double slow = compute / (compute + transfer);  // rows of c for each row of a
    partition::Problem three = scene.problem;
    three.least_devices = 3;
    const plan::Plan plan = partition::strategy("edgeld").make(three);
    const auto& shares = plan.routes.front().stages.front().shares;
    REQUIRE(shares.size() == 3);
    const auto rows = [&](std::size_t i) { return shares[i].pieces.front().box[graph::Axis::h].size(); };
    CHECK(rows(0) == Approx(64 / (2 + slow)).margin(1));
    CHECK(rows(2) == Approx(64 * slow / (2 + slow)).margin(1));
}

TEST_CASE("partition: a proportional grid gives each device its part, and nobody an empty tile", "[partition]") {
    using partition::detail::Tile;
    const std::vector<std::size_t> devices{4, 5, 6};
    const std::vector<double> weights{2, 1, 3};
    const Tile full{{0, 12}, {0, 8}};
    CHECK(partition::detail::proportional_grid(full, 2, devices, weights) ==
          partition::detail::Tiling{{4, {{0, 4}, {0, 8}}}, {5, {{4, 12}, {0, 2}}}, {6, {{4, 12}, {2, 8}}}});
    const std::vector<double> lopsided{1, 0, 1};
    CHECK(partition::detail::proportional_grid(full, 2, devices, lopsided) ==
          partition::detail::Tiling{{4, {{0, 6}, {0, 8}}}, {6, {{6, 12}, {0, 8}}}});
}

TEST_CASE("partition: proportional intervals cover the extent at the same relative places", "[partition]") {
    const std::vector<double> weights{1, 2, 0, 1};
    CHECK(partition::detail::proportional(8, weights) == std::vector<Interval>{{0, 2}, {2, 6}, {6, 6}, {6, 8}});
    CHECK(partition::detail::proportional(4, weights) == std::vector<Interval>{{0, 1}, {1, 3}, {3, 3}, {3, 4}});
    CHECK(partition::detail::proportional(1, std::vector<double>{1, 1, 1}).back().end == 1);
}

TEST_CASE("partition: equal grids deal tiles to the devices in turn", "[partition]") {
    const Tile full{{0, 9}, {0, 4}};
    const std::vector<std::size_t> devices{2, 5};
    const Tiling tiles = partition::detail::equal_grid(full, {true, true}, {3, 2}, devices);
    REQUIRE(tiles.size() == 6);
    CHECK(tiles[0].device == 2);
    CHECK(tiles[1].device == 5);
    CHECK(tiles[5].device == 5);
    CHECK(tiles[5].tile == Tile{{6, 9}, {2, 4}});
    CHECK(partition::detail::equal_grid(full, {true, false}, {3, 2}, devices).empty());
    CHECK(partition::detail::equal_grid(full, {true, true}, {10, 1}, devices).empty());
    CHECK(partition::detail::grids_of(4).size() == 7);  // 1x2 1x3 1x4 2x1 2x2 3x1 4x1
}
