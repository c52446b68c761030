#include <fmt/format.h>

#include "cli/table.hpp"
#include "run/frames.hpp"

namespace convoy::tools {
namespace {

using cli::Table;

std::string emulation_lines(const samples::TraceHeader& header) {
    std::vector<std::string> parts;
    for (const auto& [device, factor] : header.stretch)
        parts.push_back(fmt::format("{} {:.4g} times slower than it is", device, factor));
    if (!header.start_ups.empty()) parts.push_back("the links' start-up is waited by the senders");
    if (header.dilation != 1) parts.push_back(fmt::format("all times are {:.4g} times those meant", header.dilation));
    return parts.empty() ? "" : fmt::format("emulated     {}\n", fmt::join(parts, ", "));
}

std::string latency_lines(const samples::TraceSummary& summary, const samples::TraceHeader& header) {
    const samples::LatencySummary& latency = summary.latency;
    std::string text = fmt::format("{} frame{}", summary.frames, summary.frames == 1 ? "" : "s");
    if (summary.warmup > 0) text += fmt::format(" after {} of warm-up", summary.warmup);
    text += fmt::format(" on {}\n", fmt::join(summary.devices, ", "));
    text += fmt::format("latency      p50 {:.3f} ms, p95 {:.3f} ms, min {:.3f} ms, max {:.3f} ms; {:.4g} frames/s\n",
                        util::milliseconds(latency.p50), util::milliseconds(latency.p95),
                        util::milliseconds(latency.min), util::milliseconds(latency.max), summary.throughput_per_s);
    if (header.predicted && header.predicted->latency.count() > 0 && latency.p50.count() > 0)
        text +=
            fmt::format("predicted    {:.3f} ms; measured {:+.0f} %\n", util::milliseconds(header.predicted->latency),
                        (latency.p50 / header.predicted->latency - 1) * 100);
    return text + emulation_lines(header);
}

std::string result_lines(const samples::TraceSummary& summary) {
    std::string text;
    if (summary.accuracy && summary.accuracy->labelled > 0)
        text += fmt::format(
            "accuracy     {} of {} ({:.2f} %)\n", summary.accuracy->correct, summary.accuracy->labelled,
            100.0 * static_cast<double>(summary.accuracy->correct) / static_cast<double>(summary.accuracy->labelled));
    if (!summary.verify) return text;
    const samples::VerifySummary& verify = *summary.verify;
    text += fmt::format("verify       {} frames against the unsplit model: {}", verify.frames, verify.outcome);
    if (verify.outcome != "bit for bit")
        text += fmt::format(", largest error {:.2g} of the largest magnitude (bound {:.2g})", verify.largest_error,
                            verify.bound);
    text += '\n';
    if (!verify.inexact.empty())
        text += fmt::format("             not bit for bit when cut: {}\n", fmt::join(verify.inexact, ", "));
    return text;
}

Table::Cell megabytes(const std::optional<util::Bytes>& amount) {
    return amount ? Table::fixed(static_cast<double>(amount->value) * 1e-6, 1) : Table::Cell("");
}

std::string device_table(const samples::TraceSummary& summary) {
    Table table({"device", "compute ms/frame", "share %", "peak MB", "planned MB"});
    for (const samples::DeviceSummary& device : summary.device_summaries)
        table.add(
            {summary.devices.at(device.device),
             Table::fixed(
                 summary.frames == 0 ? 0 : util::milliseconds(device.compute) / static_cast<double>(summary.frames), 3),
             Table::fixed(device.share * 100, 1), megabytes(device.peak_memory), megabytes(device.planned_memory)});
    return table.to_string(cli::TableFormat::text);
}

std::string link_table(const samples::TraceSummary& summary) {
    const auto frames = static_cast<double>(summary.frames + summary.warmup);
    Table table({"link", "messages/frame", "bytes/frame"});
    for (const samples::LinkSummary& link : summary.links)
        table.add({fmt::format("{} -> {}", summary.devices.at(link.from), summary.devices.at(link.to)),
                   Table::fixed(static_cast<double>(link.messages) / frames, 1),
                   Table::fixed(static_cast<double>(link.payload.value) / frames, 0)});
    return table.empty() ? "" : "\n" + table.to_string(cli::TableFormat::text);
}

}  // namespace

std::string summary_text(const samples::TraceSummary& summary, const samples::TraceHeader& header) {
    return latency_lines(summary, header) + result_lines(summary) + "\n" + device_table(summary) + link_table(summary);
}

}  // namespace convoy::tools
