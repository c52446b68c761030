#include "engine/slices.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "samples/work.hpp"

namespace convoy::engine {

using graph::Axis;
using graph::Index;
using graph::Interval;
using graph::OperatorId;

namespace {

/// One way to cut an operator.
struct Slicing {
    enum class What { rows, channels, inputs, tile } what;
    Index parts;  ///< of each axis that is cut
};

using What = Slicing::What;
constexpr std::array<Slicing, 12> kSlicings{{{What::rows, 2},
                                             {What::channels, 4},
                                             {What::tile, 2},
                                             {What::inputs, 2},
                                             {What::rows, 8},
                                             {What::channels, 2},
                                             {What::rows, 4},
                                             {What::inputs, 8},
                                             {What::tile, 4},
                                             {What::channels, 8},
                                             {What::rows, 16},
                                             {What::inputs, 4}}};

/// The middle part of an interval, `parts` times smaller.
Interval middle(const Interval& all, Index parts) {
    const Index size = std::max<Index>(1, all.size() / parts);
    const Index begin = all.begin + (all.size() - size) / 2;
    return {begin, begin + size};
}

/// A part of the output along these axes; nothing where one of them cannot be cut so often.
std::optional<graph::Work> part_of(const graph::Graph& graph, OperatorId op, Index parts,
                                   std::initializer_list<Axis> axes) {
    const graph::TensorInfo& tensor = graph.tensor(graph.op(op).outputs[0]);
    const graph::Cuts cuts = graph::cuts(graph, op);
    graph::Box box = tensor.full;
    for (const Axis axis : axes) {
        if (!cuts.output[static_cast<std::size_t>(axis)] || box[axis].size() < parts) return std::nullopt;
        box[axis] = middle(box[axis], parts);
    }
    graph::Work work{op, {graph::computed(graph, op, 0, graph::make_slab(box))}, std::nullopt};
    if (work.outputs[0] == graph::make_slab(tensor.full)) return std::nullopt;  // grown to the whole by its groups
    return work;
}

/// Sums over a part of the input channels; of the rows where it is those that are summed over.
std::optional<graph::Work> addend_of(const graph::Graph& graph, OperatorId op, Index parts) {
    const graph::Operator& operator_ = graph.op(op);
    const graph::Cuts cuts = graph::cuts(graph, op);
    graph::Box in = graph.tensor(operator_.inputs[0]).full;
    const auto can = [&](Axis axis) {
        return cuts.contraction[static_cast<std::size_t>(axis)] && in[axis].size() >= parts;
    };
    if (operator_.group > 1 || (!can(Axis::c) && !can(Axis::h))) return std::nullopt;
    const Axis axis = can(Axis::c) ? Axis::c : Axis::h;
    in[axis] = middle(in[axis], parts);
    const graph::Slab all = graph::make_slab(graph.tensor(operator_.outputs[0]).full);
    return graph::Work{op, {graph::trimmed(graph, op, all, in)}, in};
}

std::optional<graph::Work> slice_of(const graph::Graph& graph, OperatorId op, const Slicing& slicing) {
    switch (slicing.what) {
        case What::rows:
            return part_of(graph, op, slicing.parts, {Axis::h});
        case What::channels:
            return part_of(graph, op, slicing.parts, {Axis::c});
        case What::tile:
            return part_of(graph, op, slicing.parts, {Axis::h, Axis::w});
        case What::inputs:
            return addend_of(graph, op, slicing.parts);
    }
    return std::nullopt;
}

}  // namespace

std::vector<graph::Work> slices_of(const graph::Graph& graph, OperatorId op) {
    std::vector<graph::Work> slices;
    if (graph.op(op).outputs.size() != 1 || graph.tensor(graph.op(op).outputs[0]).whole_only) return slices;
    for (const Slicing& slicing : kSlicings) {
        std::optional<graph::Work> work = slice_of(graph, op, slicing);
        if (!work || work->outputs[0].empty()) continue;
        if (std::ranges::find(slices, *work) == slices.end()) slices.push_back(std::move(*work));
    }
    return slices;
}

std::vector<std::vector<graph::Work>> rounds_to_time(const graph::Graph& graph, std::size_t most) {
    std::vector<std::vector<graph::Work>> rounds(1 + most);
    std::vector<samples::WorkShape> known;
    for (std::size_t i = 0; i < graph.operators().size(); ++i) {
        const OperatorId op{static_cast<std::uint32_t>(i)};
        rounds[0].push_back(whole_work(graph, op));
        std::vector<graph::Work> slices = slices_of(graph, op);
        std::size_t round = 0;
        for (std::size_t k = 0; k < slices.size() && round < most; ++k) {
            graph::Work& work = slices[(i + k) % slices.size()];
            samples::WorkShape shape = samples::describe(graph, work);
            if (std::ranges::find(known, shape) != known.end()) continue;
            known.push_back(std::move(shape));
            rounds[++round].push_back(std::move(work));
        }
    }
    std::erase_if(rounds, [](const std::vector<graph::Work>& round) { return round.empty(); });
    return rounds;
}

}  // namespace convoy::engine
