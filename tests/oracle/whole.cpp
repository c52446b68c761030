#include "whole.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "util/error.hpp"

namespace convoy::test {

float formula(std::uint32_t seed, std::uint32_t i) {
    std::uint32_t mixed = i * 0x9e3779b1U + seed * 0x85ebca77U;
    mixed = (mixed ^ mixed >> 16) * 0x85ebca6bU;
    mixed = (mixed ^ mixed >> 13) * 0xc2b2ae35U;
    mixed ^= mixed >> 16;
    return static_cast<float>(mixed >> 8) * 0x1p-22F - 2;
}

std::vector<graph::Tensor> formula_inputs(const graph::Graph& graph, std::uint32_t seed) {
    std::vector<graph::Tensor> inputs;
    for (const graph::TensorId id : graph.inputs()) {
        const graph::TensorInfo& info = graph.tensor(id);
        if (info.type != graph::ElementType::float32)
            throw util::Error(util::Errc::impossible, fmt::format("input '{}' is not float32", info.name));
        graph::Tensor& input = inputs.emplace_back(std::vector{info.full}, info.element_bytes);
        const auto count = static_cast<std::uint32_t>(info.bytes().value / static_cast<graph::Index>(sizeof(float)));
        for (std::uint32_t i = 0; i < count; ++i) input.floats()[i] = formula(seed, i);
        ++seed;
    }
    return inputs;
}

std::vector<graph::Tensor> run_whole(const graph::Graph& graph, const plan::Run& piece, engine::Shard& shard,
                                     const std::vector<graph::Tensor>& inputs) {
    std::vector<std::vector<graph::TensorView>> in;
    for (const auto& input : piece.inputs) {
        const auto place = std::ranges::find(graph.inputs(), input.tensor) - graph.inputs().begin();
        in.push_back({inputs.at(static_cast<std::size_t>(place)).view()});
    }
    std::vector<graph::Tensor> outputs;
    std::vector<graph::TensorView> out;
    for (const auto& output : piece.outputs)
        outputs.emplace_back(output.slab.boxes(), graph.tensor(output.tensor).element_bytes);
    for (const graph::Tensor& output : outputs) out.push_back(output.view());
    shard.run(in, out);
    return outputs;
}

std::vector<graph::Tensor> run_whole(const graph::Graph& graph, const std::vector<graph::Tensor>& inputs) {
    engine::Weights weights(graph);
    const plan::Run piece = engine::whole_model(graph);
    engine::Shard shard(weights, piece);
    return run_whole(graph, piece, shard, inputs);
}

}  // namespace convoy::test
