#include "partition/units.hpp"

#include <algorithm>

#include "graph/calculus.hpp"
#include "partition/chain.hpp"

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
    for (const Block& block : chain_of(graph)) {
        if (const Axes found = cut_axes(graph, block.range) & axes; found.any()) {
            units.push_back({block.range, found});
        } else {
            for (std::size_t op = block.range.begin; op < block.range.end; ++op) {
                units.push_back({{op, op + 1}, operator_axes(graph, op) & axes});
            }
        }
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
