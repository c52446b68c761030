#include <catch2/catch.hpp>
#include <cmath>

#include "engine/shard.hpp"
#include "graph/onnx.hpp"
#include "util/random.hpp"
#include "zoo/models.hpp"

using namespace convoy;

namespace {

graph::Graph read(const zoo::Model& model) {
    std::string bytes;
    model.write(1, [&](std::string_view part) { bytes += part; });
    return graph::read_onnx(util::FileView::from_bytes(std::move(bytes), "zoo.onnx"));
}

/// The whole model, with the output of every operator kept.
plan::Run every_output(const graph::Graph& graph) {
    plan::Run piece = engine::whole_model(graph);
    piece.outputs.clear();
    for (const graph::Operator& op : graph.operators()) {
        for (const graph::TensorId id : op.outputs) {
            piece.outputs.push_back({.tensor = id, .slab = graph::make_slab(graph.tensor(id).full)});
        }
    }
    return piece;
}

graph::Tensor normal_input(const graph::Graph& graph) {
    graph::Tensor input({graph.tensor(graph.inputs().front()).full});
    util::Random random(7);
    for (graph::Index i = 0; i < input.view().volume(); ++i) input.floats()[i] = static_cast<float>(random.normal());
    return input;
}

bool ends_in_relu(const graph::Operator& op) {
    using graph::Activation;
    return op.kind == graph::Kind::relu || op.kind == graph::Kind::clip || op.tail.activation == Activation::relu ||
           op.tail.activation == Activation::clip;
}

struct Spread {
    double deviation{};
    double non_zero{};  ///< ratio
    bool finite = true;
};

Spread spread_of(const graph::Tensor& tensor) {
    const auto count = static_cast<double>(tensor.view().volume());
    double sum = 0;
    double squares = 0;
    double non_zero = 0;
    Spread spread;
    for (graph::Index i = 0; i < tensor.view().volume(); ++i) {
        const double value = tensor.floats()[i];
        spread.finite = spread.finite && std::isfinite(value);
        sum += value;
        squares += value * value;
        non_zero += value != 0 ? 1 : 0;
    }
    spread.deviation = std::sqrt(squares / count - sum / count * (sum / count));
    spread.non_zero = non_zero / count;
    return spread;
}

void check_activations(const std::string& name) {
    const graph::Graph graph = read(zoo::model(name).build());
    const plan::Run piece = every_output(graph);
    // One: a thread sanitizer that misses the synchronisation inside TBB looks into each element that crosses threads.
    engine::set_threads(1);
    engine::Weights weights(graph);
    engine::Shard shard(weights, piece);
    const graph::Tensor input = normal_input(graph);
    std::vector<graph::Tensor> outputs;
    std::vector<graph::TensorView> views;
    for (const auto& output : piece.outputs) outputs.emplace_back(output.slab.boxes());
    for (const graph::Tensor& output : outputs) views.push_back(output.view());
    shard.run(std::vector<std::vector<graph::TensorView>>{{input.view()}}, views);

    REQUIRE(outputs.size() >= graph.operators().size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const graph::Operator& op = graph.op(*graph.producer(piece.outputs[i].tensor));
        const Spread spread = spread_of(outputs[i]);
        INFO(name << " " << op.name << ": deviation " << spread.deviation << ", non-zero " << spread.non_zero);
        CHECK(spread.finite);
        CHECK(spread.deviation >= 0.1);
        CHECK(spread.deviation <= 10);
        if (ends_in_relu(op)) CHECK(spread.non_zero >= 0.3);
    }
}

}  // namespace

TEST_CASE("zoo: activations stay alive through every layer", "[zoo]") {
    for (const std::string name : {"lenet5", "squeezenet1_1", "mobilenet_v2"}) check_activations(name);
}

TEST_CASE("zoo: activations stay alive through every layer of the large models", "[zoo][long]") {
    for (const std::string name : {"googlenet", "resnet18", "tiny_yolov2", "resnet50", "alexnet", "vgg11", "vgg16"})
        check_activations(name);
}
