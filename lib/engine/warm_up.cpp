#include "engine/warm_up.hpp"

#include <algorithm>

#include "engine/shard.hpp"

namespace convoy::engine {
namespace {

graph::Operator made(const char* name, graph::Kind kind, graph::TensorId input, graph::TensorId output) {
    graph::Operator op;
    op.name = name;
    op.kind = kind;
    op.inputs = {input};
    op.outputs = {output};
    return op;
}

/// A convolution, a pool and a Gemm.
graph::Graph small_model() {
    graph::GraphBuilder builder;
    const graph::TensorId input = builder.add_tensor("input", {1, 8, 16, 16});
    const graph::TensorId maps = builder.add_tensor("maps", {1, 8, 16, 16});
    const graph::TensorId pooled = builder.add_tensor("pooled", {1, 8, 8, 8});
    const graph::TensorId output = builder.add_tensor("output", {1, 8});
    builder.add_input(input);
    graph::Operator convolution = made("convolution", graph::Kind::convolution, input, maps);
    convolution.window.kernel = {3, 3};
    convolution.window.pad_begin = convolution.window.pad_end = {1, 1};
    convolution.weights = builder.make_constant({8, 8, 3, 3}, std::vector<float>(576));
    convolution.tail.activation = graph::Activation::relu;
    builder.add_operator(std::move(convolution));
    graph::Operator pool = made("pool", graph::Kind::max_pool, maps, pooled);
    pool.window.kernel = pool.window.stride = {2, 2};
    builder.add_operator(std::move(pool));
    graph::Operator gemm = made("gemm", graph::Kind::gemm, pooled, output);
    gemm.weights = builder.make_constant({8, 512}, std::vector<float>(4096));
    builder.add_operator(std::move(gemm));
    builder.add_output(output);
    return builder.finish();
}

graph::Tensor tensor_of(const graph::Graph& graph, graph::TensorId id) {
    graph::Tensor tensor({graph.tensor(id).full});
    std::fill_n(tensor.floats(), graph.tensor(id).full.volume(), 0.0F);
    return tensor;
}

}  // namespace

void warm_up() {
    const graph::Graph graph = small_model();
    Weights weights(graph);
    Shard shard(weights, whole_model(graph));
    const graph::Tensor input = tensor_of(graph, graph.inputs()[0]);
    const graph::Tensor output = tensor_of(graph, graph.outputs()[0]);
    const std::vector<std::vector<graph::TensorView>> inputs{{input.view()}};
    const graph::TensorView into = output.view();
    shard.run(inputs, std::span(&into, 1));
}

}  // namespace convoy::engine
