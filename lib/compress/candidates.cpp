#include "compress/candidates.hpp"

#include <algorithm>
#include <set>

#include "graph/calculus.hpp"

namespace convoy::compress {

using graph::Axis;
using graph::Index;
using graph::Kind;
using graph::Operator;
using graph::OperatorId;
using graph::TensorId;

namespace {

std::int64_t parameters_of(const Operator& op) {
    std::int64_t count = op.weights ? op.weights->elements() : 0;
    if (op.tail.bias) count += op.tail.bias->elements();
    count += static_cast<std::int64_t>(op.tail.scale.size() + op.tail.shift.size());
    for (const auto& constant : op.constant_inputs) {
        if (constant && constant->type == graph::ElementType::float32) count += constant->elements();
    }
    return count;
}

bool is_factorisable(const Operator& op) {
    const bool kind = op.kind == Kind::gemm || (op.kind == Kind::convolution && op.group == 1);
    return kind && op.weights && op.weights->dims[0] > 1;
}

/// Operators that some graph output needs.
std::vector<bool> needed_operators(const graph::Graph& graph) {
    std::vector<bool> needed(graph.operators().size(), false);
    std::vector<TensorId> open = graph.outputs();
    while (!open.empty()) {
        const auto producer = graph.producer(open.back());
        open.pop_back();
        if (!producer || needed[index(*producer)]) continue;
        needed[index(*producer)] = true;
        const Operator& op = graph.op(*producer);
        open.insert(open.end(), op.inputs.begin(), op.inputs.end());
    }
    return needed;
}

/// How often each tensor is still to be read, outputs counted once more.
std::vector<std::size_t> reads_of(const graph::Graph& graph, const std::vector<bool>& needed) {
    std::vector<std::size_t> reads(graph.tensors().size(), 0);
    for (std::size_t i = 0; i < needed.size(); ++i) {
        if (!needed[i]) continue;
        for (const TensorId input : graph.operators()[i].inputs) ++reads[index(input)];
    }
    for (const TensorId output : graph.outputs()) ++reads[index(output)];
    return reads;
}

}  // namespace

Size size_of(const graph::Graph& graph) {
    Size size;
    for (std::size_t i = 0; i < graph.operators().size(); ++i) {
        size.flops += graph::flops(graph, graph::whole_work(graph, OperatorId(i)));
        size.parameters += parameters_of(graph.operators()[i]);
    }
    return size;
}

Size Layer::size() const noexcept {
    return {util::Flops(2.0 * static_cast<double>(outputs * terms) * static_cast<double>(positions)),
            outputs * terms + outputs};
}

Size Layer::size_at(Index rank) const noexcept {
    return {util::Flops(2.0 * static_cast<double>(rank * (terms + outputs)) * static_cast<double>(positions)),
            rank * (terms + outputs) + rank + outputs};
}

Index Layer::largest_useful_rank() const noexcept {
    return std::min(full_rank(), (outputs * terms - 1) / (terms + outputs));
}

std::vector<Layer> factorisable(const graph::Graph& graph) {
    std::vector<Layer> layers;
    for (const Operator& op : graph.operators()) {
        if (!is_factorisable(op)) continue;
        const graph::TensorInfo& output = graph.tensor(op.outputs[0]);
        const Index outputs = op.weights->dims[0];
        layers.push_back(
            {op.name, output.name, outputs, op.weights->elements() / outputs, output.full.volume() / outputs});
    }
    return layers;
}

std::vector<std::string> single_cuts(const graph::Graph& graph) {
    const std::vector<bool> needed = needed_operators(graph);
    std::vector<std::size_t> reads = reads_of(graph, needed);
    std::set<TensorId> live;
    for (const TensorId input : graph.inputs()) {
        if (reads[index(input)] > 0) live.insert(input);
    }
    std::vector<std::string> cuts;
    for (std::size_t i = 0; i < needed.size(); ++i) {
        if (!needed[i]) continue;
        const Operator& op = graph.operators()[i];
        for (const TensorId input : op.inputs) {
            if (--reads[index(input)] == 0) live.erase(input);
        }
        for (const TensorId output : op.outputs) {
            if (reads[index(output)] > 0) live.insert(output);
        }
        if (live.size() != 1 || graph.is_output(*live.begin())) continue;
        const graph::TensorInfo& tensor = graph.tensor(*live.begin());
        const bool cuttable = !tensor.whole_only && tensor.type == graph::ElementType::float32 && tensor.dims[1] > 1;
        if (cuttable && graph.producer(*live.begin()) == OperatorId(i)) cuts.push_back(tensor.name);
    }
    return cuts;
}

}  // namespace convoy::compress
