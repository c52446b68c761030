#include "runtime/executor.hpp"

#include <catch2/catch.hpp>

#include "runtime/verify.hpp"
#include "support/in_process.hpp"
#include "support/random_graph.hpp"
#include "support/random_plan.hpp"

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

void run_random_plans(std::uint64_t first_seed, int count) {
    for (std::uint64_t seed = first_seed; seed < first_seed + static_cast<std::uint64_t>(count); ++seed) {
        util::Random random(seed);
        const graph::Graph graph = test::random_graph(random, {.whole_kinds = false});
        const plan::Plan plan = test::random_plan(graph, random, {.codecs = false});
        INFO("seed " << seed << "\n" << test::describe(graph) << test::describe(plan, graph));
        const plan::Compiled compiled(plan, graph);
        engine::Weights weights(graph);
        runtime::Verifier verifier(weights, plan, compiled);
        std::vector<std::vector<graph::Tensor>> frames;
        for (int i = 0; i < 4; ++i) frames.push_back(random_inputs(graph, random));
        test::InProcessCluster cluster(plan, compiled, weights, seed);
        const auto outputs = cluster.run(frames);
        REQUIRE(outputs.size() == frames.size());
        util::Bytes expected_bytes;
        for (std::size_t frame = 0; frame < frames.size(); ++frame) {
            REQUIRE(verifier.check(frames[frame], outputs[frame]));
            for (const plan::Message& message : compiled.messages(plan::route_of(plan, frame)))
                expected_bytes += message.payload;
        }
        REQUIRE(cluster.carried() == expected_bytes);
        for (std::size_t i = 0; i < plan.devices.size(); ++i) {
            const auto device = plan::DeviceId(i);
            REQUIRE(cluster.peak_bytes(device) + compiled.memory(device).weights <= compiled.memory(device).peak);
        }
    }
}

}  // namespace

TEST_CASE("runtime: random plans on the engine give the whole model's outputs", "[runtime]") {
    run_random_plans(1, 60);
}

TEST_CASE("runtime: thousands of random plans on the engine", "[runtime][long]") { run_random_plans(1000, 2000); }
