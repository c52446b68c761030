#include <algorithm>

#include "partition/interleave.hpp"

/// From decisions to plans.
namespace convoy::partition::detail {

using graph::Interval;
using graph::TensorId;

std::optional<plan::Plan> Interleave::plan(std::span<const Decision> decisions) {
    plan::Plan plan = empty_plan(problem_.bed);
    Decided before = start();
    std::optional<std::size_t> alone;  ///< first operator of a run of elements on one device
    for (std::size_t d = 0; d < decisions.size(); ++d) {
        auto decided = extend(before, decisions[d]);
        if (!decided) return std::nullopt;
        const std::size_t begin = elements_[before.elements].range.begin;
        const bool goes_on = alone && decisions[d] == decisions[d - 1];
        alone = decisions[d].way != Decision::Way::device ? std::nullopt : std::optional(goes_on ? *alone : begin);
        if (goes_on) plan.routes.front().stages.pop_back();
        std::optional<std::size_t> only;
        if (d + 1 < decisions.size() && decisions[d + 1].way == Decision::Way::device) only = decisions[d + 1].device;
        if (decided->elements == elements_.size()) only = end_device();
        if (decisions[d].way == Decision::Way::pair) {
            add_pair(plan.routes.front(), decisions[d], *decided, only);
        } else {
            add_single(plan.routes.front(), decisions[d], *decided, alone.value_or(begin));
        }
        before = std::move(*decided);
    }
    if (before.elements != elements_.size()) return std::nullopt;
    return without_idle_devices(plan);
}

std::size_t Interleave::end_device() const {
    const std::size_t sink = problem_.bed.cluster().sink;
    return std::find(devices_.begin(), devices_.end(), sink) == devices_.end() ? devices_.front() : sink;
}

void Interleave::add_single(plan::Route& route, const Decision& decision, const Decided& decided,
                            std::size_t begin) const {
    const OperatorRange range{begin, elements_[decided.elements - 1].range.end};
    if (decision.way == Decision::Way::device) {
        route.stages.push_back(device_stage(problem_.graph, range, decision.device));
        return;
    }
    if (decision.way == Decision::Way::channels) {
        route.stages.push_back(channel_stage(problem_.graph, range, {devices_, decided.shares}));
        return;
    }
    Tiling tiling;
    const Interval columns = slices_.extent(range).w;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        if (!decided.shares[i].empty()) tiling.push_back({devices_[i], {decided.shares[i], columns}});
    }
    route.stages.push_back(tiled_stage(problem_.graph, range, tiling));
}

void Interleave::add_pair(plan::Route& route, const Decision& decision, const Decided& decided,
                          std::optional<std::size_t> only_reader) const {
    const std::size_t first = decided.elements - 2;
    const OperatorRange sums = summing(first);
    const OperatorRange behind = behind_sum(first);
    const graph::OperatorId sum{static_cast<std::uint32_t>(sums.end - 1)};
    const TensorId tensor = problem_.graph.op(sum).outputs.front();
    route.stages.push_back(addend_stage(problem_.graph, sums, {devices_, decided.shares}));
    if (decision.sum == Decision::Sum::scatter) {
        const ChannelShares parts{devices_, decided.layout.parts};
        route.stages.push_back(hold_channels(problem_.graph, tensor, parts));
        if (behind.begin < behind.end) route.stages.push_back(channel_stage(problem_.graph, behind, parts));
        return;
    }
    std::vector<std::size_t> readers = devices_;
    if (only_reader) readers = {*only_reader};
    if (decision.sum == Decision::Sum::star) readers = {decision.device};
    route.stages.push_back(hold_on(problem_.graph, tensor, readers));
    if (behind.begin < behind.end) route.stages.push_back(replicated_stage(problem_.graph, behind, readers));
}

}  // namespace convoy::partition::detail
