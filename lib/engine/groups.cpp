#include "engine/groups.hpp"

#include <algorithm>

namespace convoy::engine {

using graph::Index;
using graph::Interval;

namespace {

Index row_count(const GroupPart& part) {
    Index sum = 0;
    for (const Interval& interval : part.rows) sum += interval.size();
    return sum;
}

}  // namespace

std::vector<GroupPart> group_parts(const graph::Graph& graph, const graph::Work& work) {
    const graph::Operator& op = graph.op(work.op);
    const Index size = op.weights->dims[0] / op.group;
    std::vector<GroupPart> parts;
    Index last = -1;
    for (const Interval& interval : work.outputs[0].c) {
        for (Index group = interval.begin / size; group * size < interval.end; ++group) {
            const Interval rows = intersection(interval, Interval{group * size, (group + 1) * size});
            if (group != last) parts.push_back({{}, group_inputs(graph, work.op, group, work.in)});
            parts.back().rows.push_back(rows);
            last = group;
        }
    }
    return parts;
}

bool alike(const std::vector<GroupPart>& parts) {
    return std::ranges::all_of(parts, [&](const GroupPart& part) {
        return row_count(part) == row_count(parts[0]) && part.inputs.size() == parts[0].inputs.size();
    });
}

std::vector<Interval> outputs_of(const std::vector<GroupPart>& parts) {
    std::vector<Interval> outputs;
    for (const GroupPart& part : parts) outputs.insert(outputs.end(), part.rows.begin(), part.rows.end());
    return graph::normalized(std::move(outputs));
}

std::vector<Interval> inputs_of(const std::vector<GroupPart>& parts) {
    std::vector<Interval> inputs;
    for (const GroupPart& part : parts) inputs.push_back(part.inputs);
    return graph::normalized(std::move(inputs));
}

}  // namespace convoy::engine
