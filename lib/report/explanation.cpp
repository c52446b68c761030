#include "report/explanation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cost/explain.hpp"
#include "report/cells.hpp"
#include "report/sections.hpp"
#include "report/shown.hpp"

namespace convoy::report {
namespace {

using cost::Explanation;
using cost::PathStep;
using detail::time_cell;
using util::Seconds;

/// Nothing also for what is left of a difference of times that are equal.
Cell unless_zero(Seconds time) { return time.count() >= 0.5e-9 ? time_cell(time) : Cell{}; }

/// Steps that follow each other and are alike: tiles of one device, messages of one stage on one link.
std::vector<PathStep> joined(const std::vector<PathStep>& steps) {
    std::vector<PathStep> joined;
    for (const PathStep& step : steps) {
        PathStep* last = joined.empty() ? nullptr : &joined.back();
        if (!last || last->device != step.device || last->to != step.to || last->stage != step.stage) {
            joined.push_back(step);
            continue;
        }
        last->compute += step.compute;
        last->redundant += step.redundant;
        last->start_up += step.start_up;
        last->bytes += step.bytes;
        last->delay += step.delay;
        last->queueing += step.queueing;
    }
    return joined;
}

Table path_table(const Explanation& explanation) {
    Table table{.key = "path",
                .title = "Critical path: what each moment of the latency is spent on, in the order of time",
                .columns = {{"stage", "stage", Quantity::count},
                            {"layers", "layers"},
                            {"where", "where"},
                            {"compute_ms", "compute", Quantity::milliseconds},
                            {"redundant_ms", "of it redundant", Quantity::milliseconds},
                            {"start_up_ms", "start-up", Quantity::milliseconds},
                            {"payload_ms", "payload", Quantity::milliseconds},
                            {"delay_ms", "delay", Quantity::milliseconds},
                            {"queueing_ms", "interface busy", Quantity::milliseconds},
                            {"share", "share", Quantity::ratio}}};
    const Seconds latency = explanation.prediction.latency();
    const auto name = [&](std::uint32_t device) { return explanation.devices.at(device).name; };
    for (const PathStep& step : joined(explanation.prediction.path.steps)) {
        const Seconds all = step.compute + step.transfer();
        const std::string layers =
            step.stage < 0 ? "inputs" : explanation.stages.at(static_cast<std::size_t>(step.stage));
        table.rows.push_back({std::int64_t{step.stage}, layers,
                              step.to ? fmt::format("{} -> {}", name(step.device), name(*step.to)) : name(step.device),
                              unless_zero(step.compute), unless_zero(step.redundant), unless_zero(step.start_up),
                              unless_zero(step.bytes), unless_zero(step.delay), unless_zero(step.queueing),
                              latency.count() > 0 ? detail::ratio_cell(all / latency) : Cell{}});
    }
    return table;
}

Table device_table(const Explanation& explanation) {
    Table table{.key = "devices",
                .title = "Devices: on the critical path, and in the whole frame",
                .columns = {{"device", "device"},
                            {"path_compute_ms", "path: compute", Quantity::milliseconds},
                            {"path_send_ms", "path: send", Quantity::milliseconds},
                            {"path_receive_ms", "path: receive", Quantity::milliseconds},
                            {"path_queueing_ms", "path: wait to send", Quantity::milliseconds},
                            {"compute_ms", "compute", Quantity::milliseconds},
                            {"send_ms", "send", Quantity::milliseconds},
                            {"receive_ms", "receive", Quantity::milliseconds},
                            {"wait_ms", "no computing", Quantity::milliseconds}}};
    const Seconds latency = explanation.prediction.latency();
    for (std::uint32_t d = 0; d < explanation.devices.size(); ++d) {
        const cost::DeviceUse& use = explanation.devices[d];
        Seconds compute{};
        Seconds send{};
        Seconds receive{};
        Seconds queueing{};
        for (const PathStep& step : explanation.prediction.path.steps) {
            const Seconds moved = step.start_up + step.bytes + step.delay;
            if (step.device == d) {
                compute += step.compute;
                send += moved;
                queueing += step.queueing;
            }
            if (step.to == d) receive += moved;
        }
        table.rows.push_back({use.name, time_cell(compute), time_cell(send), time_cell(receive), time_cell(queueing),
                              time_cell(use.compute), time_cell(use.send), time_cell(use.receive),
                              time_cell(latency - use.compute)});
    }
    table.notes.emplace_back("a message on the path is told of its sender and of its receiver");
    return table;
}

Table remedy_table(const Explanation& explanation) {
    Table table{.key = "remedies",
                .title = "What would help",
                .columns = {{"change", "if"},
                            {"same_plan_ms", "same plan", Quantity::milliseconds},
                            {"same_plan_gain", "gain", Quantity::difference},
                            {"replanned_ms", "planned anew", Quantity::milliseconds},
                            {"replanned_gain", "gain", Quantity::difference}}};
    const Seconds latency = explanation.prediction.latency();
    const auto gain = [&](const std::optional<Seconds>& then) {
        return then && latency.count() > 0 ? detail::ratio_cell(1 - *then / latency) : Cell{};
    };
    for (const cost::Remedy& remedy : explanation.remedies) {
        table.rows.push_back({remedy.change, time_cell(remedy.same_plan), gain(remedy.same_plan),
                              time_cell(remedy.replanned), gain(remedy.replanned)});
    }
    table.notes.emplace_back("gain: of latency, against this plan on the cluster as it is");
    return table;
}

void add_overview(const Explanation& explanation, Section& section) {
    const Seconds latency = explanation.prediction.latency();
    section.lines = {
        {"model", explanation.model_file},
        {"cluster", explanation.cluster_file},
        {"latency", time_text(latency)},
        {"because", cost::explain(explanation.prediction)},
        {"one device", explanation.best_device_latency ? fmt::format("'{}' alone takes {}", explanation.best_device,
                                                                     time_text(*explanation.best_device_latency))
                                                       : std::string(detail::kNoSingleDevice)},
        {"bound", fmt::format("no plan can be faster than {}", time_text(explanation.lower_bound))}};
    section.facts = {{"model", explanation.model_file},
                     {"cluster", explanation.cluster_file},
                     {"strategy", explanation.strategy},
                     {"latency_ms", time_cell(latency)},
                     {"best_device", detail::text_cell(explanation.best_device)},
                     {"best_device_latency_ms", time_cell(explanation.best_device_latency)},
                     {"lower_bound_ms", time_cell(explanation.lower_bound)}};
}

}  // namespace

Section explanation_section(const Explanation& explanation) {
    Section section{.file = "", .kind = "explanation", .title = "the plan of " + explanation.strategy};
    add_overview(explanation, section);
    detail::add_table(section, path_table(explanation));
    detail::add_table(section, device_table(explanation));
    detail::add_table(section, remedy_table(explanation));
    section.pictures.emplace_back(FrameChart{.title = "A frame, as predicted",
                                             .devices = {},
                                             .stages = explanation.stages,
                                             .predicted = explanation.prediction.timeline,
                                             .measured = {}});
    auto& chart = std::get<FrameChart>(section.pictures.back());
    for (const cost::DeviceUse& use : explanation.devices) chart.devices.push_back(use.name);
    return section;
}

}  // namespace convoy::report
