#include <algorithm>

#include "partition/best_plan.hpp"
#include "partition/device_sets.hpp"
#include "partition/plan_builder.hpp"
#include "partition/proportion.hpp"
#include "partition/requirements.hpp"
#include "partition/strategies.hpp"
#include "partition/units.hpp"

namespace convoy::partition::detail {

namespace {

/// Layers between two synchronisations, where the user does not say.
constexpr std::size_t kIntervals[] = {1, 2, 3, 4, 6, 8, 12, 16};

/// The unit behind the longest run that may be computed without synchronising.
std::size_t end_of_run(const graph::Graph& graph, const std::vector<Unit>& units, std::size_t first,
                       std::size_t longest) {
    std::size_t end = first + 1;
    while (end < units.size() && end - first < longest && units[end].axes.any() &&
           cut_axes(graph, {units[first].range.begin, units[end].range.end}).h) {
        ++end;
    }
    return end;
}

struct Slicing {
    std::vector<std::size_t> devices;
    std::size_t interval = 1;
};

plan::Plan plan_of(const Problem& problem, Slices& slices, const std::vector<Unit>& units, const Slicing& slicing) {
    const std::vector<OperatorRange> cut = cuttable_ranges(units);
    const std::vector<double> weights = speeds(slices, cut, slicing.devices);
    PlanBuilder builder(problem);
    for (std::size_t first = 0; first < units.size();) {
        if (!units[first].axes.any()) {
            builder.whole(units[first++].range, problem.bed.cluster().source);
            continue;
        }
        const std::size_t end = end_of_run(problem.graph, units, first, slicing.interval);
        const OperatorRange range{units[first].range.begin, units[end - 1].range.end};
        builder.tiled(range, proportional_bands(slices.extent(range), {true, false}, slicing.devices, weights));
        first = end;
    }
    return std::move(builder).finish();
}

}  // namespace

plan::Plan make_deepslicing(const Problem& problem) {
    const std::vector<Unit> units = block_units(problem.graph, {true, false});
    require_shared("deepslicing", problem, units);
    Slices slices(problem);
    std::vector<std::size_t> intervals(std::begin(kIntervals), std::end(kIntervals));
    if (const auto every = problem.settings.count(kDeepslicingEvery)) intervals = {*every};
    BestPlan best(problem, problem.least_devices.value_or(2));
    for (const auto& devices : fastest_sets(problem, 2, longest_edge(problem.graph))) {
        for (const std::size_t interval : intervals) {
            best.offer(plan_of(problem, slices, units, {devices, interval}));
        }
    }
    return std::move(best).take("no layer has rows for so many devices");
}

}  // namespace convoy::partition::detail
