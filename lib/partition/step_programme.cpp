#include "partition/step_programme.hpp"

#include <algorithm>

namespace convoy::partition::detail {

using util::Seconds;

namespace {

/// Layouts that go on behind each element.
constexpr std::size_t kMostLayouts = 20;
constexpr std::size_t kLongestStep = 24;

}  // namespace

std::vector<std::size_t> step_lengths(std::size_t most) {
    std::vector<std::size_t> lengths;
    for (std::size_t length = 1; length < most && length <= kLongestStep;
         length += std::max<std::size_t>(length / 4, 1))
        lengths.push_back(length);
    lengths.push_back(most);
    return lengths;
}

std::vector<std::size_t> Sequence::key() const {
    std::vector<std::size_t> key;
    for (std::size_t s = 0; s < steps.size(); ++s) {
        key.push_back(steps[s]->number);
        key.push_back(gathers[s] ? *gathers[s] + 1 : 0);
    }
    return key;
}

StepProgramme::Transfer StepProgramme::transfer(const Step* before, const Step& step) {
    const std::size_t from = before == nullptr ? 0 : before->exit_number;
    const auto [entry, added] = transfers_.try_emplace((static_cast<std::uint64_t>(from) << 32U) | step.number);
    if (!added) return entry->second;
    const Menu::Brought brought = menu_.bring(before, step);
    Transfer best{brought.time, std::nullopt};
    // A device that gathers saves messages, or nothing.
    if (before != nullptr && brought.messages > before->exit.size() + step.needs.size()) {
        const cluster::Cluster& cluster = menu_.problem().bed.cluster();
        for (const std::size_t device : menu_.singles()) {
            const bool holds = std::any_of(before->exit.begin(), before->exit.end(),
                                           [&](const Held& part) { return part.device == device; });
            if (!holds && device != cluster.source && device != cluster.sink) continue;
            if (menu_.gathered(*before, device) >= best.time) continue;
            const Seconds time = menu_.bring_over(*before, step, device);
            if (time < best.time) best = {time, device};
        }
    }
    return entry->second = best;
}

/// Neighbouring steps on one device are one piece.
Seconds StepProgramme::saved(const Step* before, const Step& step) const {
    if (before == nullptr || before->way.kind != Way::Kind::device || before->way != step.way) return {};
    return menu_.problem().bed.piece_overhead(step.way.device);
}

bool StepProgramme::can_be_cut(std::size_t element) {
    if (!cut_[element]) {
        const auto& steps = menu_.steps(element, element + 1);
        cut_[element] = std::any_of(steps.begin(), steps.end(), [](const Step* step) {
            return step->way.kind != Way::Kind::device && step->way.kind != Way::Kind::replicated;
        });
    }
    return *cut_[element];
}

bool StepProgramme::may(const ProgrammeRules& rules, const Step& step) {
    const bool spread = step.first < rules.spread_until;
    if (step.way.kind == Way::Kind::device && spread && can_be_cut(step.first)) return false;
    if (rules.devices.empty()) return true;
    return std::all_of(step.needs.begin(), step.needs.end(),
                       [&](const Step::Need& need) { return rules.devices[need.device]; });
}

void StepProgramme::prune(std::vector<Node>& nodes) const {
    std::stable_sort(nodes.begin(), nodes.end(), [](const Node& a, const Node& b) { return a.cost < b.cost; });
    std::vector<Node> kept;
    for (const Node& node : nodes) {
        const bool beaten = std::any_of(kept.begin(), kept.end(), [&](const Node& other) {
            return other.step->exit_number == node.step->exit_number;
        });
        if (!beaten) kept.push_back(node);
        if (kept.size() == kMostLayouts) break;
    }
    nodes = std::move(kept);
}

void StepProgramme::extend(const ProgrammeRules& rules, std::size_t at) {
    for (const std::size_t length : step_lengths(menu_.size() - at)) {
        const auto& steps = rules.tiles ? menu_.steps(at, at + length, *rules.tiles) : menu_.steps(at, at + length);
        for (const Step* step : steps) {
            if (!may(rules, *step)) continue;
            Seconds own = step->cost;
            for (const auto& [device, bytes] : step->weights) {
                if (!rules.prices.empty()) own += Seconds(rules.prices[device] * bytes);
            }
            std::optional<Node> best;
            for (std::size_t n = 0; n < nodes_[at].size(); ++n) {
                const Node& before = nodes_[at][n];
                if (best && before.cost + own >= best->cost) break;
                const Transfer way = transfer(before.step, *step);
                const Seconds cost = before.cost + rules.transfers * way.time + own - saved(before.step, *step);
                if (!best || cost < best->cost) best = Node{step, cost, n, way.gather};
            }
            if (best) nodes_[at + length].push_back(*best);
        }
    }
}

std::vector<Sequence> StepProgramme::run(const ProgrammeRules& rules, std::size_t most,
                                         const std::function<bool()>& go_on) {
    nodes_.assign(menu_.size() + 1, {});
    nodes_.front().push_back({});
    for (std::size_t at = 0; at < menu_.size(); ++at) {
        if (!go_on()) return {};
        if (at > 0) prune(nodes_[at]);
        extend(rules, at);
    }
    std::vector<Node>& last = nodes_.back();
    for (Node& node : last) node.cost += rules.transfers * menu_.finish(*node.step);
    prune(last);
    std::vector<Sequence> found;
    for (std::size_t n = 0; n < last.size() && found.size() < most; ++n) {
        Sequence sequence;
        std::size_t at = menu_.size();
        for (std::size_t i = n; at > 0;) {
            const Node& node = nodes_[at][i];
            sequence.steps.push_back(node.step);
            sequence.gathers.push_back(node.gather);
            at = node.step->first;
            i = node.before;
        }
        std::reverse(sequence.steps.begin(), sequence.steps.end());
        std::reverse(sequence.gathers.begin(), sequence.gathers.end());
        sequence.cost = last[n].cost;
        found.push_back(std::move(sequence));
    }
    return found;
}

Sequence StepProgramme::complete(const std::vector<const Step*>& steps, const Sequence* like) {
    std::vector<const Step*> joined;
    for (const Step* step : steps) {
        if (!joined.empty() && step->way.kind == Way::Kind::device && joined.back()->way == step->way) {
            step = menu_.find(step->way, joined.back()->first, step->end);
            joined.pop_back();
        }
        joined.push_back(step);
    }
    Sequence sequence;
    const Step* before = nullptr;
    for (const Step* step : joined) {
        const Transfer way = transfer(before, *step);
        sequence.gathers.push_back(way.gather);
        for (std::size_t s = 1; like != nullptr && before != nullptr && s < like->steps.size(); ++s) {
            if (like->steps[s] == step && like->steps[s - 1] == before) sequence.gathers.back() = like->gathers[s];
        }
        sequence.cost += way.time + step->cost;
        before = step;
    }
    sequence.cost += menu_.finish(*before);
    sequence.steps = std::move(joined);
    return sequence;
}

plan::Plan plan_of(const Menu& menu, const Sequence& sequence) {
    const Problem& problem = menu.problem();
    plan::Plan plan = empty_plan(problem.bed);
    std::vector<plan::Stage>& stages = plan.routes.front().stages;
    for (std::size_t s = 0; s < sequence.steps.size(); ++s) {
        const Step& step = *sequence.steps[s];
        if (sequence.gathers[s]) {
            stages.push_back(hold_stage(problem.graph, menu.exit_of(step.first - 1), *sequence.gathers[s]));
        }
        stages.insert(stages.end(), step.stages.begin(), step.stages.end());
    }
    return without_idle_devices(plan);
}

}  // namespace convoy::partition::detail
