#include "partition/channels.hpp"

#include <algorithm>

#include "graph/calculus.hpp"

namespace convoy::partition::detail {

using graph::Axis;
using graph::Index;
using graph::Interval;
using graph::OperatorId;
using graph::TensorId;

namespace {

plan::DeviceId device_id(std::size_t device) { return plan::DeviceId{static_cast<std::uint32_t>(device)}; }
OperatorId operator_id(std::size_t op) { return OperatorId{static_cast<std::uint32_t>(op)}; }

bool cuts_channels(const graph::Graph& graph, OperatorId id) {
    const graph::Operator& op = graph.op(id);
    if (op.outputs.size() != 1 || op.inputs.empty()) return false;
    const graph::TensorInfo& output = graph.tensor(op.outputs.front());
    return !output.whole_only && output.full[Axis::c].size() > 1 &&
           graph::cuts(graph, id).output[static_cast<std::size_t>(Axis::c)];
}

graph::Box channels_of(const graph::Graph& graph, TensorId tensor, const Interval& channels) {
    graph::Box box = graph.tensor(tensor).full;
    box[Axis::c] = channels;
    return box;
}

plan::Stage stage_of(OperatorRange range) {
    plan::Stage stage;
    for (std::size_t op = range.begin; op < range.end; ++op) stage.operators.push_back(operator_id(op));
    stage.last = stage.operators.back();
    return stage;
}

/// One piece for each device that has channels, devices ascending.
void add_pieces(plan::Stage& stage, const ChannelShares& shares, const auto& piece_of) {
    for (std::size_t i = 0; i < shares.devices.size(); ++i) {
        if (shares.channels[i].empty()) continue;
        stage.shares.push_back({device_id(shares.devices[i]), {piece_of(shares.channels[i])}});
    }
    std::sort(stage.shares.begin(), stage.shares.end(),
              [](const plan::Share& a, const plan::Share& b) { return a.device < b.device; });
}

}  // namespace

bool is_channelwise(const graph::Graph& graph, OperatorId id) {
    if (!cuts_channels(graph, id)) return false;
    const graph::Operator& op = graph.op(id);
    const Index channels = output_channels(graph, id);
    bool any = false;
    const auto reads_the_same = [&](const Interval& part) {
        const std::vector<graph::Slab> outputs{graph::make_slab(channels_of(graph, op.outputs.front(), part))};
        for (std::size_t input = 0; input < op.inputs.size(); ++input) {
            const graph::TensorInfo& tensor = graph.tensor(op.inputs[input]);
            const bool follows = !tensor.whole_only && tensor.full[Axis::c].size() == channels;
            any = any || follows;
            if (tensor.whole_only || (!follows && tensor.full[Axis::c].size() > 1)) return false;
            if (follows && graph::needed(graph, id, input, outputs).c != std::vector{part}) return false;
        }
        return any;
    };
    // A channel shuffle may keep the first and the last one in their places.
    return reads_the_same({0, 1}) && reads_the_same({channels / 2, channels}) && reads_the_same({0, channels / 2 + 1});
}

bool has_filters(const graph::Graph& graph, OperatorId id) {
    return graph.op(id).weights.has_value() && cuts_channels(graph, id) && !is_channelwise(graph, id);
}

Index channel_granule(const graph::Graph& graph, OperatorId id, std::size_t devices) {
    const Index groups = graph.op(id).group;
    return groups > 1 && groups >= static_cast<Index>(devices) ? output_channels(graph, id) / groups : 1;
}

Index output_channels(const graph::Graph& graph, OperatorId id) {
    return graph.tensor(graph.op(id).outputs.front()).full[Axis::c].size();
}

graph::Work channel_work(const graph::Graph& graph, OperatorId id, const Interval& channels) {
    const graph::Slab asked = graph::make_slab(channels_of(graph, graph.op(id).outputs.front(), channels));
    return {id, {graph::computed(graph, id, 0, asked)}, std::nullopt};
}

graph::Work addend_work(const graph::Graph& graph, OperatorId id, const Interval& summed) {
    const graph::Operator& op = graph.op(id);
    return {
        id, {graph::make_slab(graph.tensor(op.outputs.front()).full)}, channels_of(graph, op.inputs.front(), summed)};
}

plan::Stage channel_stage(const graph::Graph& graph, OperatorRange range, const ChannelShares& shares) {
    plan::Stage stage = stage_of(range);
    const TensorId output = graph.op(stage.last).outputs.front();
    add_pieces(stage, shares, [&](const Interval& channels) {
        return plan::Piece{channels_of(graph, output, channels), std::nullopt};
    });
    return stage;
}

plan::Stage addend_stage(const graph::Graph& graph, OperatorRange range, const ChannelShares& shares) {
    plan::Stage stage = stage_of(range);
    const graph::Operator& last = graph.op(stage.last);
    add_pieces(stage, shares, [&](const Interval& channels) {
        return plan::Piece{graph.tensor(last.outputs.front()).full, channels_of(graph, last.inputs.front(), channels)};
    });
    return stage;
}

plan::Stage replicated_stage(const graph::Graph& graph, OperatorRange range, const std::vector<std::size_t>& devices) {
    plan::Stage stage = device_stage(graph, range, devices.front());
    const plan::Share first = stage.shares.front();
    for (std::size_t i = 1; i < devices.size(); ++i) {
        stage.shares.push_back({device_id(devices[i]), first.pieces});
        for (auto& [tensor, boxes] : stage.outputs) boxes[device_id(devices[i])] = boxes.at(first.device);
    }
    std::sort(stage.shares.begin(), stage.shares.end(),
              [](const plan::Share& a, const plan::Share& b) { return a.device < b.device; });
    return stage;
}

plan::Stage hold_on(const graph::Graph& graph, TensorId tensor, const std::vector<std::size_t>& devices) {
    ChannelShares whole{devices, {}};
    whole.channels.assign(devices.size(), graph.tensor(tensor).full[Axis::c]);
    return hold_channels(graph, tensor, whole);
}

plan::Stage hold_channels(const graph::Graph& graph, TensorId tensor, const ChannelShares& shares) {
    plan::Stage stage;
    stage.hold = tensor;
    add_pieces(stage, shares, [&](const Interval& channels) {
        return plan::Piece{channels_of(graph, tensor, channels), std::nullopt};
    });
    return stage;
}

}  // namespace convoy::partition::detail
