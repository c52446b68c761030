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

bool is_elementwise(graph::Kind kind) {
    using graph::Kind;
    switch (kind) {
        case Kind::relu:
        case Kind::leaky_relu:
        case Kind::clip:
        case Kind::sigmoid:
        case Kind::unary:
        case Kind::add:
        case Kind::mul:
        case Kind::binary:
        case Kind::batch_norm:
        case Kind::lrn:
            return true;
        default:
            return false;
    }
}

bool is_pool(graph::Kind kind) { return kind == graph::Kind::max_pool || kind == graph::Kind::average_pool; }

/// Whether operator `op` is the only one that reads what the one before it makes.
bool reads_alone(const graph::Graph& graph, std::size_t op) {
    const auto& before = graph.operators()[op - 1].outputs;
    if (before.size() != 1 || graph.is_output(before.front())) return false;
    const auto& readers = graph.readers(before.front());
    return std::all_of(readers.begin(), readers.end(), [&](OperatorId reader) { return index(reader) == op; });
}

std::vector<Unit> grouped_units(const graph::Graph& graph, Axes axes, bool with_pools) {
    std::vector<Unit> units;
    for (std::size_t op = 0; op < graph.operators().size(); ++op) {
        const Axes own = operator_axes(graph, op) & axes;
        const graph::Kind kind = graph.operators()[op].kind;
        const bool follows = is_elementwise(kind) || (with_pools && is_pool(kind));
        if (follows && op > 0 && reads_alone(graph, op) && own.any() && units.back().axes == own) {
            units.back().range.end = op + 1;
        } else {
            units.push_back({{op, op + 1}, own});
        }
    }
    return units;
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

std::vector<Unit> layer_units(const graph::Graph& graph, Axes axes) { return grouped_units(graph, axes, false); }

std::vector<Unit> pooled_layer_units(const graph::Graph& graph, Axes axes) { return grouped_units(graph, axes, true); }

std::size_t longest_edge(const graph::Graph& graph) {
    graph::Index longest = 1;
    for (const graph::Operator& op : graph.operators()) {
        const graph::Box& full = graph.tensor(op.outputs.front()).full;
        longest = std::max({longest, full[Axis::h].size(), full[Axis::w].size()});
    }
    return static_cast<std::size_t>(longest);
}

std::vector<OperatorRange> cuttable_ranges(const std::vector<Unit>& units) {
    std::vector<OperatorRange> ranges;
    for (const Unit& unit : units) {
        if (unit.axes.any()) ranges.push_back(unit.range);
    }
    return ranges;
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
