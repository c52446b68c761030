#include "partition/codecs.hpp"

#include <algorithm>

namespace convoy::partition::detail {

using graph::TensorId;
using wire::Codec;

namespace {

bool leaves(const graph::Graph& graph, TensorId tensor, const plan::Stage& stage) {
    const auto& readers = graph.readers(tensor);
    return graph.is_output(tensor) || std::any_of(readers.begin(), readers.end(), [&](graph::OperatorId op) {
               return !std::binary_search(stage.operators.begin(), stage.operators.end(), op);
           });
}

/// The layouts that a stage makes.
std::vector<TensorId> made_by(const graph::Graph& graph, const plan::Stage& stage) {
    if (stage.hold) return {*stage.hold};
    std::vector<TensorId> made;
    for (const graph::OperatorId op : stage.operators) {
        for (const TensorId tensor : graph.op(op).outputs) {
            if (leaves(graph, tensor, stage)) made.push_back(tensor);
        }
    }
    return made;
}

bool holds_addends(const plan::Stage& stage) {
    return std::any_of(stage.shares.begin(), stage.shares.end(), [](const plan::Share& share) {
        return std::any_of(share.pieces.begin(), share.pieces.end(),
                           [](const plan::Piece& piece) { return piece.in.has_value(); });
    });
}

}  // namespace

Codec codec_for(const graph::TensorInfo& tensor, bool addends, double budget) {
    if (tensor.type != graph::ElementType::float32) return Codec::fp32;
    if (!addends && wire::error_bound(Codec::int8) <= budget) return Codec::int8;
    return wire::error_bound(Codec::fp16) <= budget ? Codec::fp16 : Codec::fp32;
}

double shortest_coding(double budget) {
    if (wire::error_bound(Codec::int8) <= budget) return 0.25;
    return wire::error_bound(Codec::fp16) <= budget ? 0.5 : 1;
}

plan::Plan with_codecs(const graph::Graph& graph, plan::Plan plan, double budget) {
    if (wire::error_bound(Codec::fp16) > budget) return plan;
    for (const TensorId input : graph.inputs()) plan.wire[input] = codec_for(graph.tensor(input), false, budget);
    for (plan::Route& route : plan.routes) {
        for (plan::Stage& stage : route.stages) {
            const bool addends = holds_addends(stage);
            for (const TensorId tensor : made_by(graph, stage)) {
                const bool sums = addends && tensor == graph.op(stage.last).outputs.front();
                stage.wire[tensor] = codec_for(graph.tensor(tensor), sums, budget);
            }
        }
    }
    return plan;
}

}  // namespace convoy::partition::detail
