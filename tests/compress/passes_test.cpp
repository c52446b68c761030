#include "compress/passes.hpp"

#include <catch2/catch.hpp>

#include "compress/candidates.hpp"
#include "compress/compress.hpp"
#include "graph/onnx_write.hpp"
#include "nets.hpp"

using namespace convoy;
using graph::Graph;

TEST_CASE("compress: passes that begin where the last one ended give what passes from the inputs give", "[compress]") {
    for (const Graph& graph : {test::chain_net(1), test::residual_net(2), test::concat_net(3)}) {
        const compress::Frames random = test::random_frames(graph, 1, 5);
        std::size_t loads = 0;
        const compress::Frames frames{random.count, [&](std::size_t frame) {
                                          ++loads;
                                          return random.load(frame);
                                      }};
        const compress::Sampling sampling{.rows = 100};
        compress::detail::Passes passes(frames, sampling, {});
        std::vector<graph::TensorId> ends;
        std::vector<std::string> layers;
        for (const graph::Operator& op : graph.operators()) {
            if (!op.weights) continue;
            layers.push_back(op.name);
            ends.push_back(op.inputs.front());
        }
        for (std::size_t i = 0; i < layers.size(); ++i) {
            INFO(layers[i]);
            const auto kept = passes.sample(graph, {.layers = {layers[i]}}, {graph.tensor(ends[i]).name});
            const auto anew = compress::sample(graph, {.layers = {layers[i]}}, random, sampling);
            CHECK(kept.responses.at(layers[i]).values == anew.responses.at(layers[i]).values);
            passes.forget_all_but(graph, {ends.begin() + static_cast<std::ptrdiff_t>(i) + 1, ends.end()});
        }
        CHECK(loads < layers.size() * random.count);
    }
}

TEST_CASE("compress: a build does not depend on the builds before it", "[compress]") {
    const Graph graph = test::residual_net(1);
    const compress::Frames frames = test::random_frames(graph, 1, 20);
    const compress::Compressor used(graph, frames);
    const compress::Recipe pruned{.prunings = {{"stem", 9}}, .factorisations = {{"b2", 3}}};
    const compress::Recipe narrow{.factorisations = {{"b2", 5}, {"a2", 3}}, .bottlenecks = {{"sum1_out", 4}}};
    for (const bool asymmetric : {false, true}) {
        for (const compress::Recipe& recipe : {pruned, narrow}) {
            const compress::BuildOptions options{.asymmetric = asymmetric};
            const compress::Compressor fresh(graph, frames);
            CHECK(graph::onnx_bytes(used.build(recipe, options)) == graph::onnx_bytes(fresh.build(recipe, options)));
        }
    }
}
