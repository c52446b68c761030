#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/cells.hpp"
#include "report/sections.hpp"
#include "report/shown.hpp"

namespace convoy::report::detail {
namespace {

/// What a test bed did to time: its slow motion, and what its senders waited for.
void add_emulation(const samples::TraceHeader& header, Section& section) {
    if (header.dilation != 1) {
        section.lines.push_back({"dilation", fmt::format("measured {} times slower; all times here are divided by it",
                                                         number_text(header.dilation))});
        section.facts.push_back({"dilation", ratio_cell(header.dilation)});
    }
    if (header.start_ups.empty()) return;
    const auto [least, most] = std::ranges::minmax(header.start_ups, {}, &samples::StartUp::time);
    const std::string range = least.time == most.time
                                  ? time_text(most.time)
                                  : fmt::format("{} to {}", time_text(least.time), time_text(most.time));
    section.lines.push_back({"links", fmt::format("emulated: senders waited {} of start-up per message", range)});
    section.facts.push_back({"start_up_emulated_ms", time_cell(most.time)});
}

void add_origin(const TraceData& trace, Section& section) {
    const samples::TraceHeader& header = trace.header;
    if (!header.model_file.empty()) section.lines.push_back({"model", header.model_file});
    if (trace.alone) {
        section.lines.push_back({"devices", devices_text(header)});
        section.facts = {{"devices", header.devices}};
        return;
    }
    const std::string strategy = header.strategy.empty() ? "" : fmt::format(" (strategy: {})", header.strategy);
    section.lines.push_back({"plan", header.plan_file.empty() ? "none: unsplit" : header.plan_file + strategy});
    section.lines.push_back({"devices", devices_text(header)});
    section.facts = {{"generator", header.generator},
                     {"model", header.model_file},
                     {"plan", header.plan_file},
                     {"strategy", header.strategy},
                     {"devices", header.devices}};
    add_emulation(header, section);
}

std::uint64_t frames_of(const TraceData& trace) { return trace.summary ? trace.summary->frames : trace.frames; }

void add_frames(const TraceData& trace, Section& section) {
    const std::uint64_t frames = frames_of(trace);
    const std::uint64_t warmup = trace.summary ? trace.summary->warmup : 0;
    const std::uint64_t retries = trace.summary ? trace.summary->retries : trace.retries;
    const double wall = trace.wall().count();
    std::string text = count_text(frames, "frame");
    if (wall > 0 && frames > 0) {
        const double throughput = trace.summary ? trace.summary->throughput_per_s : static_cast<double>(frames) / wall;
        text += fmt::format(" in {}: {} per second", time_text(trace.wall()), number_text(throughput));
        section.facts.push_back({"throughput_per_s", ratio_cell(throughput)});
    }
    if (warmup > 0) text += fmt::format("; {} of warm-up before, not counted", count_text(warmup, "frame"));
    if (retries > 0) text += fmt::format("; run again from the input: {}", count_text(retries, "time"));
    section.lines.push_back({"frames", text});
    section.facts.push_back({"frames", count_cell(frames)});
    section.facts.push_back({"warmup", count_cell(warmup)});
    section.facts.push_back({"retries", count_cell(retries)});
    section.facts.push_back({"wall_ms", time_cell(trace.wall())});
}

samples::LatencySummary latency_of(const TraceData& trace) {
    if (trace.summary && trace.summary->frames > 0) return trace.summary->latency;
    const auto at = [&](double p) { return util::Seconds(trace.latency.quantile(p)); };
    return {.min = at(0), .p50 = at(0.5), .p95 = at(0.95), .p99 = at(0.99), .max = at(1)};
}

void add_latency(const TraceData& trace, Section& section) {
    const auto predicted = trace.predicted_latency();
    const auto measured = trace.median_latency();
    section.lines.push_back({"latency", predicted_and_measured(predicted, measured)});
    section.facts.push_back({"latency_predicted_ms", time_cell(predicted)});
    section.facts.push_back({"latency_p50_ms", time_cell(measured)});
    section.facts.push_back({"latency_difference_ratio", difference_cell(predicted, measured)});
    if (!measured) return;
    const samples::LatencySummary latency = latency_of(trace);
    section.facts.push_back({"latency_min_ms", time_cell(latency.min)});
    section.facts.push_back({"latency_p95_ms", time_cell(latency.p95)});
    section.facts.push_back({"latency_max_ms", time_cell(latency.max)});
    if (frames_of(trace) < 2) return;
    section.lines.push_back(
        {"", fmt::format("least {}, median {}, 95 % of frames within {}, most {}", time_text(latency.min),
                         time_text(latency.p50), time_text(latency.p95), time_text(latency.max))});
}

void add_accuracy(const TraceData& trace, Section& section) {
    const samples::Accuracy accuracy =
        trace.summary ? trace.summary->accuracy.value_or(samples::Accuracy{}) : trace.accuracy;
    if (accuracy.labelled == 0) return;
    const double share = static_cast<double>(accuracy.correct) / static_cast<double>(accuracy.labelled);
    section.lines.push_back({"accuracy", fmt::format("{}: {} of {}", percent_text(share), accuracy.correct,
                                                     count_text(accuracy.labelled, "labelled frame"))});
    section.facts.push_back({"accuracy_ratio", ratio_cell(share)});
    section.facts.push_back({"correct", count_cell(accuracy.correct)});
    section.facts.push_back({"labelled", count_cell(accuracy.labelled)});
}

std::string verify_text(const samples::VerifySummary& verify) {
    std::string text;
    if (verify.mismatches > 0 || verify.outcome == "mismatch") {
        text = fmt::format(
            "MISMATCH in {} of {}: the largest error is {:.2g} of the largest magnitude, {:.2g} is promised",
            verify.mismatches, count_text(verify.frames, "frame"), verify.largest_error, verify.bound);
    } else if (verify.outcome == "bit for bit") {
        text = fmt::format("bit for bit the unsplit model's outputs, in {}", count_text(verify.frames, "frame"));
    } else {
        text = fmt::format("{}, in {}: the largest error is {:.2g} of the largest magnitude, {:.2g} is promised",
                           verify.outcome, count_text(verify.frames, "frame"), verify.largest_error, verify.bound);
    }
    if (!verify.inexact.empty()) text += fmt::format("; not bit-equal when cut: {}", fmt::join(verify.inexact, ", "));
    return text;
}

void add_verify(const TraceData& trace, Section& section) {
    if (!trace.summary || !trace.summary->verify) return;
    const samples::VerifySummary& verify = *trace.summary->verify;
    section.lines.push_back({"verify", verify_text(verify)});
    section.facts.push_back({"verify", verify.outcome});
    section.facts.push_back({"verify_largest_error", verify.largest_error});
    section.facts.push_back({"verify_bound", verify.bound});
    section.facts.push_back({"verify_frames", count_cell(verify.frames)});
    section.facts.push_back({"verify_mismatches", count_cell(verify.mismatches)});
    section.facts.push_back({"verify_inexact", verify.inexact});
}

void add_traffic(const TraceData& trace, Section& section) {
    const std::optional<double> bytes = trace.bytes_per_frame();
    if (!bytes || trace.links.empty()) return;
    std::uint64_t messages = 0;
    for (const auto& [key, flow] : trace.links) messages += flow.messages;
    const double per_frame = static_cast<double>(messages) / static_cast<double>(trace.frames);
    section.lines.push_back(
        {"traffic", fmt::format("{} in {} messages per frame, over {}", bytes_text(util::Bytes(std::llround(*bytes))),
                                number_text(per_frame), count_text(trace.links.size(), "link"))});
    section.facts.push_back({"payload_bytes_per_frame", ratio_cell(*bytes)});
    section.facts.push_back({"messages_per_frame", ratio_cell(per_frame)});
}

void add_warnings(const TraceData& trace, Section& section) {
    if (!trace.cut_off.empty())
        section.warnings.push_back(
            fmt::format("the trace is cut off ({}): this is what it tells until then", trace.cut_off));
    else if (!trace.summary)
        section.warnings.push_back("the run was stopped: the trace has no summary, this is what its frames tell");
    if (trace.latency.sampled())
        section.warnings.push_back(fmt::format("medians are of {} frames picked at random", Reservoir::kSize));
    if (trace.routes > 1 && trace.predicted)
        section.warnings.push_back("frames took several routes; the prediction is of the first one");
    section.facts.push_back({"complete", trace.summary && trace.cut_off.empty()});
}

}  // namespace

std::string devices_text(const samples::TraceHeader& header) {
    std::vector<std::string> texts;
    for (std::uint32_t i = 0; i < header.devices.size(); ++i) {
        std::vector<std::string> roles;
        if (i == header.source) roles.emplace_back("source");
        if (i == header.sink) roles.emplace_back("sink");
        const auto stretch = header.stretch.find(header.devices[i]);
        if (stretch != header.stretch.end() && stretch->second != 1)
            roles.push_back(fmt::format("emulated, {} times slower", number_text(stretch->second)));
        texts.push_back(header.devices[i] + (roles.empty() ? "" : fmt::format(" ({})", fmt::join(roles, ", "))));
    }
    return fmt::format("{}", fmt::join(texts, ", "));
}

std::string predicted_and_measured(std::optional<util::Seconds> predicted, std::optional<util::Seconds> measured) {
    if (!measured) return predicted ? fmt::format("predicted {}", time_text(*predicted)) : "not measured";
    if (!predicted) return fmt::format("measured {}", time_text(*measured));
    const auto ratio = difference(predicted, measured);
    return fmt::format("predicted {}, measured {}{}", time_text(*predicted), time_text(*measured),
                       ratio ? fmt::format(" ({})", difference_text(*ratio)) : "");
}

void add_table(Section& section, Table table) {
    if (table.rows.empty()) return;
    for (std::size_t i = table.columns.size(); i-- > 0;) {
        bool empty = true;
        for (const auto& row : table.rows) empty &= std::holds_alternative<std::monostate>(row[i]);
        if (!empty) continue;
        const auto column = static_cast<std::ptrdiff_t>(i);
        table.columns.erase(table.columns.begin() + column);
        for (auto& row : table.rows) row.erase(row.begin() + column);
    }
    section.tables.push_back(std::move(table));
}

Section trace_section(const TraceData& trace) {
    Section section{.file = trace.file, .kind = "trace", .title = trace.alone ? "the summary of a run" : "a run"};
    if (!trace.header.generator.empty()) section.title += " of " + trace.header.generator;
    add_origin(trace, section);
    add_frames(trace, section);
    add_latency(trace, section);
    add_accuracy(trace, section);
    add_verify(trace, section);
    add_traffic(trace, section);
    add_warnings(trace, section);
    add_table(section, stage_table(trace));
    add_table(section, link_table(trace));
    add_table(section, device_table(trace));
    add_table(section, frame_table(trace));
    return section;
}

}  // namespace convoy::report::detail
