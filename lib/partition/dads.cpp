#include <algorithm>

#include "partition/best_plan.hpp"
#include "partition/device_sets.hpp"
#include "partition/requirements.hpp"
#include "partition/strategies.hpp"
#include "partition/two_sides.hpp"
#include "util/error.hpp"

namespace convoy::partition::detail {

namespace {

/// The device in the role of the cloud is the one of these on which the model runs fastest, or, where the way there is
/// the worse, another one of them.
constexpr std::size_t kMostClouds = 4;
/// One frame is computed on the source, one on its way, one computed in the cloud.
constexpr int kFramesInFlight = 3;
constexpr std::size_t kMostKept = 4;  ///< plans of one cloud that are predicted, best estimates first

std::vector<std::size_t> clouds_of(const Problem& problem, Slices& slices) {
    std::vector<std::size_t> ranked = by_speed(problem, slices, {0, problem.graph.operators().size()});
    std::erase(ranked, problem.bed.cluster().source);
    ranked.resize(std::min(ranked.size(), kMostClouds));
    return ranked;
}

/// The least cut of all, whose longest time is at most the sum of the three and so at most three times the longest one
/// of any other cut; and for each border between operators the least cut that goes through it: of a chain all cuts.
std::vector<std::vector<bool>> cuts_by_longest(const TwoSides& sides, std::size_t operators) {
    std::vector<std::vector<bool>> cuts{sides.least()};
    for (std::size_t border = 1; border < operators; ++border) {
        std::vector<bool> cut = sides.least_at(border);
        if (cut != cuts.back()) cuts.push_back(std::move(cut));
    }
    std::stable_sort(cuts.begin(), cuts.end(),
                     [&](const auto& a, const auto& b) { return sides.times(a).longest() < sides.times(b).longest(); });
    return cuts;
}

}  // namespace

plan::Plan make_dads(const Problem& problem) {
    require_operators(problem);
    if (problem.bed.cluster().devices.size() == 1) {
        throw util::Error(util::Errc::impossible, "the cluster has no device but the source");
    }
    const bool heavy = problem.settings.is(kDadsLoad, "heavy");
    Slices slices(problem);
    BestPlan best(problem, problem.least_devices.value_or(1), heavy ? Goal::throughput : Goal::latency);
    for (const std::size_t cloud : clouds_of(problem, slices)) {
        const TwoSides sides(problem, slices, cloud);
        if (!heavy && best.offer(sides.plan(sides.least(), 1)) != nullptr) continue;
        // Under light load other cuts only where memory does not allow the best one.
        std::size_t kept = 0;
        for (const std::vector<bool>& cut : cuts_by_longest(sides, problem.graph.operators().size())) {
            if (best.offer(sides.plan(cut, heavy ? kFramesInFlight : 1)) != nullptr && ++kept == kMostKept) break;
        }
    }
    return std::move(best).take("no cut gives so many devices something to compute");
}

}  // namespace convoy::partition::detail
