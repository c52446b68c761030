#include "runtime/verify.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "graph/calculus.hpp"
#include "runtime/compare.hpp"
#include "wire/codec.hpp"

namespace convoy::runtime {

using graph::Tensor;
using graph::TensorId;
using graph::TensorView;

namespace {

constexpr double kExactCutBound = 1e-5;
constexpr double kContractionBound = 1e-4;
constexpr double kCodecAmplification = 8;

/// A copy of `tensor`'s part in `slab`, packed as a piece's buffer.
Tensor part_of(const Tensor& tensor, const graph::Slab& slab, graph::Index element_bytes) {
    Tensor part(slab.boxes(), element_bytes);
    graph::copy(tensor.view(), part.view());
    return part;
}

bool ends_in_sigmoid(const graph::Graph& graph, TensorId output) {
    const std::optional<graph::OperatorId> producer = graph.producer(output);
    if (!producer) return false;
    const graph::Operator& op = graph.op(*producer);
    return op.kind == graph::Kind::sigmoid || op.tail.activation == graph::Activation::sigmoid;
}

}  // namespace

double promised_bound(const plan::Plan& plan, const plan::Compiled& compiled) {
    double bound = kExactCutBound;
    for (const plan::Route& route : plan.routes)
        for (const plan::Stage& stage : route.stages)
            for (const plan::Share& share : stage.shares)
                for (const plan::Piece& piece : share.pieces)
                    if (piece.in) bound = std::max(bound, kContractionBound);
    for (std::size_t route = 0; route < compiled.routes(); ++route)
        for (const plan::Message& message : compiled.messages(route))
            // uint8 is for images, whose whole numbers it keeps.
            if (message.codec != wire::Codec::uint8)
                bound = std::max(bound, kCodecAmplification * wire::error_bound(message.codec));
    return bound;
}

Verifier::Verifier(engine::Weights& weights, const plan::Plan& plan, const plan::Compiled& compiled)
    : weights_(weights), plan_(plan), compiled_(compiled) {
    summary_.bound = promised_bound(plan, compiled);
    const graph::Graph& graph = weights.graph();
    wanted_ = graph.outputs();
    for (const TensorId output : graph.outputs()) {
        const std::optional<graph::OperatorId> producer = graph.producer(output);
        if (!producer || graph.op(*producer).kind != graph::Kind::softmax) continue;
        const TensorId logits = graph.op(*producer).inputs.front();
        if (!graph.producer(logits)) continue;
        logits_[output] = wanted_.size();
        wanted_.push_back(logits);
    }
    whole_.emplace(weights, whole_with(wanted_));
}

bool Verifier::check(std::span<const Tensor> inputs, std::span<const Tensor> outputs) {
    const std::vector<Tensor> expected = run(*whole_, inputs, wanted_);
    const std::size_t count = weights_.graph().outputs().size();
    bool equal = outputs.size() == count;
    double error = equal ? 0 : INFINITY;
    for (std::size_t i = 0; i < std::min(count, outputs.size()); ++i) {
        if (equal_bytes(outputs[i], expected[i])) continue;
        equal = false;
        error = std::max(error, error_of(i, outputs[i], expected));
    }
    ++summary_.frames;
    summary_.largest_error = std::max(summary_.largest_error, error);
    if (!equal && bit_equal_) suspicious_inputs_.assign(inputs.begin(), inputs.end());
    bit_equal_ = bit_equal_ && equal;
    const bool within = error <= summary_.bound;
    if (!within) ++summary_.mismatches;
    return within;
}

double Verifier::error_of(std::size_t output, const Tensor& actual, std::span<const Tensor> expected) const {
    const graph::Graph& graph = weights_.graph();
    const TensorId id = graph.outputs()[output];
    if (graph.tensor(id).type != graph::ElementType::float32) return INFINITY;
    const auto logits = logits_.find(id);
    if (logits == logits_.end()) {
        const bool sigmoid = ends_in_sigmoid(graph, id);
        return sigmoid ? relative_error_before_sigmoid(actual, expected[output])
                       : relative_error(actual, expected[output]);
    }
    return relative_error_of_logits(actual, expected[logits->second], graph.op(*graph.producer(id)).axis);
}

samples::VerifySummary Verifier::summary() {
    summary_.outcome = summary_.mismatches > 0 ? "mismatch" : bit_equal_ ? "bit for bit" : "within bound";
    if (!bit_equal_ && summary_.inexact.empty()) find_inexact();
    return summary_;
}

plan::Run Verifier::whole_with(std::span<const TensorId> wanted) const {
    const graph::Graph& graph = weights_.graph();
    plan::Run every = engine::whole_model(graph);
    every.outputs.clear();
    for (const TensorId id : wanted) every.outputs.push_back({id, make_slab(graph.tensor(id).full), {}});
    return every;
}

std::vector<Tensor> Verifier::run(engine::Shard& shard, std::span<const Tensor> inputs,
                                  std::span<const TensorId> wanted) const {
    std::vector<std::vector<TensorView>> input_views;
    for (const Tensor& input : inputs) input_views.push_back({input.view()});
    std::vector<Tensor> outputs;
    std::vector<TensorView> output_views;
    outputs.reserve(wanted.size());  // views point at the tensors' boxes
    for (const TensorId id : wanted) {
        const graph::TensorInfo& info = weights_.graph().tensor(id);
        outputs.emplace_back(make_slab(info.full).boxes(), info.element_bytes);
        output_views.push_back(outputs.back().view());
    }
    shard.run(input_views, output_views);
    return outputs;
}

/// Runs every operator of every piece alone on the whole model's own inner tensors.
void Verifier::find_inexact() {
    const graph::Graph& graph = weights_.graph();
    std::vector<TensorId> inner;
    for (std::size_t i = 0; i < graph.tensors().size(); ++i)
        if (graph.producer(TensorId(i))) inner.push_back(TensorId(i));
    engine::Shard with_inner(weights_, whole_with(inner));
    const std::vector<Tensor> computed = run(with_inner, suspicious_inputs_, inner);
    std::vector<Tensor> every(graph.tensors().size());
    for (std::size_t i = 0; i < graph.inputs().size(); ++i) every[index(graph.inputs()[i])] = suspicious_inputs_[i];
    for (std::size_t i = 0; i < inner.size(); ++i) every[index(inner[i])] = computed[i];

    std::set<graph::OperatorId> inexact;
    for (std::size_t route = 0; route < compiled_.routes(); ++route)
        for (std::size_t device = 0; device < plan_.devices.size(); ++device)
            for (const plan::Step& step : compiled_.program(route, plan::DeviceId(device)).steps)
                if (const auto* run = std::get_if<plan::Run>(&step))
                    for (const graph::Work& work : run->works)
                        if (!inexact.contains(work.op) && (work.in || !piece_is_exact(work, every)))
                            inexact.insert(work.op);
    for (const graph::OperatorId op : inexact) summary_.inexact.push_back(graph.op(op).name);
}

bool Verifier::piece_is_exact(const graph::Work& work, std::span<const Tensor> every) {
    const graph::Graph& graph = weights_.graph();
    const graph::Operator& op = graph.op(work.op);
    plan::Run run;
    run.works = {work};
    std::vector<std::vector<TensorView>> inputs;
    std::set<TensorId> seen;
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
        if (!seen.insert(op.inputs[i]).second) continue;
        graph::Slab slab = graph::needed(graph, work.op, i, work.outputs);
        for (std::size_t k = i + 1; k < op.inputs.size(); ++k)
            if (op.inputs[k] == op.inputs[i]) slab = join(slab, graph::needed(graph, work.op, k, work.outputs));
        if (slab.empty()) continue;
        run.inputs.push_back({op.inputs[i], slab, {}});
        inputs.push_back({every[index(op.inputs[i])].view()});
    }
    std::vector<Tensor> outputs;
    std::vector<TensorView> output_views;
    outputs.reserve(work.outputs.size());
    for (std::size_t i = 0; i < work.outputs.size(); ++i) {
        if (work.outputs[i].empty()) continue;
        run.outputs.push_back({op.outputs[i], work.outputs[i], {}});
        outputs.emplace_back(work.outputs[i].boxes(), graph.tensor(op.outputs[i]).element_bytes);
        output_views.push_back(outputs.back().view());
    }
    engine::Shard(weights_, run).run(inputs, output_views);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const plan::Run::Output& output = run.outputs[i];
        const Tensor expected =
            part_of(every[index(output.tensor)], output.slab, graph.tensor(output.tensor).element_bytes);
        if (!equal_bytes(outputs[i], expected)) return false;
    }
    return true;
}

}  // namespace convoy::runtime
