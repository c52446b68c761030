#include <algorithm>

#include "partition/best_plan.hpp"
#include "partition/device_sets.hpp"
#include "partition/fused_blocks.hpp"
#include "partition/grid.hpp"
#include "partition/requirements.hpp"
#include "partition/strategies.hpp"

namespace convoy::partition::detail {

namespace {

constexpr std::size_t kLongestBlock = 24;
constexpr std::size_t kMostTiles = 64;

/// The fastest devices, the source always among them.
std::vector<std::size_t> fastest(const Problem& problem, Slices& slices) {
    std::vector<std::size_t> ranked = by_speed(problem, slices, {0, problem.graph.operators().size()});
    const std::size_t source = problem.bed.cluster().source;
    std::erase(ranked, source);
    ranked.insert(ranked.begin(), source);
    ranked.resize(std::min({ranked.size(), problem.most_devices, kMostTiles}));
    return ranked;
}

/// One cutter for each grid of at least `least` tiles, one tile for each device.
std::vector<Cutter> cutters_of(Slices& slices, const std::vector<std::size_t>& devices, std::size_t least) {
    std::vector<Cutter> cutters;
    for (const GridSize& size : grids_of(devices.size())) {
        if (size.rows * size.columns < least) continue;
        cutters.push_back([&slices, &devices, size](OperatorRange range, Axes axes) {
            return equal_grid(slices.extent(range), axes, size, devices);
        });
    }
    return cutters;
}

}  // namespace

plan::Plan make_aofl(const Problem& problem) {
    std::vector<Unit> units = block_units(problem.graph, {true, true});
    require_shared("aofl", problem, units);
    Slices slices(problem);
    const std::vector<std::size_t> devices = fastest(problem, slices);
    const FusedBlocks blocks(problem, slices, std::move(units), kLongestBlock);
    BestPlan best(problem, problem.least_devices.value_or(1));
    // Grids of more tiles only where the best of all does not fit into memory, or shares too little.
    for (std::size_t least = 1; least <= devices.size(); least *= 2) {
        const auto sequence = blocks.cheapest(cutters_of(slices, devices, least), least == 1);
        if (!sequence.empty() && best.offer(blocks.plan(sequence))) break;
    }
    return std::move(best).take("no layer is large enough for so many devices");
}

}  // namespace convoy::partition::detail
