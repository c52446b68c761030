#include <catch2/catch.hpp>

#include <functional>
#include <limits>

#include "partition/pipeline.hpp"
#include "planning.hpp"
#include "runtime/verify.hpp"
#include "support/in_process.hpp"
#include "util/error.hpp"

using namespace convoy;
using namespace convoy::partition::detail;

namespace {

graph::Graph equal_chain(int convolutions) {
    test::Model model;
    graph::TensorId at = model.input("x", {1, 8, 24, 24});
    for (int i = 0; i < convolutions; ++i) at = model.conv("conv" + std::to_string(i), at, 8);
    return model.finish({at});
}

latency::Bed fast_links(const std::vector<double>& rates) {
    return test::bed(rates, {util::BytesPerSecond(1000 * test::kMbit), util::Seconds(1e-5), {}});
}

/// All ways to cut units into stages on consecutive groups of devices.
void for_each_pipeline(std::size_t units, std::size_t devices, std::vector<PipelineStage>& stages,
                       const std::function<void(const std::vector<PipelineStage>&)>& visit) {
    const std::size_t first = stages.empty() ? 0 : stages.back().end;
    const std::size_t used = stages.empty() ? 0 : stages.back().device + stages.back().group;
    if (first == units) return visit(stages);
    for (std::size_t end = first + 1; end <= units; ++end) {
        for (std::size_t group = 1; used + group <= devices; ++group) {
            stages.push_back({first, end, used, group});
            for_each_pipeline(units, devices, stages, visit);
            stages.pop_back();
        }
    }
}

std::vector<graph::Tensor> random_frame(const graph::Graph& graph, util::Random& random) {
    std::vector<graph::Tensor> inputs;
    for (const graph::TensorId id : graph.inputs()) {
        graph::Tensor input({graph.tensor(id).full}, 4);
        for (graph::Index i = 0; i < graph.tensor(id).bytes().value / 4; ++i) {
            input.floats()[i] = static_cast<float>(random.normal());
        }
        inputs.push_back(std::move(input));
    }
    return inputs;
}

/// Runs two turns of frames, so that every route and every place in flight is used.
void verify(const partition::Proposal& proposal, const graph::Graph& graph) {
    engine::Weights weights(graph);
    const plan::Compiled compiled(proposal.plan, graph);
    runtime::Verifier verifier(weights, proposal.plan, compiled);
    util::Random random(1);
    std::size_t turn = 0;
    for (const plan::Route& route : proposal.plan.routes) turn += static_cast<std::size_t>(route.weight);
    std::vector<std::vector<graph::Tensor>> frames;
    while (frames.size() < 2 * turn + 1) frames.push_back(random_frame(graph, random));
    test::InProcessCluster cluster(proposal.plan, compiled, weights, 1);
    const auto outputs = cluster.run(frames);
    REQUIRE(outputs.size() == frames.size());
    for (std::size_t frame = 0; frame < frames.size(); ++frame) CHECK(verifier.check(frames[frame], outputs[frame]));
}

}  // namespace

TEST_CASE("partition: a pipeline's stages are the best of all cuts and groups of devices", "[partition]") {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        INFO("seed " << seed);
        util::Random random(seed);
        const graph::Graph graph = test::random_classifier(random, 4, 1);
        const test::Planning planning(graph, test::random_planning_bed(random, 3));
        Slices slices(planning.problem);
        const std::vector<Unit> units = block_units(graph, {true, false});
        for (const Period period : {Period::overlap, Period::sum}) {
            PipelineSearch search(planning.problem, slices, units, {2, 0, 1}, period);
            std::vector<util::Seconds> best(3, util::Seconds(std::numeric_limits<double>::infinity()));
            const auto slowest = [&](const std::vector<PipelineStage>& stages) {
                util::Seconds longest{};
                for (const PipelineStage& stage : stages) longest = std::max(longest, search.period(stage));
                return longest;
            };
            std::vector<PipelineStage> stages;
            for_each_pipeline(units.size(), 3, stages, [&](const std::vector<PipelineStage>& pipeline) {
                util::Seconds& at = best[pipeline.size() - 1];
                at = std::min(at, slowest(pipeline));
            });
            const auto found = search.run();
            REQUIRE(found.size() == 3);
            for (std::size_t count = 0; count < 3; ++count) {
                REQUIRE(found[count].size() == count + 1);
                CHECK(slowest(found[count]).count() == Approx(best[count].count()).epsilon(1e-12));
            }
        }
    }
}

TEST_CASE("partition: pipeline gives equal devices equal stages, and nearly their number in throughput",
          "[partition]") {
    const graph::Graph graph = equal_chain(8);
    const test::Planning planning(graph, fast_links({1e6, 1e6, 1e6, 1e6}));
    const double alone = 1 / best_device(planning.problem)->proposal.prediction.latency().count();
    const partition::Proposal pipeline = planning.proposal("pipeline");
    CHECK(pipeline.plan.in_flight > 1);
    CHECK(pipeline.prediction.throughput_per_s > 3.7 * alone);
    CHECK(pipeline.prediction.throughput_per_s <= 4 * alone * (1 + 1e-9));
    verify(pipeline, graph);
}

TEST_CASE("partition: pipeline gives a layer that one device is too slow for to several", "[partition]") {
    test::Model model;
    graph::TensorId at = model.input("x", {1, 4, 32, 32});
    at = model.conv("light", at, 4);
    at = model.conv("heavy", at, 64);
    const graph::Graph graph = model.finish({model.gemm("fc", at, 2)});
    const test::Planning planning(graph, fast_links({1e6, 1e6, 1e6}), 3);
    const partition::Proposal pipeline = planning.proposal("pipeline");
    bool shared = false;
    for (const plan::Stage& stage : pipeline.plan.routes.front().stages) shared = shared || stage.shares.size() > 1;
    CHECK(shared);
    verify(pipeline, graph);
}

TEST_CASE("partition: pipeline keeps to memory", "[partition]") {
    const graph::Graph graph = test::zoo_graph("lenet5");
    const latency::Bed bed = fast_links({1e7, 1e7});
    const test::Planning free(graph, bed);
    const util::Bytes memory = best_device(free.problem)->proposal.prediction.peak_memory.front() - util::Bytes(20000);
    const test::Planning planning(graph, test::with_memory(bed, memory));
    for (const util::Bytes peak : planning.proposal("pipeline").prediction.peak_memory) CHECK(peak <= memory);
}

TEST_CASE("partition: replicate deals frames by speed", "[partition]") {
    const graph::Graph graph = equal_chain(4);
    const test::Planning planning(graph, fast_links({1e6, 2e6, 3e6}));
    const partition::Proposal replicate = planning.proposal("replicate");
    REQUIRE(replicate.plan.routes.size() == 3);
    CHECK(replicate.plan.routes[0].weight == 1);
    CHECK(replicate.plan.routes[1].weight == 2);
    CHECK(replicate.plan.routes[2].weight == 3);
    const double slowest =
        1 / evaluate(planning.problem, single_device_plan(planning.problem, 0)).prediction.latency().count();
    CHECK(replicate.prediction.throughput_per_s > 5.7 * slowest);
    CHECK(replicate.prediction.throughput_per_s <= 6 * slowest * (1 + 1e-9));
    verify(replicate, graph);
}

TEST_CASE("partition: replicate gives the source more where the network is slow", "[partition]") {
    const graph::Graph graph = equal_chain(4);
    const latency::Bed bed =
        test::bed({1e7, 1e7, 1e7}, {util::BytesPerSecond(test::kMbit / 4), util::Seconds(1e-5), {}});
    const test::Planning planning(graph, bed);
    const partition::Proposal replicate = planning.proposal("replicate");
    CHECK(replicate.plan.routes.front().weight > 1);
    const double alone = 1 / best_device(planning.problem)->proposal.prediction.latency().count();
    CHECK(replicate.prediction.throughput_per_s > alone);
}

TEST_CASE("partition: replicate leaves out devices whose memory is too small", "[partition]") {
    const graph::Graph graph = equal_chain(4);
    cluster::Cluster cluster = fast_links({1e6, 1e6, 1e6}).cluster();
    cluster.devices[1].memory = util::Bytes(1000);
    const std::vector<latency::DeviceModel> models(3, test::linear_model(1e6));
    const test::Planning planning(graph, latency::Bed(cluster, models));
    const partition::Proposal replicate = planning.proposal("replicate");
    CHECK(replicate.plan.devices == std::vector<std::string>{"a", "c"});
    cluster.devices[2].memory = util::Bytes(1000);
    const test::Planning alone(graph, latency::Bed(cluster, models));
    CHECK_THROWS_AS(alone.proposal("replicate"), util::Error);
}

TEST_CASE("partition: replicate on a thousand devices", "[partition][long]") {
    const graph::Graph graph = test::zoo_graph("lenet5");
    cluster::Cluster cluster;
    cluster.every = cluster::Link{util::BytesPerSecond(1e11), util::Seconds(1e-7), {}};
    for (int d = 0; d < 1000; ++d) {
        cluster::Device device;
        device.name = "d" + std::to_string(d);
        cluster.devices.push_back(device);
    }
    const std::vector<latency::DeviceModel> models(1000, test::linear_model(1e6));
    const test::Planning planning(graph, latency::Bed(cluster, models));
    const partition::Proposal replicate = planning.proposal("replicate");
    CHECK(replicate.plan.routes.size() == 1000);
    const double alone =
        1 / evaluate(planning.problem, single_device_plan(planning.problem, 0)).prediction.latency().count();
    CHECK(replicate.prediction.throughput_per_s > 900 * alone);
}
