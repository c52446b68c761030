#include <fmt/format.h>

#include "report/cells.hpp"
#include "report/sections.hpp"
#include "report/shown.hpp"

namespace convoy::report::detail {
namespace {

using Time = std::optional<util::Seconds>;

std::string role(const TraceData& trace, std::uint32_t device) {
    const bool source = device == trace.header.source;
    const bool sink = device == trace.header.sink;
    return source && sink ? "source, sink" : source ? "source" : sink ? "sink" : "";
}

const samples::DeviceSummary* summary_of(const TraceData& trace, std::uint32_t device) {
    if (!trace.summary) return nullptr;
    for (const samples::DeviceSummary& summary : trace.summary->device_summaries)
        if (summary.device == device) return &summary;
    return nullptr;
}

/// Compute of all frames, as the summary has it or as the frames add up; without either, of one predicted frame.
util::Seconds compute_of(const TraceData& trace, std::uint32_t device) {
    if (const auto* summary = summary_of(trace, device)) return summary->compute;
    if (trace.frames == 0 && trace.predicted) {
        const Effort* predicted = find(trace.predicted->devices, device);
        return predicted ? predicted->compute : util::Seconds{};
    }
    const TraceData::Efforts* efforts = find(trace.devices, device);
    return efforts ? efforts->total : util::Seconds{};
}

double stretch_of(const TraceData& trace, std::uint32_t device) {
    if (const auto* summary = summary_of(trace, device); summary && summary->stretch != 1) return summary->stretch;
    const double* stretch = find(trace.header.stretch, trace.device_name(device));
    return stretch ? *stretch : 1;
}

const util::Bytes* pointer(const std::optional<util::Bytes>& amount) { return amount ? &*amount : nullptr; }

Cell memory_cell(const util::Bytes* amount) { return amount == nullptr ? Cell{} : bytes_cell(*amount); }

Cell memory_difference(const util::Bytes* planned, const util::Bytes* measured) {
    const bool known = planned != nullptr && measured != nullptr && planned->value > 0;
    return known ? ratio_cell(*measured / *planned - 1) : Cell{};
}

std::vector<Cell> device_row(const TraceData& trace, std::uint32_t device, util::Seconds all) {
    const samples::DeviceSummary* summary = summary_of(trace, device);
    const TraceData::Efforts* efforts = find(trace.devices, device);
    const Effort* planned = trace.predicted ? find(trace.predicted->devices, device) : nullptr;
    const Time predicted = planned ? Time(planned->compute) : std::nullopt;
    const Time measured = efforts ? median_time(efforts->compute) : std::nullopt;
    const util::Seconds compute = compute_of(trace, device);
    const double stretch = stretch_of(trace, device);
    const util::Bytes* planned_memory = summary != nullptr ? pointer(summary->planned_memory) : nullptr;
    const util::Bytes* peak_memory = summary != nullptr ? pointer(summary->peak_memory) : nullptr;
    return {trace.device_name(device),
            text_cell(role(trace, device)),
            stretch == 1 ? Cell{} : ratio_cell(stretch),
            all.count() > 0 ? ratio_cell(compute / all) : Cell{},
            time_cell(predicted),
            time_cell(measured),
            difference_cell(predicted, measured),
            efforts ? time_cell(median_time(efforts->wait)) : Cell{},
            efforts ? time_cell(median_time(efforts->send)) : Cell{},
            trace.wall().count() > 0 ? ratio_cell(compute / trace.wall()) : Cell{},
            memory_cell(planned_memory),
            memory_cell(peak_memory),
            memory_difference(planned_memory, peak_memory)};
}

std::string answer_text(const samples::Ranked& ranked) {
    const std::string name = ranked.label.empty() ? fmt::format("class {}", ranked.index) : ranked.label;
    return fmt::format("{} ({})", name, number_text(ranked.score));
}

}  // namespace

Table device_table(const TraceData& trace) {
    Table table{.key = "devices",
                .title = "Devices: compute " + median_title(trace),
                .columns = {{"device", "device"},
                            {"role", "role"},
                            {"stretch", "stretch", Quantity::real},
                            {"share_ratio", "share", Quantity::ratio},
                            {"predicted_ms", "predicted", Quantity::milliseconds},
                            {"measured_ms", "measured", Quantity::milliseconds},
                            {"difference_ratio", "off", Quantity::difference},
                            {"wait_ms", "wait", Quantity::milliseconds},
                            {"send_ms", "send", Quantity::milliseconds},
                            {"busy_ratio", "busy", Quantity::ratio},
                            {"planned_memory_bytes", "planned memory", Quantity::bytes},
                            {"peak_memory_bytes", "peak memory", Quantity::bytes},
                            {"memory_difference_ratio", "off", Quantity::difference}}};
    util::Seconds all{};
    const auto devices = static_cast<std::uint32_t>(trace.header.devices.size());
    for (std::uint32_t device = 0; device < devices; ++device) all += compute_of(trace, device);
    for (std::uint32_t device = 0; device < devices; ++device) table.rows.push_back(device_row(trace, device, all));
    table.notes.emplace_back("share: of all devices' compute");
    if (!trace.devices.empty())
        table.notes.emplace_back(
            "send: packing messages and handing them over; busy: computing, of the run's wall time");
    if (trace.summary)
        table.notes.emplace_back("peak memory: resident, above what the process took before the model came");
    return table;
}

Table frame_table(const TraceData& trace) {
    Table table{.key = "frames",
                .title = "Frames",
                .columns = {{"frame", "frame", Quantity::count},
                            {"input", "input"},
                            {"latency_ms", "latency", Quantity::milliseconds},
                            {"retries", "retries", Quantity::count},
                            {"remark", "remark"},
                            {"expected", "expected", Quantity::count},
                            {"answer", "answer", Quantity::count, false},
                            {"top", "best classes"}}};
    for (const samples::FrameTrace& frame : trace.kept) {
        std::vector<std::string> top;
        for (const samples::Ranked& ranked : frame.top) top.push_back(answer_text(ranked));
        const bool wrong = frame.expected && !frame.top.empty() && frame.top.front().index != *frame.expected;
        const std::string remark = frame.warmup ? "warm-up" : wrong ? "wrong" : "";
        table.rows.push_back({count_cell(frame.frame), text_cell(frame.input), time_cell(frame.timeline.latency),
                              frame.retries > 0 ? count_cell(frame.retries) : Cell{}, text_cell(remark),
                              frame.expected ? Cell(*frame.expected) : Cell{},
                              frame.top.empty() ? Cell{} : Cell(frame.top.front().index),
                              text_cell(fmt::format("{}", fmt::join(top, ", ")))});
    }
    return table;
}

}  // namespace convoy::report::detail
