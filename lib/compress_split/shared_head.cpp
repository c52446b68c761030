#include "compress_split/shared_head.hpp"

#include <algorithm>

#include "partition/assemble.hpp"
#include "partition/deal.hpp"
#include "partition/device_sets.hpp"
#include "partition/slices.hpp"
#include "partition/units.hpp"

namespace convoy::compress_split {

using partition::detail::OperatorRange;

namespace {

constexpr std::size_t kMostHelpers = 7;
constexpr partition::detail::Axes kRows{true, false};

/// Whether an operator's output is all that is alive behind it.
bool ends_alone(const graph::Graph& graph, std::size_t position) {
    const auto alive = partition::detail::alive_at(graph, position);
    return alive.size() == 1 &&
           graph.producer(alive.front()) == graph::OperatorId{static_cast<std::uint32_t>(position - 1)};
}

plan::Plan plan_with(const partition::Problem& problem, const Cut& cut, InputCodec input,
                     const partition::detail::Tiling& tiling, std::size_t shared) {
    const graph::Graph& graph = problem.graph;
    plan::Plan plan = partition::detail::empty_plan(problem.bed);
    std::vector<plan::Stage>& stages = plan.routes.front().stages;
    stages.push_back(partition::detail::tiled_stage(graph, {0, shared}, tiling));
    if (shared < cut.position) {
        stages.push_back(partition::detail::device_stage(graph, {shared, cut.position}, problem.bed.cluster().source));
    }
    if (cut.position < graph.operators().size()) {
        for (const auto& [id, codec] : crossing(graph, cut, input)) {
            if (codec != wire::Codec::fp32 && graph.producer(id)) stages.back().wire[id] = codec;
        }
        stages.push_back(partition::detail::device_stage(graph, {cut.position, graph.operators().size()}, cut.cloud));
    }
    if (input.always) {
        for (const graph::TensorId id : graph.inputs()) plan.wire[id] = input.narrow;
    }
    return partition::detail::without_idle_devices(plan);
}

/// The source with the fastest other devices but the cloud: one of them, two, ...
std::vector<std::vector<std::size_t>> teams_of(const partition::Problem& problem, partition::detail::Slices& slices,
                                               const Cut& cut) {
    const std::size_t source = problem.bed.cluster().source;
    std::vector<std::size_t> helpers = partition::detail::by_speed(problem, slices, {0, cut.position});
    std::erase(helpers, source);
    std::erase(helpers, cut.cloud);
    helpers.resize(std::min(helpers.size(), kMostHelpers));
    std::vector<std::vector<std::size_t>> teams;
    for (std::size_t count = 1; count <= helpers.size(); ++count) {
        teams.push_back({source});
        teams.back().insert(teams.back().end(), helpers.begin(), helpers.begin() + static_cast<std::ptrdiff_t>(count));
    }
    return teams;
}

}  // namespace

std::optional<partition::Proposal> with_shared_head(const partition::Problem& problem, const Placed& alone,
                                                    InputCodec input) {
    std::optional<partition::Proposal> best;
    if (alone.cut.position == 0) return best;
    partition::detail::Slices slices(problem);
    for (const std::vector<std::size_t>& team : teams_of(problem, slices, alone.cut)) {
        for (std::size_t shared = 1; shared <= alone.cut.position; ++shared) {
            const OperatorRange range{0, shared};
            if (!ends_alone(problem.graph, shared) || !partition::detail::cut_axes(problem.graph, range).h) continue;
            const auto tiling = partition::detail::deal_out(slices, range, kRows, {team, true, 2});
            if (tiling.size() < 2) continue;
            partition::Proposal proposal =
                partition::evaluate(problem, plan_with(problem, alone.cut, input, tiling, shared));
            const util::Seconds now = (best ? *best : alone.proposal).prediction.latency();
            if (proposal.prediction.latency() >= now || partition::memory_problem(problem, proposal)) continue;
            best = std::move(proposal);
        }
    }
    return best;
}

}  // namespace convoy::compress_split
