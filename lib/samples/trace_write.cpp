#include <algorithm>

#include "samples/trace.hpp"
#include "samples/trace_schema.hpp"
#include "util/statistics.hpp"

namespace convoy::samples {

using yaml::Value;

LatencySummary summarize_latency(const std::vector<util::Seconds>& latencies) {
    if (latencies.empty()) return {};
    std::vector<double> seconds;
    for (const util::Seconds latency : latencies) seconds.push_back(latency.count());
    const auto at = [&](double p) { return util::Seconds(util::quantile(seconds, p)); };
    return {util::Seconds(util::mean(seconds)), at(0), at(0.5), at(0.95), at(0.99), at(1)};
}

namespace {

Value header_value(const TraceHeader& header) {
    Value stretch = Value::map();
    for (const auto& [device, factor] : header.stretch) stretch.set(device, factor);
    Value value = Value::map({{"part", "header"},
                              {"generator", header.generator},
                              {"plan", header.plan_file},
                              {"plan_sha256", header.plan_sha256},
                              {"model", header.model_file},
                              {"model_sha256", header.model_sha256},
                              {"strategy", header.strategy},
                              {"devices", header.devices},
                              {"source", header.devices.at(header.source)},
                              {"sink", header.devices.at(header.sink)},
                              {"stages", header.stages},
                              {"stretch", stretch}});
    Value start_ups = Value::sequence();
    for (const StartUp& link : header.start_ups)
        start_ups.push(Value::map({{"from", header.devices.at(link.from)},
                                   {"to", header.devices.at(link.to)},
                                   {"start_up_ms", written_ms(link.time)}})
                           .flow());
    if (!header.start_ups.empty()) value.set("start_ups", start_ups);
    if (header.dilation != 1) value.set("dilation", header.dilation);
    Value labels = Value::map();
    for (const auto& [name, text] : header.labels) labels.set(name, text);
    if (!header.labels.empty()) value.set("labels", labels);
    if (header.predicted) value.set("predicted", to_value(*header.predicted, header.devices));
    return value;
}

Value frame_value(const FrameTrace& frame, const std::vector<std::string>& devices) {
    Value top = Value::sequence();
    for (const Ranked& ranked : frame.top) {
        Value item = Value::map({{"index", ranked.index}});
        if (!ranked.label.empty()) item.set("label", ranked.label);
        top.push(std::move(item.set("score", ranked.score)).flow());
    }
    Value value = Value::map({{"part", "frame"},
                              {"frame", frame.frame},
                              {"input", frame.input},
                              {"route", frame.route},
                              {"start_ms", written_ms(frame.start)},
                              {"retries", frame.retries}});
    if (frame.warmup) value.set("warmup", true);
    if (frame.expected) value.set("expected", *frame.expected);
    return value.set("top", top).set("timeline", to_value(frame.timeline, devices));
}

Value latency_value(const LatencySummary& latency) {
    return Value::map({{"mean", written_ms(latency.mean)},
                       {"min", written_ms(latency.min)},
                       {"p50", written_ms(latency.p50)},
                       {"p95", written_ms(latency.p95)},
                       {"p99", written_ms(latency.p99)},
                       {"max", written_ms(latency.max)}})
        .flow();
}

Value devices_value(const TraceSummary& summary) {
    Value devices = Value::sequence();
    for (const DeviceSummary& device : summary.device_summaries) {
        Value value = Value::map({{"device", summary.devices.at(device.device)},
                                  {"compute_ms", written_ms(device.compute)},
                                  {"share", device.share}});
        if (device.peak_memory) value.set("peak_memory_bytes", device.peak_memory->value);
        if (device.planned_memory) value.set("planned_memory_bytes", device.planned_memory->value);
        if (device.base_memory) value.set("base_memory_bytes", device.base_memory->value);
        if (device.stretch != 1) value.set("stretch", device.stretch);
        devices.push(std::move(value).flow());
    }
    return devices;
}

Value links_value(const TraceSummary& summary) {
    Value links = Value::sequence();
    for (const LinkSummary& link : summary.links) {
        links.push(Value::map({{"from", summary.devices.at(link.from)},
                               {"to", summary.devices.at(link.to)},
                               {"messages", link.messages},
                               {"payload_bytes", link.payload.value},
                               {"sent_bytes", link.sent.value}})
                       .flow());
    }
    return links;
}

Value verify_value(const VerifySummary& verify) {
    return Value::map({{"outcome", verify.outcome},
                       {"largest_error", verify.largest_error},
                       {"bound", verify.bound},
                       {"frames", verify.frames},
                       {"mismatches", verify.mismatches},
                       {"inexact", verify.inexact}});
}

Value accuracy_value(const Accuracy& accuracy) {
    const double ratio =
        accuracy.labelled == 0 ? 0 : static_cast<double>(accuracy.correct) / static_cast<double>(accuracy.labelled);
    return Value::map({{"correct", accuracy.correct}, {"labelled", accuracy.labelled}, {"ratio", ratio}}).flow();
}

Value summary_value(const TraceSummary& summary) {
    Value value = Value::map({{"part", "summary"},
                              {"frames", summary.frames},
                              {"warmup", summary.warmup},
                              {"wall_ms", written_ms(summary.wall)},
                              {"latency_ms", latency_value(summary.latency)},
                              {"throughput_per_s", summary.throughput_per_s},
                              {"retries", summary.retries},
                              {"devices", devices_value(summary)},
                              {"links", links_value(summary)}});
    if (summary.verify) value.set("verify", verify_value(*summary.verify));
    if (summary.accuracy) value.set("accuracy", accuracy_value(*summary.accuracy));
    return value;
}

}  // namespace

std::string write_summary(const TraceSummary& summary, yaml::Format format) {
    return yaml::write_document(detail::summary_kind(), summary_value(summary), format);
}

std::string trace_document(const TraceHeader& header, yaml::Format format) {
    return yaml::write_stream_document(detail::header_kind(), header_value(header), format);
}

std::string trace_document(const FrameTrace& frame, const std::vector<std::string>& devices, yaml::Format format) {
    return yaml::write_stream_document(detail::frame_kind(), frame_value(frame, devices), format);
}

std::string trace_document(const TraceSummary& summary, yaml::Format format) {
    return yaml::write_stream_document(detail::summary_kind(), summary_value(summary), format);
}

}  // namespace convoy::samples
