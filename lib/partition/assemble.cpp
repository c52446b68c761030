#include "partition/assemble.hpp"

#include <algorithm>
#include <set>

#include "graph/calculus.hpp"

namespace convoy::partition::detail {

using graph::OperatorId;
using graph::TensorId;

namespace {

plan::DeviceId device_id(std::size_t device) { return plan::DeviceId{static_cast<std::uint32_t>(device)}; }
OperatorId operator_id(std::size_t op) { return OperatorId{static_cast<std::uint32_t>(op)}; }

plan::Stage bare_stage(OperatorRange range) {
    plan::Stage stage;
    for (std::size_t op = range.begin; op < range.end; ++op) stage.operators.push_back(operator_id(op));
    stage.last = stage.operators.back();
    return stage;
}

bool leaves(const graph::Graph& graph, TensorId tensor, OperatorRange range) {
    const auto& readers = graph.readers(tensor);
    return graph.is_output(tensor) ||
           std::any_of(readers.begin(), readers.end(), [&](OperatorId op) { return index(op) >= range.end; });
}

}  // namespace

plan::Plan empty_plan(const latency::Bed& bed) {
    plan::Plan plan;
    plan.devices = bed.cluster().names();
    plan.source = device_id(bed.cluster().source);
    plan.sink = device_id(bed.cluster().sink);
    plan.routes.emplace_back();
    return plan;
}

std::map<TensorId, graph::Slab> needed_for_last(const graph::Graph& graph, OperatorRange range) {
    const TensorId result = graph.operators()[range.end - 1].outputs.front();
    std::map<TensorId, graph::Slab> asked{{result, graph::make_slab(graph.tensor(result).full)}};
    for (std::size_t at = range.end; at-- > range.begin;) {
        const OperatorId id = operator_id(at);
        const graph::Operator& op = graph.op(id);
        std::vector<graph::Slab> outputs;
        bool wanted = false;
        for (std::size_t output = 0; output < op.outputs.size(); ++output) {
            const auto found = asked.find(op.outputs[output]);
            outputs.push_back(found == asked.end() ? graph::Slab{} : computed(graph, id, output, found->second));
            wanted = wanted || found != asked.end();
        }
        for (std::size_t input = 0; wanted && input < op.inputs.size(); ++input) {
            const graph::Slab needed = graph::needed(graph, id, input, outputs);
            if (needed.empty()) continue;
            const auto [entry, added] = asked.emplace(op.inputs[input], needed);
            if (!added) entry->second = join(entry->second, needed);
        }
    }
    return asked;
}

plan::Stage device_stage(const graph::Graph& graph, OperatorRange range, std::size_t device) {
    plan::Stage stage = bare_stage(range);
    const auto needed = needed_for_last(graph, range);
    const TensorId result = graph.op(stage.last).outputs.front();
    stage.shares.push_back({device_id(device), {{graph.tensor(result).full, std::nullopt}}});
    for (std::size_t op = range.begin; op < range.end; ++op) {
        for (const TensorId tensor : graph.op(operator_id(op)).outputs) {
            if (needed.count(tensor) > 0 || !leaves(graph, tensor, range)) continue;
            stage.outputs[tensor][device_id(device)] = {graph.tensor(tensor).full};
        }
    }
    return stage;
}

plan::Stage tiled_stage(const graph::Graph& graph, OperatorRange range, const Tiling& tiling) {
    plan::Stage stage = bare_stage(range);
    graph::Box box = graph.tensor(graph.op(stage.last).outputs.front()).full;
    std::map<std::size_t, std::vector<plan::Piece>> pieces;
    for (const auto& [device, tile] : tiling) {
        box[graph::Axis::h] = tile.h;
        box[graph::Axis::w] = tile.w;
        pieces[device].push_back({box, std::nullopt});
    }
    for (auto& [device, list] : pieces) stage.shares.push_back({device_id(device), std::move(list)});
    return stage;
}

namespace {

void rename_devices(plan::Stage& stage, const std::vector<plan::DeviceId>& number) {
    for (plan::Share& share : stage.shares) share.device = number[index(share.device)];
    for (auto& [tensor, boxes] : stage.outputs) {
        std::map<plan::DeviceId, std::vector<graph::Box>> renamed;
        for (const auto& [device, list] : boxes) renamed[number[index(device)]] = list;
        boxes = std::move(renamed);
    }
}

}  // namespace

plan::Plan without_idle_devices(const plan::Plan& plan) {
    std::vector<bool> used(plan.devices.size(), false);
    used[index(plan.source)] = used[index(plan.sink)] = true;
    for (const plan::Route& route : plan.routes)
        for (const plan::Stage& stage : route.stages)
            for (const plan::Share& share : stage.shares) used[index(share.device)] = true;
    plan::Plan result = plan;
    result.devices.clear();
    std::vector<plan::DeviceId> number(plan.devices.size());
    for (std::size_t device = 0; device < used.size(); ++device) {
        if (!used[device]) continue;
        number[device] = device_id(result.devices.size());
        result.devices.push_back(plan.devices[device]);
    }
    result.source = number[index(plan.source)];
    result.sink = number[index(plan.sink)];
    for (plan::Route& route : result.routes) {
        for (plan::Stage& stage : route.stages) rename_devices(stage, number);
    }
    return result;
}

std::size_t computing_devices(const plan::Plan& plan) {
    std::set<plan::DeviceId> devices;
    for (const plan::Stage& stage : plan.routes.front().stages) {
        for (const plan::Share& share : stage.shares) devices.insert(share.device);
    }
    return devices.size();
}

}  // namespace convoy::partition::detail
