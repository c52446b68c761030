#include "partition/best_plan.hpp"
#include "partition/device_sets.hpp"
#include "partition/plan_builder.hpp"
#include "partition/proportion.hpp"
#include "partition/requirements.hpp"
#include "partition/strategies.hpp"
#include "partition/units.hpp"

namespace convoy::partition::detail {

namespace {

/// The longer edge of what a layer makes, among those along which it can be cut.
Axes longer_edge(const Tile& full, Axes axes) {
    if (!axes.both()) return axes;
    return full.w.size() > full.h.size() ? Axes{false, true} : Axes{true, false};
}

plan::Plan plan_of(const Problem& problem, Slices& slices, const std::vector<Unit>& units,
                   const std::vector<std::size_t>& devices) {
    const std::size_t owner = problem.bed.cluster().source;
    const std::vector<OperatorRange> cut = cuttable_ranges(units);
    const std::vector<double> weights = speeds(slices, cut, devices);
    PlanBuilder builder(problem);
    for (const Unit& unit : units) {
        if (!unit.axes.any()) {
            builder.whole(unit.range, owner);
            continue;
        }
        const Tile full = slices.extent(unit.range);
        builder.tiled(unit.range, proportional_bands(full, longer_edge(full, unit.axes), devices, weights));
        builder.gather(unit.range, owner);
    }
    return std::move(builder).finish();
}

}  // namespace

plan::Plan make_modnn(const Problem& problem) {
    const std::vector<Unit> units = pooled_layer_units(problem.graph, {true, true});
    require_shared("modnn", problem, units);
    Slices slices(problem);
    BestPlan best(problem, problem.least_devices.value_or(2));
    for (const auto& devices : fastest_sets(problem, 2, longest_edge(problem.graph))) {
        best.offer(plan_of(problem, slices, units, devices));
    }
    return std::move(best).take("no layer is long enough for so many devices");
}

}  // namespace convoy::partition::detail
