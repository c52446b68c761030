#include <catch2/catch.hpp>

#include "scene.hpp"
#include "util/error.hpp"

using namespace convoy;
using graph::Axis;
using graph::Interval;
using test::Scene;

namespace {

const plan::Stage& first_stage(const partition::Proposal& proposal) {
    return proposal.plan.routes.front().stages.front();
}

}  // namespace

TEST_CASE("partition: modnn cuts along the longer edge by speed, and gathers after each layer", "[partition]") {
    for (const bool wide : {false, true}) {
        test::Model model;
        graph::TensorId at = model.input("x", {1, 4, wide ? 10 : 40, wide ? 40 : 10});
        for (const char* name : {"one", "two"}) at = model.conv(name, at, 4);
        const Scene scene(model.finish({model.gemm("fc", at, 10)}), test::bed({3e6, 1e6}, test::fast_link()));
        const auto found = scene.plan("modnn");
        const auto& stages = found.plan.routes.front().stages;
        REQUIRE(stages.size() == 5);
        const Axis axis = wide ? Axis::w : Axis::h;
        CHECK(stages[0].shares[0].pieces[0].box[axis] == Interval{0, 30});
        CHECK(stages[0].shares[1].pieces[0].box[axis] == Interval{30, 40});
        CHECK(stages[1].hold);
        CHECK(stages[3].hold);
        CHECK(stages[4].shares.front().device == plan::DeviceId{0});
    }
}

TEST_CASE("partition: deepthings deals a grid of equal tiles out in turn", "[partition]") {
    const Scene scene(test::conv_chain(4, 4, 30), test::bed({1e7, 1e7}, test::fast_link()));
    const auto found = scene.plan("deepthings:layers=3,rows=3,columns=3");
    const plan::Stage& stage = first_stage(found);
    CHECK(stage.operators.size() == 3);
    REQUIRE(stage.shares.size() == 2);
    CHECK(stage.shares[0].pieces.size() == 5);
    CHECK(stage.shares[1].pieces.size() == 4);
    CHECK(stage.shares[1].pieces[0].box[Axis::w] == Interval{10, 20});
    CHECK(found.plan.routes.front().stages.size() == 2);
    CHECK(found.plan.routes.front().stages[1].operators.size() == 2);
    CHECK_THROWS_WITH(scene.plan("deepthings:layers=5"), Catch::Contains("as the settings say"));
}

TEST_CASE("partition: deepthings needs less memory for its tiles than one device for whole maps", "[partition]") {
    const Scene scene(test::conv_chain(4, 16, 200), test::bed({1e8, 1e8}, test::fast_link()));
    const auto local = scene.plan("local");
    const auto tiles = scene.plan("deepthings:layers=4,rows=5,columns=5");
    CHECK(tiles.prediction.peak_memory[1] < local.prediction.peak_memory[0]);
    CHECK(tiles.prediction.redundant.value > 0);
}

TEST_CASE("partition: deepslicing synchronises every few layers", "[partition]") {
    const Scene scene(test::conv_chain(6), test::bed({1e6, 1e6, 1e6}, test::fast_link()));
    CHECK(scene.plan("deepslicing:every=1").plan.routes.front().stages.size() == 7);
    CHECK(scene.plan("deepslicing:every=3").plan.routes.front().stages.size() == 3);
    CHECK(scene.plan("deepslicing:every=4").plan.routes.front().stages.size() == 3);
    const Scene dear(test::conv_chain(6),
                     test::bed({1e9, 1e9, 1e9}, {util::BytesPerSecond(125e6), util::Seconds(0.01), {}}));
    CHECK(dear.plan("deepslicing").plan.routes.front().stages.size() == 2);
    CHECK(scene.plan("deepslicing").prediction.latency() <= scene.plan("deepslicing:every=4").prediction.latency());
}

TEST_CASE("partition: cooperative strategies say why there is no plan", "[partition]") {
    const Scene alone(test::conv_chain(2), test::bed({1e9}, test::fast_link()));
    test::Model model;
    const graph::TensorId x = model.input("x", {1, 8});
    const Scene vector(model.finish({model.gemm("fc", x, 10)}), test::bed({1e9, 1e9}, test::fast_link()));
    for (const char* name : {"modnn", "coedge", "deepthings", "aofl", "edgeld", "deepslicing", "opm"}) {
        INFO(name);
        CHECK_THROWS_WITH(alone.plan(name), name + std::string(" needs at least 2 devices, and the cluster has 1"));
        CHECK_THROWS_WITH(vector.plan(name), Catch::Contains("cut"));
    }
    for (const char* name : {"fpm", "ofpm"}) CHECK_NOTHROW(vector.plan(name));
}

TEST_CASE("partition: strategies keep to memory limits, or say whose is too little", "[partition]") {
    cluster::Cluster cluster = test::bed({1e7, 1e7, 1e7}, test::fast_link()).cluster();
    for (cluster::Device& device : cluster.devices) device.memory = util::Bytes(2'200'000);
    const std::vector<latency::DeviceModel> models(3, test::linear_model(1e7));
    const Scene tiny(test::conv_chain(3, 8, 64), {cluster, models});
    for (const partition::Strategy& strategy : partition::strategies()) {
        INFO(strategy.name);
        try {
            const auto found = tiny.plan(std::string(strategy.name));
            for (const util::Bytes peak : found.prediction.peak_memory) CHECK(peak <= util::Bytes(2'200'000));
        } catch (const util::Error& error) {
            CHECK_THAT(error.message(),
                       Catch::Contains(" bytes and has 2200000") || Catch::Contains("memory is too small"));
        }
    }
}
