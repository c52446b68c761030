#include "runtime/trace.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace convoy::runtime {
namespace {

using plan::index;

std::int32_t stage_number(plan::StageId stage) {
    return stage == plan::kInputStage ? -1 : static_cast<std::int32_t>(stage);
}

samples::Activity activity_of(Span::Kind kind) {
    switch (kind) {
        case Span::Kind::wait:
            return samples::Activity::wait;
        case Span::Kind::send:
            return samples::Activity::send;
        case Span::Kind::compute:
        case Span::Kind::reduce:
            return samples::Activity::compute;
    }
    return samples::Activity::compute;
}

void add_spans(const DeviceFrame& device, util::Seconds start, std::vector<samples::Span>& spans) {
    for (const Span& span : device.record.spans)
        spans.push_back({.device = static_cast<std::uint32_t>(device.device),
                         .stage = stage_number(span.stage),
                         .piece = span.piece,
                         .activity = activity_of(span.kind),
                         .begin = span.begin - start,
                         .end = span.end - start,
                         .stretched = span.waited});
}

using MessageKey = std::tuple<plan::StageId, std::uint32_t, graph::TensorId, plan::DeviceId, plan::DeviceId>;

/// Joins what the sender saw of a message with what the receiver saw of it.
std::vector<samples::Transfer> transfers_of(const FrameResult& result, const plan::Compiled& compiled,
                                            const graph::Graph& graph, const std::vector<samples::StartUp>& start_ups) {
    std::map<MessageKey, samples::Transfer> transfers;
    for (const DeviceFrame& device : result.devices) {
        const plan::Program& program = compiled.program(result.route, device.device);
        for (const Passage& passage : device.record.passages) {
            if (passage.message >= program.messages.size()) continue;
            const plan::Message& message = program.messages[passage.message];
            samples::Transfer& transfer =
                transfers[{message.stage, message.piece, message.tensor, message.sender, message.receiver}];
            transfer.from = static_cast<std::uint32_t>(message.sender);
            transfer.to = static_cast<std::uint32_t>(message.receiver);
            transfer.stage = stage_number(message.stage);
            transfer.piece = message.piece;
            transfer.tensor = graph.tensor(message.tensor).name;
            transfer.bytes = message.payload;
            (message.sender == device.device ? transfer.begin : transfer.end) = passage.at - result.begin;
        }
    }
    std::vector<samples::Transfer> ordered;
    for (auto& [key, transfer] : transfers) {
        // The two clocks are compared by an estimate, which a fast message can be below.
        transfer.end = std::max(transfer.end, transfer.begin);
        for (const samples::StartUp& link : start_ups)
            if (link.from == transfer.from && link.to == transfer.to) transfer.start_up = link.time;
        ordered.push_back(std::move(transfer));
    }
    std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
    return ordered;
}

}  // namespace

samples::FrameTrace frame_trace(const FrameResult& result, const plan::Compiled& compiled, const graph::Graph& graph,
                                const std::vector<samples::StartUp>& start_ups) {
    samples::FrameTrace trace;
    trace.frame = result.frame;
    trace.route = static_cast<std::uint32_t>(result.route);
    trace.timeline.latency = result.end - result.begin;
    for (const DeviceFrame& device : result.devices) add_spans(device, result.begin, trace.timeline.spans);
    trace.timeline.transfers = transfers_of(result, compiled, graph, start_ups);
    return trace;
}

RunSummary::RunSummary(std::vector<std::string> devices) : compute_(devices.size()) {
    summary_.devices = std::move(devices);
}

void RunSummary::add(const FrameResult& result, bool warm_up) {
    if (warm_up) {
        ++summary_.warmup;
        return;
    }
    if (summary_.frames == 0) {
        first_begin_ = result.begin;
        paused_ = {};
    }
    ++summary_.frames;
    last_end_ = std::max(last_end_, result.end);
    latencies_.push_back(result.end - result.begin);
    for (const DeviceFrame& device : result.devices) compute_[index(device.device)] += device.record.compute;
}

samples::TraceSummary RunSummary::finish(const std::vector<DeviceTotals>& totals) const {
    samples::TraceSummary summary = summary_;
    summary.latency = samples::summarize_latency(latencies_);
    summary.wall = std::max(last_end_ - first_begin_ - paused_, util::Seconds{});
    if (summary.wall.count() > 0) summary.throughput_per_s = static_cast<double>(summary.frames) / summary.wall.count();
    util::Seconds all{};
    for (const util::Seconds compute : compute_) all += compute;
    for (std::size_t i = 0; i < compute_.size(); ++i) {
        samples::DeviceSummary device;
        device.device = static_cast<std::uint32_t>(i);
        device.compute = compute_[i];
        device.share = all.count() > 0 ? compute_[i] / all : 0;
        summary.device_summaries.push_back(device);
    }
    for (const DeviceTotals& device : totals) {
        samples::DeviceSummary& memory = summary.device_summaries[index(device.device)];
        memory.peak_memory = std::max(util::Bytes{}, device.peak_resident - device.base_resident);
        memory.base_memory = device.base_resident;
        if (device.planned.value > 0) memory.planned_memory = device.planned;
        for (const SentTo& sent : device.sent) {
            if (sent.traffic.messages == 0) continue;
            summary.links.push_back({.from = static_cast<std::uint32_t>(device.device),
                                     .to = static_cast<std::uint32_t>(sent.receiver),
                                     .messages = sent.traffic.messages,
                                     .payload = util::Bytes(static_cast<std::int64_t>(sent.traffic.payload_bytes)),
                                     .sent = util::Bytes(static_cast<std::int64_t>(sent.traffic.payload_bytes +
                                                                                   sent.traffic.header_bytes))});
        }
    }
    return summary;
}

}  // namespace convoy::runtime
