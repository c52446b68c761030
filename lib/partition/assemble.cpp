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

std::vector<OperatorId> operators_of(OperatorRange range) {
    std::vector<OperatorId> operators;
    for (std::size_t op = range.begin; op < range.end; ++op) operators.push_back(operator_id(op));
    return operators;
}

plan::Stage bare_stage(OperatorRange range) {
    plan::Stage stage;
    stage.operators = operators_of(range);
    stage.last = stage.operators.back();
    return stage;
}

/// Whether somebody but these operators, ascending, wants a tensor.
bool leaves(const graph::Graph& graph, TensorId tensor, std::span<const OperatorId> operators) {
    const auto& readers = graph.readers(tensor);
    return graph.is_output(tensor) || std::any_of(readers.begin(), readers.end(), [&](OperatorId op) {
               return !std::binary_search(operators.begin(), operators.end(), op);
           });
}

/// What the last operator needs, to be computed whole, of what the operators read or make.
std::map<TensorId, graph::Slab> needed_of(const graph::Graph& graph, std::span<const OperatorId> operators) {
    const TensorId result = graph.op(operators.back()).outputs.front();
    std::map<TensorId, graph::Slab> asked{{result, graph::make_slab(graph.tensor(result).full)}};
    for (std::size_t at = operators.size(); at-- > 0;) {
        const OperatorId id = operators[at];
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
    return needed_of(graph, operators_of(range));
}

plan::Stage device_stage(const graph::Graph& graph, OperatorRange range, std::size_t device) {
    return device_stage(graph, operators_of(range), device);
}

plan::Stage device_stage(const graph::Graph& graph, std::span<const OperatorId> operators, std::size_t device) {
    plan::Stage stage;
    stage.operators.assign(operators.begin(), operators.end());
    stage.last = operators.back();
    const auto needed = needed_of(graph, operators);
    const TensorId result = graph.op(stage.last).outputs.front();
    stage.shares.push_back({device_id(device), {{graph.tensor(result).full, std::nullopt}}});
    for (const OperatorId op : operators) {
        for (const TensorId tensor : graph.op(op).outputs) {
            if (needed.count(tensor) > 0 || !leaves(graph, tensor, operators)) continue;
            stage.outputs[tensor][device_id(device)] = {graph.tensor(tensor).full};
        }
    }
    return stage;
}

plan::Stage hold_stage(const graph::Graph& graph, TensorId tensor, std::size_t device) {
    plan::Stage stage;
    stage.hold = tensor;
    stage.shares.push_back({device_id(device), {{graph.tensor(tensor).full, std::nullopt}}});
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
