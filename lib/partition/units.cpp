#include "partition/units.hpp"

#include <algorithm>

#include "graph/calculus.hpp"

namespace convoy::partition::detail {

using graph::Axis;
using graph::OperatorId;
using graph::TensorId;

namespace {

Axes operator_axes(const graph::Graph& graph, std::size_t op) {
    const OperatorId id{static_cast<std::uint32_t>(op)};
    if (graph.op(id).outputs.size() != 1) return {};
    const graph::TensorInfo& output = graph.tensor(graph.op(id).outputs.front());
    if (output.whole_only) return {};
    const graph::Cuts cuts = graph::cuts(graph, id);
    const auto along = [&](Axis axis) {
        return output.full[axis].size() > 1 && cuts.output[static_cast<std::size_t>(axis)];
    };
    return {along(Axis::h), along(Axis::w)};
}

/// Positions after which exactly one computed tensor is alive, that of the operator just before.
std::vector<std::size_t> articulations(const graph::Graph& graph) {
    const std::size_t count = graph.operators().size();
    std::vector<std::ptrdiff_t> begins_minus_ends(count + 2, 0);
    std::vector<std::size_t> last_reader(graph.tensors().size(), 0);
    for (std::size_t t = 0; t < graph.tensors().size(); ++t) {
        const TensorId id{static_cast<std::uint32_t>(t)};
        if (graph.readers(id).empty()) continue;
        last_reader[t] = index(graph.readers(id).back());
        const auto producer = graph.producer(id);
        const std::size_t begin = producer ? index(*producer) + 1 : 0;
        ++begins_minus_ends[begin];
        --begins_minus_ends[last_reader[t] + 1];
    }
    std::vector<std::size_t> found;
    std::ptrdiff_t alive = 0;
    for (std::size_t position = 0; position < count; ++position) {
        alive += begins_minus_ends[position];
        if (position == 0 || alive != 1) continue;
        const auto& outputs = graph.operators()[position - 1].outputs;
        const bool of_the_one_before = std::any_of(outputs.begin(), outputs.end(), [&](TensorId output) {
            return !graph.readers(output).empty() && last_reader[index(output)] >= position;
        });
        if (of_the_one_before) found.push_back(position);
    }
    found.push_back(count);
    return found;
}

}  // namespace

Axes cut_axes(const graph::Graph& graph, OperatorRange range) {
    Axes axes{true, true};
    for (std::size_t op = range.begin; axes.any() && op < range.end; ++op) axes = axes & operator_axes(graph, op);
    if (!axes.any()) return axes;
    const auto needed = needed_for_last(graph, range);
    for (std::size_t op = range.begin; op < range.end; ++op) {
        if (needed.count(graph.operators()[op].outputs.front()) == 0) return {};
    }
    return axes;
}

std::vector<Unit> block_units(const graph::Graph& graph, Axes axes) {
    std::vector<Unit> units;
    std::size_t begin = 0;
    for (const std::size_t end : articulations(graph)) {
        if (const Axes found = cut_axes(graph, {begin, end}) & axes; found.any()) {
            units.push_back({{begin, end}, found});
        } else {
            for (std::size_t op = begin; op < end; ++op) {
                units.push_back({{op, op + 1}, operator_axes(graph, op) & axes});
            }
        }
        begin = end;
    }
    return units;
}

std::vector<Unit> operator_units(const graph::Graph& graph, Axes axes) {
    std::vector<Unit> units;
    for (std::size_t op = 0; op < graph.operators().size(); ++op) {
        units.push_back({{op, op + 1}, operator_axes(graph, op) & axes});
    }
    return units;
}

std::vector<TensorId> alive_at(const graph::Graph& graph, std::size_t position) {
    std::vector<TensorId> alive;
    for (std::size_t t = 0; t < graph.tensors().size(); ++t) {
        const TensorId id{static_cast<std::uint32_t>(t)};
        const auto producer = graph.producer(id);
        const bool made = !producer || index(*producer) < position;
        const auto& readers = graph.readers(id);
        if (made && !readers.empty() && index(readers.back()) >= position) alive.push_back(id);
    }
    return alive;
}

}  // namespace convoy::partition::detail
