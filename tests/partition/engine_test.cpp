#include <catch2/catch.hpp>

#include "graph/onnx.hpp"
#include "partition/strategy.hpp"
#include "runtime/verify.hpp"
#include "support/in_process.hpp"
#include "support/random_graph.hpp"
#include "support/synthetic.hpp"
#include "zoo/models.hpp"

using namespace convoy;

namespace {

std::vector<graph::Tensor> random_inputs(const graph::Graph& graph, util::Random& random) {
    std::vector<graph::Tensor> inputs;
    for (const graph::TensorId id : graph.inputs()) {
        const graph::TensorInfo& info = graph.tensor(id);
        graph::Tensor input({info.full}, info.element_bytes);
        for (graph::Index i = 0; i < info.bytes().value / 4; ++i)
            input.floats()[i] = static_cast<float>(random.normal());
        inputs.push_back(std::move(input));
    }
    return inputs;
}

graph::Graph zoo_model(const std::string& name) {
    std::string bytes;
    zoo::model(name).build().write(1, [&](std::string_view part) { bytes += part; });
    return graph::read_onnx(util::FileView::from_bytes(std::move(bytes), name + ".onnx"));
}

/// Runs the plan of every strategy that has one on the engine. @return how many there were
int verify_strategies(const graph::Graph& graph, const latency::Bed& bed, util::Random& random) {
    engine::Weights weights(graph);
    cost::Predictor predictor(graph, bed);
    const partition::Problem problem{.graph = graph, .bed = bed, .predictor = predictor};
    int verified = 0;
    for (const partition::Strategy& strategy : partition::strategies()) {
        INFO(strategy.name);
        plan::Plan plan;
        try {
            plan = strategy.make(problem);
        } catch (const util::Error& error) {
            INFO(error.what());
            REQUIRE(error.code() == util::Errc::impossible);
            continue;
        }
        const plan::Compiled compiled(plan, graph);
        runtime::Verifier verifier(weights, plan, compiled);
        const std::vector<graph::Tensor> frame = random_inputs(graph, random);
        test::InProcessCluster cluster(plan, compiled, weights, 1);
        const auto outputs = cluster.run({frame});
        REQUIRE(outputs.size() == 1);
        CHECK(verifier.check(frame, outputs.front()));
        ++verified;
    }
    return verified;
}

void check_random(std::uint64_t first_seed, int count) {
    int verified = 0;
    for (std::uint64_t seed = first_seed; seed < first_seed + static_cast<std::uint64_t>(count); ++seed) {
        util::Random random(seed);
        const graph::Graph graph = test::random_graph(random, {.whole_kinds = false});
        INFO("seed " << seed << "\n" << test::describe(graph));
        const std::vector<double> rates(2 + seed % 3, 1e6);
        verified +=
            verify_strategies(graph, test::bed(rates, {util::BytesPerSecond(1e7), util::Seconds(1e-4), {}}), random);
    }
    CHECK(verified > 5 * count);
}

void check_zoo(const std::string& name) {
    const graph::Graph graph = zoo_model(name);
    for (std::size_t devices = 2; devices <= 4; ++devices) {
        INFO(name << " on " << devices);
        util::Random random(devices);
        const cluster::Link link{util::from_mbit_per_s(940), util::from_milliseconds(0.1), {}};
        CHECK(verify_strategies(graph, test::bed(std::vector<double>(devices, 4e9), link), random) ==
              static_cast<int>(partition::strategies().size()));
    }
}

}  // namespace

TEST_CASE("partition: plans of random models on the engine give the whole model's outputs", "[partition]") {
    check_random(1, 12);
    check_random(1064, 1);  // auto in chunks along an axis that must not be cut
}

TEST_CASE("partition: plans of many random models on the engine", "[partition][long]") { check_random(1000, 300); }

TEST_CASE("partition: plans of lenet5 on the engine, for 2 to 4 devices", "[partition]") { check_zoo("lenet5"); }

TEST_CASE("partition: plans of resnet18 and mobilenet_v2 on the engine, for 2 to 4 devices", "[partition][long]") {
    for (const char* name : {"resnet18", "mobilenet_v2"}) check_zoo(name);
}
