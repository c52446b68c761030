#include "partition/iop.hpp"

#include <algorithm>

#include "partition/best_plan.hpp"
#include "partition/strategies.hpp"
#include "util/error.hpp"

namespace convoy::partition::detail {

namespace {

struct Step {
    Decision decision;
    Decided decided;
};

class Greedy {
  public:
    Greedy(Interleave& space, std::span<const Decision::Sum> sums, bool wherever)
        : space_(space), sums_(sums), wherever_(wherever) {}

    std::vector<Decision> run() {
        std::vector<Decision> decisions;
        Decided at = space_.start();
        while (at.elements < space_.size()) {
            std::optional<Step> alone = single(at);
            std::optional<Step> both = pair(at);
            if (!alone && !both) return {};
            Step step = both && (!alone || wherever_ || gains(*both, *alone)) ? std::move(*both) : std::move(*alone);
            decisions.push_back(step.decision);
            at = std::move(step.decided);
        }
        return decisions;
    }

  private:
    /// CoEdge's way with one element.
    [[nodiscard]] std::optional<Step> single(const Decided& before) {
        const Decision rows{Decision::Way::rows, 0, {}};
        if (auto decided = space_.extend(before, rows)) return Step{rows, std::move(*decided)};
        for (const std::size_t device : space_.fastest_for(before.elements)) {
            const Decision whole{Decision::Way::device, device, {}};
            if (auto decided = space_.extend(before, whole)) return Step{whole, std::move(*decided)};
        }
        return std::nullopt;
    }

    /// The pair that is there for everybody first.
    [[nodiscard]] std::optional<Step> pair(const Decided& before) {
        std::optional<Step> best;
        for (const Decision& decision : space_.decisions(before.elements)) {
            if (decision.way != Decision::Way::pair) continue;
            if (std::find(sums_.begin(), sums_.end(), decision.sum) == sums_.end()) continue;
            auto decided = space_.extend(before, decision);
            if (!decided) continue;
            if (!best || everywhere(*decided) < everywhere(best->decided)) best = Step{decision, std::move(*decided)};
        }
        return best;
    }

    [[nodiscard]] util::Seconds everywhere(const Decided& decided) const {
        return decided.cost + space_.hand_over(decided);
    }

    [[nodiscard]] bool gains(const Step& both, const Step& alone) {
        const auto second = single(alone.decided);
        if (!second) return true;
        const bool last = second->decided.elements == space_.size();
        return everywhere(both.decided) < (last ? everywhere(second->decided) : second->decided.cost);
    }

    Interleave& space_;
    std::span<const Decision::Sum> sums_;
    bool wherever_;
};

}  // namespace

std::vector<Decision::Sum> sums_of(const Settings& settings) {
    if (settings.is(kIopSum, "star")) return {Decision::Sum::star};
    if (settings.is(kIopSum, "direct")) return {Decision::Sum::direct};
    if (settings.is(kIopSum, "scatter")) return {Decision::Sum::scatter};
    return {Decision::Sum::star, Decision::Sum::direct, Decision::Sum::scatter};
}

std::vector<Decision> interleave_greedily(Interleave& space, std::span<const Decision::Sum> sums, bool wherever) {
    return Greedy(space, sums, wherever).run();
}

plan::Plan make_iop(const Problem& problem) {
    const std::vector<Element> elements = elements_of(problem.graph, "iop");
    const std::vector<Decision::Sum> sums = sums_of(problem.settings);
    const bool wherever = problem.settings.is(kIopPairs, "all");
    Slices slices(problem);
    const auto make = [&](const std::vector<std::size_t>& devices, const Room& room) -> std::optional<plan::Plan> {
        Interleave space(problem, slices, elements, devices, room);
        std::vector<Decision> decisions = interleave_greedily(space, sums, wherever);
        // The greedy choice may use up memory that later layers need: pairs hold the least of each.
        if (decisions.empty()) decisions = interleave_greedily(space, sums, true);
        return decisions.empty() ? std::nullopt : space.plan(decisions);
    };
    return best_on_fastest(problem, "iop", make);
}

}  // namespace convoy::partition::detail
