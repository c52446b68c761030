#include "partition/dipm_times.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace convoy::partition {

using util::Seconds;

namespace {

/// Whether a stage is one operator whose result the next stage holds on one device: the master.
std::optional<plan::DeviceId> master_of(const plan::Plan& plan, const graph::Graph& graph, std::size_t stage) {
    const auto& stages = plan.routes.front().stages;
    if (stage + 1 >= stages.size() || stages[stage].operators.size() != 1 || !stages[stage + 1].hold) {
        return std::nullopt;
    }
    const plan::Stage& held = stages[stage + 1];
    if (held.shares.size() != 1 || *held.hold != graph.op(stages[stage].last).outputs.front()) return std::nullopt;
    return held.shares.front().device;
}

/// From the first one's begin to the last one's end.
struct Extent {
    std::optional<Seconds> begin;
    Seconds end{};

    void add(const samples::Transfer& transfer) {
        begin = std::min(begin.value_or(transfer.begin), transfer.begin);
        end = std::max(end, transfer.end);
    }
    [[nodiscard]] Seconds length() const { return begin ? end - *begin : Seconds{}; }
};

DipmTimes times_of(const plan::Stage& stage, const graph::Graph& graph, const samples::Timeline& timeline,
                   std::int32_t number, std::uint32_t master) {
    const std::string& input = graph.tensor(graph.op(stage.last).inputs.front()).name;
    DipmTimes times;
    times.workers = stage.shares.size();
    Extent out;
    Extent back;
    std::int32_t maker = number;
    for (const samples::Transfer& transfer : timeline.transfers) {
        if (transfer.stage < number && transfer.tensor == input && transfer.from == master) {
            out.add(transfer);
            maker = transfer.stage;
        }
        if (transfer.stage == number && transfer.to == master) back.add(transfer);
    }
    times.tx = out.length() / static_cast<double>(times.workers);
    times.rx = back.length() / static_cast<double>(times.workers);
    std::map<std::uint32_t, Seconds> computed;
    for (const samples::Span& span : timeline.spans) {
        const Seconds time = span.end - span.begin;
        const bool of_master = span.device == master;
        if (span.activity == samples::Activity::send && of_master && span.stage == maker) times.part += time;
        if (span.activity != samples::Activity::compute || span.stage != number) continue;
        if (of_master && span.begin >= back.end) {
            times.join += time;  // behind the last addend
        } else {
            computed[span.device] += time;
        }
    }
    for (const auto& [device, time] : computed) times.edge = std::max(times.edge, time);
    return times;
}

}  // namespace

std::vector<DipmStageTimes> dipm_stage_times(const plan::Plan& plan, const graph::Graph& graph,
                                             const samples::Timeline& timeline) {
    std::vector<DipmStageTimes> found;
    const auto& stages = plan.routes.front().stages;
    for (std::size_t stage = 0; stage < stages.size(); ++stage) {
        const auto master = master_of(plan, graph, stage);
        if (!master) continue;
        found.push_back({stage, times_of(stages[stage], graph, timeline, static_cast<std::int32_t>(stage),
                                         static_cast<std::uint32_t>(*master))});
    }
    return found;
}

}  // namespace convoy::partition
