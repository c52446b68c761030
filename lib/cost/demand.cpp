#include "cost/demand.hpp"

#include <algorithm>

namespace convoy::cost::detail {

namespace {

using graph::Axis;
using graph::Index;
using graph::Interval;
using graph::Slab;

Index count(const std::vector<bool>& flags) { return std::count(flags.begin(), flags.end(), true); }
bool all(const std::vector<bool>& flags) { return count(flags) == static_cast<Index>(flags.size()); }

std::vector<bool> flags_of(const graph::Box& full, Axis axis, bool value) {
    return std::vector<bool>(static_cast<std::size_t>(full[axis].end), value);
}

void mark(std::vector<bool>& flags, const Interval& interval) {
    for (Index i = interval.begin; i < interval.end; ++i) flags[static_cast<std::size_t>(i)] = true;
}

Demand everything(const graph::Box& full) {
    return {flags_of(full, Axis::h, true), flags_of(full, Axis::w, true), {full[Axis::c]}, full[Axis::n].size()};
}

/// Follows demands from the outputs of one operator to its inputs. Along each axis what is read depends on what is
/// wanted along the same axis only, so that each can be followed alone.
class Follower {
  public:
    Follower(const graph::Graph& graph, graph::OperatorId id) : graph_(graph), id_(id), op_(graph.op(id)) {
        full_ = graph::make_slab(graph_.tensor(op_.outputs[0]).full);
    }

    /// What it computes when `wanted` is wanted of its first output: along some axes everything.
    [[nodiscard]] Demand computed(const Demand& wanted) const {
        const graph::Box& box = graph_.tensor(op_.outputs[0]).full;
        Demand made = wanted;
        made.channels.clear();
        for (const Interval& interval : wanted.channels) {
            Slab slab = full_;
            slab.c = {interval};
            for (const Interval& c : grown(slab).c) made.channels.push_back(c);
        }
        made.channels = graph::normalized(std::move(made.channels));
        made.rows = grown_axis(wanted.rows, &Slab::h, flags_of(box, Axis::h, false));
        made.columns = grown_axis(wanted.columns, &Slab::w, flags_of(box, Axis::w, false));
        return made;
    }

    [[nodiscard]] Demand needed(std::size_t input, const Demand& made) const {
        const graph::Box& box = graph_.tensor(op_.inputs[input]).full;
        Demand need{{}, {}, {}, box[Axis::n].size()};
        need.rows = needed_axis(input, made.rows, &Slab::h, flags_of(box, Axis::h, false), op_.window.stride[0] == 1);
        need.columns =
            needed_axis(input, made.columns, &Slab::w, flags_of(box, Axis::w, false), op_.window.stride[1] == 1);
        for (const Interval& interval : made.channels) {
            Slab slab = full_;
            slab.c = {interval};
            for (const Interval& c : read(input, slab).c) need.channels.push_back(c);
        }
        need.channels = graph::normalized(std::move(need.channels));
        return need;
    }

  private:
    [[nodiscard]] Slab grown(const Slab& slab) const { return graph::computed(graph_, id_, 0, slab); }
    [[nodiscard]] Slab read(std::size_t input, const Slab& slab) const {
        std::vector<Slab> outputs(op_.outputs.size());
        outputs[0] = slab;
        return graph::needed(graph_, id_, input, outputs);
    }

    [[nodiscard]] std::vector<bool> grown_axis(const std::vector<bool>& wanted, Interval Slab::*axis,
                                               std::vector<bool> made) const {
        if (all(wanted)) return wanted;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            Slab slab = full_;
            slab.*axis = {static_cast<Index>(i), static_cast<Index>(i) + 1};
            if (wanted[i]) mark(made, grown(slab).*axis);
        }
        return made;
    }

    [[nodiscard]] std::vector<bool> needed_axis(std::size_t input, const std::vector<bool>& made, Interval Slab::*axis,
                                                std::vector<bool> need, bool gapless) const {
        if (gapless && all(made)) {
            mark(need, read(input, full_).*axis);
            return need;
        }
        for (std::size_t i = 0; i < made.size(); ++i) {
            Slab slab = full_;
            slab.*axis = {static_cast<Index>(i), static_cast<Index>(i) + 1};
            if (made[i]) mark(need, read(input, slab).*axis);
        }
        return need;
    }

    const graph::Graph& graph_;
    graph::OperatorId id_;
    const graph::Operator& op_;
    Slab full_;
};

/// A product cannot hold the union of two readers' demands: the larger one stands for both.
void keep_larger(std::optional<Demand>& demand, Demand other) {
    if (other.volume() > 0 && (!demand || demand->volume() < other.volume())) demand = std::move(other);
}

bool may_sum(const graph::Graph& graph, graph::OperatorId op) {
    const auto axes = graph::cuts(graph, op).contraction;
    return std::find(axes.begin(), axes.end(), true) != axes.end();
}

}  // namespace

Index Demand::volume() const {
    Index sum = 0;
    for (const Interval& interval : channels) sum += interval.size();
    return batch * sum * count(rows) * count(columns);
}

Slab Demand::packed() const { return {{0, batch}, channels, {0, count(rows)}, {0, count(columns)}}; }

std::vector<std::optional<LeastWork>> least_works(const graph::Graph& graph,
                                                  const std::vector<graph::TensorId>& wanted) {
    std::vector<std::optional<Demand>> demands(graph.tensors().size());
    for (const graph::TensorId id : wanted) demands[graph::index(id)] = everything(graph.tensor(id).full);
    std::vector<std::optional<LeastWork>> least(graph.operators().size());
    for (std::size_t i = least.size(); i-- > 0;) {
        const graph::OperatorId id{static_cast<std::uint32_t>(i)};
        const graph::Operator& op = graph.op(id);
        LeastWork made{{id, std::vector<Slab>(op.outputs.size()), std::nullopt}, {}, {}};
        std::optional<Demand> first;
        for (std::size_t o = 0; o < op.outputs.size(); ++o) {
            const auto& demand = demands[graph::index(op.outputs[o])];
            if (!demand) continue;
            // Only operators that are computed whole have several outputs.
            first = op.outputs.size() > 1 ? everything(graph.tensor(op.outputs[0]).full)
                                          : Follower(graph, id).computed(*demand);
            made.work.outputs[o] =
                op.outputs.size() > 1 ? graph::make_slab(graph.tensor(op.outputs[o]).full) : first->packed();
            made.bytes += util::Bytes(made.work.outputs[o].volume() * graph.tensor(op.outputs[o]).element_bytes);
        }
        if (!first) continue;
        for (std::size_t input = 0; input < op.inputs.size(); ++input) {
            Demand need = Follower(graph, id).needed(input, *first);
            made.bytes += util::Bytes(need.volume() * graph.tensor(op.inputs[input]).element_bytes);
            keep_larger(demands[graph::index(op.inputs[input])], std::move(need));
        }
        if (may_sum(graph, id)) made.work.in = graph.tensor(op.inputs[0]).full;
        made.flops = graph::flops(graph, made.work);
        made.bytes += graph::weight_bytes(graph, made.work);
        least[i] = std::move(made);
    }
    return least;
}

bool is_undivided(const graph::Graph& graph, graph::OperatorId op) {
    const graph::Cuts cuts = graph::cuts(graph, op);
    const graph::Box& output = graph.tensor(graph.op(op).outputs[0]).full;
    for (std::size_t axis = 0; axis < graph::kAxes; ++axis) {
        if (cuts.output[axis] && output.axes[axis].size() > 1) return false;
        if (!cuts.contraction[axis]) continue;
        if (graph.tensor(graph.op(op).inputs[0]).full.axes[axis].size() > 1) return false;
    }
    return true;
}

bool always_reads(const graph::Graph& graph, graph::OperatorId op) {
    const graph::Operator& described = graph.op(op);
    if (described.kind == graph::Kind::transposed_convolution) {
        const graph::Window& window = described.window;
        for (std::size_t i = 0; i < 2; ++i) {  // between two strides there may be elements that no input reaches
            if (window.stride[i] > 1 && (window.kernel[i] < window.stride[i] || window.dilation[i] > 1)) return false;
        }
    }
    std::vector<Slab> outputs(described.outputs.size());
    const Slab full = graph::make_slab(graph.tensor(described.outputs[0]).full);
    // Windows advance steadily: when the first and the last one reach the tensor, all do.
    for (const bool last : {false, true}) {
        outputs[0] = full;
        for (Interval* interval : {&outputs[0].h, &outputs[0].w}) {
            if (interval->size() > 1) *interval = last ? Interval{interval->end - 1, interval->end} : Interval{0, 1};
        }
        bool reads = false;
        for (std::size_t input = 0; input < described.inputs.size(); ++input) {
            reads = reads || !graph::needed(graph, op, input, outputs).empty();
        }
        if (!reads) return false;
    }
    return true;
}

}  // namespace convoy::cost::detail
