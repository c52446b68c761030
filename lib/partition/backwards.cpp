#include "partition/backwards.hpp"

#include <algorithm>

#include "graph/calculus.hpp"

namespace convoy::partition::detail {

using graph::Axis;
using graph::Interval;
using graph::OperatorId;
using graph::Slab;
using graph::TensorId;

namespace {

std::size_t place_of(Axis axis) { return axis == Axis::h ? 0 : 1; }

}  // namespace

std::size_t IntervalHash::operator()(const Interval& interval) const noexcept {
    constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15U;
    const auto begin = static_cast<std::uint64_t>(interval.begin);
    const auto end = static_cast<std::uint64_t>(interval.end);
    const std::uint64_t mixed = (begin * kMultiplier + end) * kMultiplier;
    return mixed ^ (mixed >> 32U);
}

BackwardGrowth::BackwardGrowth(const graph::Graph& graph)
    : graph_(graph), known_(graph.operators().size()), reaches_(graph.operators().size()) {}

const Backwards& BackwardGrowth::of(OperatorRange range) {
    Known& known = known_[range.end - 1];
    Backwards& backwards = known.backwards;
    if (backwards.asked.empty()) {
        const TensorId result = graph_.operators()[range.end - 1].outputs.front();
        backwards.asked.push_back({result});
        known.asked.push_back(graph::make_slab(graph_.tensor(result).full));
    }
    while (backwards.counts.size() < range.end - range.begin) {
        step(known, range.end - 1 - backwards.counts.size());
        backwards.counts.push_back(backwards.steps.size());
    }
    return backwards;
}

void BackwardGrowth::step(Known& known, std::size_t op) {
    const OperatorId id{static_cast<std::uint32_t>(op)};
    std::vector<TensorId> asked = known.backwards.asked.back();
    const auto wanted = std::find(asked.begin(), asked.end(), graph_.op(id).outputs.front());
    if (wanted == asked.end()) return;
    Backwards::Step step;
    step.op = op;
    step.taken = static_cast<std::size_t>(wanted - asked.begin());
    step.output = graph::computed(graph_, id, 0, known.asked[step.taken]);
    asked.erase(wanted);
    known.asked.erase(known.asked.begin() + static_cast<std::ptrdiff_t>(step.taken));
    const std::vector<Slab> outputs{step.output};
    for (std::size_t input = 0; input < graph_.op(id).inputs.size(); ++input) {
        const TensorId tensor = graph_.op(id).inputs[input];
        const Slab needed = graph::needed(graph_, id, input, outputs);
        std::optional<std::size_t>& place = step.inputs.emplace_back();
        if (needed.empty()) continue;
        place = static_cast<std::size_t>(std::find(asked.begin(), asked.end(), tensor) - asked.begin());
        if (*place == asked.size()) {
            asked.push_back(tensor);
            known.asked.push_back(needed);
        } else {
            known.asked[*place] = join(known.asked[*place], needed);
        }
    }
    known.backwards.steps.push_back(std::move(step));
    known.backwards.asked.push_back(std::move(asked));
}

const GrownInterval& BackwardGrowth::grown(OperatorRange range, Axis axis, const Interval& interval) {
    const std::size_t steps = this->steps(range);
    Known& known = known_[range.end - 1];
    GrownInterval& grown = known.intervals[place_of(axis)][interval];
    if (grown.asked.empty()) grown.asked.push_back({interval});
    while (grown.computed.size() < steps) {
        const Backwards::Step& step = known.backwards.steps[grown.computed.size()];
        std::vector<Interval> asked = grown.asked.back();
        const Reach& reached = reach(step.op, axis, asked[step.taken]);
        asked.erase(asked.begin() + static_cast<std::ptrdiff_t>(step.taken));
        asked.resize(known.backwards.asked[grown.computed.size() + 1].size());
        for (std::size_t input = 0; input < step.inputs.size(); ++input) {
            if (!step.inputs[input]) continue;
            Interval& needed = asked[*step.inputs[input]];
            needed = hull(needed, reached.needed[input]);
        }
        grown.computed.push_back(reached.computed);
        grown.asked.push_back(std::move(asked));
    }
    return grown;
}

const BackwardGrowth::Reach& BackwardGrowth::reach(std::size_t op, Axis axis, const Interval& asked) {
    const auto [entry, added] = reaches_[op][place_of(axis)].try_emplace(asked);
    Reach& reach = entry->second;
    if (!added) return reach;
    const OperatorId id{static_cast<std::uint32_t>(op)};
    reach.needed.resize(graph_.op(id).inputs.size());
    if (asked.empty()) return reach;
    const auto along = [&](const Slab& slab) { return axis == Axis::h ? slab.h : slab.w; };
    Slab slab = graph::make_slab(graph_.tensor(graph_.op(id).outputs.front()).full);
    (axis == Axis::h ? slab.h : slab.w) = asked;
    const std::vector<Slab> outputs{graph::computed(graph_, id, 0, slab)};
    reach.computed = along(outputs.front());
    for (std::size_t input = 0; input < reach.needed.size(); ++input) {
        const Slab needed = graph::needed(graph_, id, input, outputs);
        if (!needed.empty()) reach.needed[input] = along(needed);
    }
    return reach;
}

}  // namespace convoy::partition::detail
