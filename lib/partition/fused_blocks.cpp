#include "partition/fused_blocks.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "partition/plan_builder.hpp"
#include "partition/tile_traffic.hpp"

namespace convoy::partition::detail {

using util::Seconds;

StarTimes star_times(const Problem& problem, Slices& slices, OperatorRange range, const Tiling& tiling,
                     std::size_t host) {
    const graph::Graph& graph = problem.graph;
    const graph::TensorInfo& output = graph.tensor(graph.operators()[range.end - 1].outputs.front());
    Traffic scatter(problem.bed);
    Traffic gather(problem.bed);
    std::map<std::size_t, Seconds> busy;
    for (const auto& [device, tile] : tiling) {
        const Slice& slice = slices.at(range, tile);
        busy[device] += slices.time(slice, device);
        for (const Slice::Input& input : slice.inputs) {
            scatter.carry(host, device, tile_bytes(graph.tensor(input.tensor), input.tile));
        }
        gather.carry(device, host, tile_bytes(output, tile));
    }
    StarTimes times{scatter.duration(), {}, gather.duration()};
    for (const auto& [device, time] : busy) times.compute = std::max(times.compute, time);
    return times;
}

FusedBlocks::FusedBlocks(const Problem& problem, Slices& slices, std::vector<Unit> units, std::size_t longest)
    : problem_(problem), slices_(slices), units_(std::move(units)), host_(problem.bed.cluster().source) {
    for (std::size_t first = 0; first < units_.size(); ++first) {
        std::vector<Axes> fusable;
        for (std::size_t end = first + 1; end <= std::min(units_.size(), first + longest); ++end) {
            const Axes axes = units_[end - 1].axes;
            if (!axes.any()) break;
            fusable.push_back(cut_axes(problem.graph, range(first, end)) & axes & units_[first].axes);
        }
        fusable_.push_back(std::move(fusable));
    }
}

std::optional<FusedBlock> FusedBlocks::block(std::size_t first, std::size_t end, const std::vector<Cutter>& cutters,
                                             bool whole) const {
    std::optional<FusedBlock> best;
    const std::size_t length = end - first;
    const Axes axes = length <= fusable_[first].size() ? fusable_[first][length - 1] : Axes{};
    if (length == 1 && (whole || !axes.any())) {
        best = FusedBlock{first, end, {}, slices_.whole(range(first, end), host_)};
    }
    for (const Cutter& cutter : cutters) {
        if (!axes.any()) break;
        Tiling tiling = cutter(range(first, end), axes);
        if (tiling.empty()) continue;
        const Seconds cost = star_times(problem_, slices_, range(first, end), tiling, host_).total();
        if (!best || cost < best->cost) best = FusedBlock{first, end, std::move(tiling), cost};
    }
    return best;
}

std::vector<FusedBlock> FusedBlocks::cheapest(const std::vector<Cutter>& cutters, bool whole) const {
    constexpr Seconds kNever(std::numeric_limits<double>::infinity());
    std::vector<Seconds> cost(units_.size() + 1, kNever);
    std::vector<FusedBlock> from(units_.size());
    cost.back() = Seconds{};
    for (std::size_t first = units_.size(); first-- > 0;) {
        const std::size_t longest = std::max<std::size_t>(fusable_[first].size(), 1);
        for (std::size_t end = first + 1; end <= first + longest; ++end) {
            if (cost[end] == kNever) continue;
            auto candidate = block(first, end, cutters, whole);
            if (!candidate || candidate->cost + cost[end] >= cost[first]) continue;
            cost[first] = candidate->cost + cost[end];
            from[first] = std::move(*candidate);
        }
    }
    std::vector<FusedBlock> blocks;
    if (cost.front() == kNever) return blocks;
    for (std::size_t first = 0; first < units_.size(); first = blocks.back().end) blocks.push_back(from[first]);
    return blocks;
}

plan::Plan FusedBlocks::plan(const std::vector<FusedBlock>& blocks) const {
    PlanBuilder builder(problem_);
    for (const FusedBlock& block : blocks) {
        const OperatorRange covered = range(block.first, block.end);
        if (block.tiling.empty()) {
            builder.whole(covered, host_);
        } else {
            builder.tiled(covered, block.tiling);
            builder.gather(covered, host_);
        }
    }
    return std::move(builder).finish();
}

}  // namespace convoy::partition::detail
