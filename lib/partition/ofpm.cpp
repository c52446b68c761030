#include <algorithm>

#include "partition/best_plan.hpp"
#include "partition/device_sets.hpp"
#include "partition/layer_path.hpp"
#include "partition/requirements.hpp"
#include "partition/strategies.hpp"
#include "util/error.hpp"

namespace convoy::partition::detail {

namespace {

/// What is special about one of the three.
struct Form {
    std::string_view strategy;
    bool vertical = true;
    bool on_demand = true;
};

std::vector<Heights> heights_of(const Problem& problem, const Form& form) {
    if (!form.on_demand) return {Heights::equal};
    std::vector<Heights> heights;
    if (!problem.settings.is(kOfpmHeights, "transfers")) heights.push_back(Heights::compute);
    if (!problem.settings.is(kOfpmHeights, "compute")) heights.push_back(Heights::transfers);
    return heights;
}

/// The sets that one search may choose from: all of them, and each alone, because the search works with estimates.
std::vector<std::vector<std::vector<std::size_t>>> set_choices(const std::vector<std::vector<std::size_t>>& sets,
                                                               bool all) {
    std::vector<std::vector<std::vector<std::size_t>>> choices;
    if (all) choices.push_back(sets);
    for (const auto& set : sets) choices.push_back({set});
    return choices;
}

plan::Plan make_form(const Problem& problem, const Form& form) {
    const std::vector<Unit> layers = layer_units(problem.graph, {true, false});
    if (form.vertical) {
        require_operators(problem);
    } else {
        require_shared(form.strategy, problem, layers);
    }
    Slices slices(problem);
    const std::vector<std::size_t> single = single_devices(problem, slices);
    const auto sets = fastest_sets(problem, 2, longest_edge(problem.graph));
    BestPlan best(problem, problem.least_devices.value_or(form.vertical ? 1 : 2));
    const auto offer = [&](const std::vector<std::vector<std::size_t>>& chosen, Heights heights, bool vertical) {
        LayerPath search(problem, slices, layers, {single, chosen, heights, vertical});
        const LayerPath::Path path = search.shortest();
        if (!path.states.empty()) best.offer(search.plan(path));
    };
    for (const Heights heights : heights_of(problem, form)) {
        for (const auto& chosen : set_choices(sets, form.vertical)) offer(chosen, heights, form.vertical);
        if (!best.empty()) continue;
        for (const auto& chosen : set_choices(sets, false))
            offer(chosen, heights, false);  // for memory, or for devices
    }
    return std::move(best).take("no layer has rows for so many devices");
}

}  // namespace

plan::Plan make_fpm(const Problem& problem) { return make_form(problem, {"fpm", true, false}); }

plan::Plan make_opm(const Problem& problem) { return make_form(problem, {"opm", false, true}); }

plan::Plan make_ofpm(const Problem& problem) { return make_form(problem, {"ofpm", true, true}); }

}  // namespace convoy::partition::detail
