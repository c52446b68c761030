#include "support/small_models.hpp"

#include <algorithm>

namespace convoy::test {
namespace {

using graph::Axis;
using graph::Index;
using graph::Kind;
using graph::TensorId;

/// A tensor by its name, or an operator's first output.
const graph::TensorInfo& extent(const graph::Graph& graph, const std::string& name) {
    if (const auto op = graph.find_operator(name)) return graph.tensor(graph.op(*op).outputs[0]);
    return graph.tensor(graph.find_tensor(name).value());
}

}  // namespace

TensorId Model::input(const std::string& name, std::vector<Index> dims) {
    const TensorId id = builder_.add_tensor(name, dims);
    dims_.push_back(std::move(dims));
    builder_.add_input(id);
    return id;
}

TensorId Model::put(graph::Operator op, std::vector<Index> dims) {
    const TensorId id = builder_.add_tensor(op.name + "_out", dims);
    dims_.push_back(std::move(dims));
    op.outputs = {id};
    builder_.add_operator(std::move(op));
    return id;
}

TensorId Model::conv(const std::string& name, TensorId from, Index channels, Index kernel, Index group,
                     const std::string& absorbed) {
    const std::vector<Index> in = dims_[index(from)];
    graph::Operator op;
    op.name = name;
    op.kind = Kind::convolution;
    op.onnx_type = "Conv";
    op.inputs = {from};
    op.group = group;
    op.window.kernel = {kernel, kernel};
    op.window.pad_begin = op.window.pad_end = {kernel / 2, kernel / 2};
    std::vector<float> weights(static_cast<std::size_t>(channels * in[1] / group * kernel * kernel));
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = 0.1F * static_cast<float>(i % 10 + 1);
    op.weights = builder_.make_constant({channels, in[1] / group, kernel, kernel}, weights);
    op.tail.bias = builder_.make_constant({channels}, std::vector<float>(static_cast<std::size_t>(channels), 0.3F));
    if (!absorbed.empty()) {
        op.absorbed = {absorbed};
        op.tail.activation = graph::Activation::relu;
    }
    return put(std::move(op), {in[0], channels, in[2], in[3]});
}

TensorId Model::relu(const std::string& name, TensorId from) {
    graph::Operator op;
    op.name = name;
    op.kind = Kind::relu;
    op.onnx_type = "Relu";
    op.inputs = {from};
    return put(std::move(op), dims_[index(from)]);
}

TensorId Model::add(const std::string& name, TensorId a, TensorId b) {
    graph::Operator op;
    op.name = name;
    op.kind = Kind::add;
    op.onnx_type = "Add";
    op.inputs = {a, b};
    return put(std::move(op), dims_[index(a)]);
}

TensorId Model::softmax(const std::string& name, TensorId from) {
    graph::Operator op;
    op.name = name;
    op.kind = Kind::softmax;
    op.onnx_type = "Softmax";
    op.inputs = {from};
    return put(std::move(op), dims_[index(from)]);
}

TensorId Model::gemm(const std::string& name, TensorId from, Index features) {
    const std::vector<Index> in = dims_[index(from)];
    Index inputs = 1;
    for (std::size_t i = 1; i < in.size(); ++i) inputs *= in[i];
    graph::Operator op;
    op.name = name;
    op.kind = Kind::gemm;
    op.onnx_type = "Gemm";
    op.inputs = {from};
    std::vector<float> weights(static_cast<std::size_t>(features * inputs));
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = 0.1F * static_cast<float>(i % 7 + 1);
    op.weights = builder_.make_constant({features, inputs}, weights);
    return put(std::move(op), {in[0], features});
}

graph::Graph Model::finish(std::vector<TensorId> outputs) {
    for (const TensorId id : outputs) builder_.add_output(id);
    builder_.set_source("model.onnx", std::string(64, '0'));
    return builder_.finish();
}

plan::Plan plan_of(std::vector<std::string> devices, std::vector<plan::Stage> stages) {
    plan::Plan plan;
    plan.devices = std::move(devices);
    plan.routes.push_back({1, std::move(stages)});
    return plan;
}

plan::Stage layers(const graph::Graph& graph, const std::vector<std::string>& names, std::vector<plan::Share> shares) {
    plan::Stage stage;
    for (const std::string& name : names) stage.operators.push_back(graph.find_operator(name).value());
    stage.last = stage.operators.back();
    std::sort(stage.operators.begin(), stage.operators.end());
    stage.shares = std::move(shares);
    return stage;
}

plan::Stage held(const graph::Graph& graph, const std::string& tensor, std::vector<plan::Share> shares) {
    plan::Stage stage;
    stage.hold = graph.find_tensor(tensor).value();
    stage.shares = std::move(shares);
    return stage;
}

plan::Share whole_on(std::uint32_t device, const graph::Graph& graph, const std::string& name) {
    return on(device, {{extent(graph, name).full, std::nullopt}});
}

plan::Piece part(const graph::Graph& graph, const std::string& name, Axis axis, Index begin, Index end) {
    graph::Box box = extent(graph, name).full;
    box[axis] = {begin, end};
    return {box, std::nullopt};
}

plan::Piece addend(const graph::Graph& graph, const std::string& name, Axis axis, Index begin, Index end) {
    graph::Box in = graph.tensor(graph.op(graph.find_operator(name).value()).inputs[0]).full;
    in[axis] = {begin, end};
    return {extent(graph, name).full, in};
}

plan::Share on(std::uint32_t device, std::vector<plan::Piece> pieces) {
    return {plan::DeviceId{device}, std::move(pieces)};
}

}  // namespace convoy::test
