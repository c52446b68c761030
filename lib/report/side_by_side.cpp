#include <fmt/format.h>

#include <algorithm>

#include "report/cells.hpp"
#include "report/sections.hpp"
#include "report/shown.hpp"

namespace convoy::report::detail {
namespace {

/// The largest share of the compute that one device has; nothing when nothing was computed.
std::optional<double> largest_share(const TraceData& trace) {
    util::Seconds all{};
    util::Seconds largest{};
    const auto take = [&](util::Seconds compute) {
        all += compute;
        largest = std::max(largest, compute);
    };
    if (trace.summary) {
        for (const samples::DeviceSummary& device : trace.summary->device_summaries) take(device.compute);
    } else {
        for (const auto& [device, efforts] : trace.devices) take(efforts.total);
    }
    if (all.count() <= 0) return std::nullopt;
    return largest / all;
}

std::optional<util::Seconds> best_latency(std::span<const TraceData> traces) {
    std::optional<util::Seconds> best;
    for (const TraceData& trace : traces) {
        const auto latency = trace.median_latency();
        if (latency && (!best || *latency < *best)) best = latency;
    }
    return best;
}

Cell latency_at_95(const TraceData& trace) {
    if (trace.summary && trace.summary->frames > 0) return time_cell(trace.summary->latency.p95);
    return trace.latency.empty() ? Cell{} : time_cell(util::Seconds(trace.latency.quantile(0.95)));
}

Cell throughput(const TraceData& trace) {
    if (trace.summary) return ratio_cell(trace.summary->throughput_per_s);
    if (trace.wall().count() <= 0) return {};
    return ratio_cell(static_cast<double>(trace.frames) / trace.wall().count());
}

Cell accuracy(const TraceData& trace) {
    const samples::Accuracy value =
        trace.summary ? trace.summary->accuracy.value_or(samples::Accuracy{}) : trace.accuracy;
    return value.labelled == 0 ? Cell{}
                               : ratio_cell(static_cast<double>(value.correct) / static_cast<double>(value.labelled));
}

std::vector<Cell> row_of(const TraceData& trace, std::optional<util::Seconds> best) {
    const auto predicted = trace.predicted_latency();
    const auto measured = trace.median_latency();
    const auto bytes = trace.bytes_per_frame();
    const auto share = largest_share(trace);
    const bool verified = trace.summary && trace.summary->verify;
    return {trace.file,
            trace.alone                      ? Cell{}
            : trace.header.plan_file.empty() ? Cell("unsplit")
                                             : Cell(trace.header.strategy),
            count_cell(trace.header.devices.size()),
            count_cell(trace.summary ? trace.summary->frames : trace.frames),
            time_cell(predicted),
            time_cell(measured),
            difference_cell(predicted, measured),
            latency_at_95(trace),
            measured && best->count() > 0 ? ratio_cell(*measured / *best) : Cell{},
            throughput(trace),
            bytes ? ratio_cell(*bytes) : Cell{},
            share ? ratio_cell(*share) : Cell{},
            accuracy(trace),
            verified ? Cell(trace.summary->verify->outcome) : Cell{}};
}

}  // namespace

Section side_by_side(std::span<const TraceData> traces) {
    Table table{.key = "traces",
                .title = "",
                .columns = {{"trace", "trace"},
                            {"strategy", "strategy"},
                            {"devices", "devices", Quantity::count},
                            {"frames", "frames", Quantity::count},
                            {"latency_predicted_ms", "predicted", Quantity::milliseconds},
                            {"latency_p50_ms", "median", Quantity::milliseconds},
                            {"latency_difference_ratio", "off", Quantity::difference},
                            {"latency_p95_ms", "95 %", Quantity::milliseconds},
                            {"ratio_to_best", "to best", Quantity::real},
                            {"throughput_per_s", "frames", Quantity::per_second},
                            {"payload_bytes_per_frame", "traffic", Quantity::bytes},
                            {"largest_share_ratio", "largest share", Quantity::ratio},
                            {"accuracy_ratio", "accuracy", Quantity::ratio},
                            {"verify", "verify"}}};
    const auto best = best_latency(traces);
    for (const TraceData& trace : traces) table.rows.push_back(row_of(trace, best));
    table.notes.emplace_back(
        "to best: median latency over the least of these; traffic: payload per frame on all links");
    Section section{.file = "", .kind = "trace", .title = fmt::format("{} traces side by side", traces.size())};
    add_table(section, std::move(table));
    return section;
}

}  // namespace convoy::report::detail
