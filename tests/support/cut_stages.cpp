#include "support/cut_stages.hpp"

#include <algorithm>

namespace convoy::test {

using graph::Axis;
using graph::Graph;
using graph::Index;
using graph::Interval;
using graph::OperatorId;
using plan::Stage;

bool cuts_output(const Graph& graph, OperatorId op, Axis axis) {
    return graph::cuts(graph, op).output.at(static_cast<std::size_t>(axis)) &&
           graph.tensor(graph.op(op).outputs[0]).full[axis].size() > 1;
}

bool cuts_sum(const Graph& graph, OperatorId op, Axis axis) {
    if (!graph::cuts(graph, op).contraction.at(static_cast<std::size_t>(axis))) return false;
    graph::Box one = graph.tensor(graph.op(op).outputs[0]).full;
    one[Axis::c] = {0, 1};
    return graph::summed_domain(graph, op, one)[axis].size() > 1;
}

std::vector<Interval> uneven_parts(Index extent, std::size_t parts) {
    const Index count = std::min(extent, static_cast<Index>(parts));
    const Index rest = extent - count;
    const auto border = [&](Index k) { return k + rest * k * (k + 1) / (count * (count + 1)); };
    std::vector<Interval> intervals;
    for (Index k = 0; k < count; ++k) intervals.push_back({border(k), border(k + 1)});
    return intervals;
}

Stage operator_stage(OperatorId op, const Placed& pieces) {
    Stage stage;
    stage.operators = {op};
    stage.last = op;
    for (const auto& [device, piece] : pieces) {
        const plan::DeviceId id{static_cast<std::uint32_t>(device)};
        auto at = std::ranges::lower_bound(stage.shares, id, {}, &plan::Share::device);
        if (at == stage.shares.end() || at->device != id) at = stage.shares.insert(at, {id, {}});
        at->pieces.push_back(piece);
    }
    return stage;
}

Stage operator_on(const Graph& graph, OperatorId op, std::size_t device) {
    return operator_stage(op, {{device, {graph.tensor(graph.op(op).outputs[0]).full, std::nullopt}}});
}

}  // namespace convoy::test
