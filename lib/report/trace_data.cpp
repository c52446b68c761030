#include "report/trace_data.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/shown.hpp"
#include "report/undilated.hpp"

namespace convoy::report::detail {
namespace {

void add_efforts(const Effort& effort, TraceData::Efforts& efforts) {
    efforts.compute.add(effort.compute.count());
    efforts.wait.add(effort.wait.count());
    efforts.send.add(effort.send.count());
    efforts.total += effort.compute;
}

void add_totals(const FrameTotals& totals, TraceData& data) {
    for (const auto& [key, effort] : totals.stages) add_efforts(effort, data.stages[key]);
    for (const auto& [device, effort] : totals.devices) add_efforts(effort, data.devices[device]);
    for (const auto& [key, traffic] : totals.links) {
        TraceData::Flow& flow = data.links[key];
        flow.busy.add(traffic.busy.count());
        ++flow.frames;
        flow.messages += traffic.messages;
        flow.payload += traffic.payload;
    }
}

void count_answer(const samples::FrameTrace& frame, samples::Accuracy& accuracy) {
    if (!frame.expected || frame.top.empty()) return;
    ++accuracy.labelled;
    accuracy.correct += frame.top.front().index == *frame.expected;
}

void add_frame(samples::FrameTrace frame, bool keep, TraceData& data) {
    if (!frame.warmup) {
        const util::Seconds end = frame.start + frame.timeline.latency;
        data.begin = data.frames == 0 ? frame.start : std::min(data.begin, frame.start);
        data.end = data.frames == 0 ? end : std::max(data.end, end);
        ++data.frames;
        data.routes = std::max<std::uint64_t>(data.routes, std::uint64_t{frame.route} + 1);
        data.retries += frame.retries;
        data.latency.add(frame.timeline.latency.count());
        count_answer(frame, data.accuracy);
        add_totals(add_up(frame.timeline, frame.route), data);
    }
    if (!keep) return;
    frame.timeline.spans.clear();
    frame.timeline.transfers.clear();
    data.kept.push_back(std::move(frame));
}

std::string where_text(const util::Error& error) {
    return error.where() ? fmt::format("in line {}: {}", error.where()->line, error.message()) : error.message();
}

/// What is wrong with the last document of a file that was cut off is noted instead of thrown.
std::optional<samples::TraceReader::Part> next_part(samples::TraceReader& reader, bool cut_off, TraceData& data) {
    try {
        return reader.next();
    } catch (const util::Error& error) {
        if (!cut_off || error.code() != util::Errc::data) throw;
        data.cut_off = where_text(error);
        return std::nullopt;
    }
}

using Use = std::function<void(samples::FrameTrace)>;

/// Uses one document. The last frame of a file that was cut off is left out: nobody knows what is missing in it.
void use_part(samples::TraceReader::Part part, bool unfinished, const Use& use, TraceData& data) {
    const double dilation = data.header.dilation;
    if (auto* summary = std::get_if<samples::TraceSummary>(&part)) {
        undilate(*summary, dilation);
        data.summary = std::move(*summary);
    }
    auto* frame = std::get_if<samples::FrameTrace>(&part);
    if (!frame) return;
    if (unfinished) {
        data.cut_off = fmt::format("within frame {}", frame->frame);
    } else {
        undilate(*frame, dilation);
        use(std::move(*frame));
    }
}

void read_parts(samples::TraceReader& reader, bool cut_off, const Use& use, TraceData& data) {
    std::optional<samples::TraceReader::Part> part = next_part(reader, cut_off, data);
    while (part) {
        std::optional<samples::TraceReader::Part> following = next_part(reader, cut_off, data);
        use_part(std::move(*part), cut_off && !following && data.cut_off.empty(), use, data);
        part = std::move(following);
    }
}

}  // namespace

util::Seconds TraceData::wall() const {
    if (summary) return summary->wall;
    return frames == 0 && predicted ? predicted->latency : end - begin;
}

std::optional<util::Seconds> TraceData::median_latency() const {
    if (summary && summary->frames > 0) return summary->latency.p50;
    return median_time(latency);
}

std::optional<util::Seconds> TraceData::predicted_latency() const {
    if (!predicted || predicted->latency.count() <= 0) return std::nullopt;
    return predicted->latency;
}

std::optional<double> TraceData::bytes_per_frame() const {
    if (frames == 0) return std::nullopt;
    double bytes = 0;
    for (const auto& [key, flow] : links) bytes += static_cast<double>(flow.payload.value);
    return bytes / static_cast<double>(frames);
}

std::string TraceData::stage_name(const StageKey& key) const {
    if (key.stage < 0) return "(input)";
    const auto stage = static_cast<std::size_t>(key.stage);
    return key.route == 0 && stage < header.stages.size() ? header.stages[stage] : "";
}

std::optional<util::Seconds> median_time(const Reservoir& seconds) {
    if (seconds.empty()) return std::nullopt;
    return util::Seconds(seconds.median());
}

std::string median_title(const TraceData& trace) {
    return trace.frames == 0 ? "per frame" : fmt::format("per frame, median of {}", count_text(trace.frames, "frame"));
}

TraceData read_trace(const util::FileView& file, bool keep_frames) {
    samples::TraceReader reader(file);
    TraceData data;
    data.file = file.name();
    data.header = reader.header();
    undilate(data.header);
    if (data.header.predicted) data.predicted = add_up(*data.header.predicted, 0);
    data.alone = reader.summary_alone();
    const auto use = [&](samples::FrameTrace frame) { add_frame(std::move(frame), keep_frames, data); };
    read_parts(reader, !file.text().ends_with('\n'), use, data);
    return data;
}

void each_frame(const util::FileView& file, const std::function<void(samples::FrameTrace)>& use) {
    samples::TraceReader reader(file);
    TraceData data;
    data.header = reader.header();
    const auto use_counted = [&](samples::FrameTrace frame) {
        if (!frame.warmup) use(std::move(frame));
    };
    read_parts(reader, !file.text().ends_with('\n'), use_counted, data);
}

}  // namespace convoy::report::detail
