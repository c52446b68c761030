#include <algorithm>

#include "partition/best_plan.hpp"
#include "partition/device_sets.hpp"
#include "partition/fused_blocks.hpp"
#include "partition/proportion.hpp"
#include "partition/requirements.hpp"
#include "partition/strategies.hpp"

namespace convoy::partition::detail {

namespace {

constexpr std::size_t kLongestBlock = 24;

/// Rows by compute and bandwidth: what a device gets is inversely proportional to the time that it would need for all
/// of the rows, computing and transfers together.
std::vector<double> weights_of(const Problem& problem, Slices& slices, OperatorRange range,
                               const std::vector<std::size_t>& devices) {
    std::vector<double> weights;
    for (const std::size_t device : devices) {
        const Tiling all{{device, slices.extent(range)}};
        const StarTimes times = star_times(problem, slices, range, all, problem.bed.cluster().source);
        constexpr double kShortest = 1e-12;
        weights.push_back(1 / std::max(times.total().count(), kShortest));
    }
    return weights;
}

}  // namespace

plan::Plan make_edgeld(const Problem& problem) {
    const bool fuses = problem.settings.is(kEdgeldFusion, "on");
    std::vector<Unit> units = block_units(problem.graph, {true, false});
    require_shared("edgeld", problem, units);
    Slices slices(problem);
    const FusedBlocks blocks(problem, slices, std::move(units), fuses ? kLongestBlock : 1);
    BestPlan best(problem, problem.least_devices.value_or(2));
    for (const auto& devices : fastest_sets_with_source(problem, 2, longest_edge(problem.graph))) {
        const Cutter by_resources = [&](OperatorRange range, Axes axes) {
            const std::vector<double> weights = weights_of(problem, slices, range, devices);
            return proportional_bands(slices.extent(range), axes, devices, weights);
        };
        const std::vector<FusedBlock> sequence = blocks.cheapest({by_resources}, false);
        if (!sequence.empty()) best.offer(blocks.plan(sequence));
    }
    return std::move(best).take("no layer is long enough for so many devices");
}

}  // namespace convoy::partition::detail
