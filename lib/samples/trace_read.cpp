#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "samples/trace.hpp"
#include "samples/trace_schema.hpp"
#include "yaml/node.hpp"

namespace convoy::samples {

using yaml::Reader;

namespace {

std::uint32_t device_of(const Reader& reader, const std::vector<std::string>& devices) {
    const std::string name = reader.string();
    const auto found = std::find(devices.begin(), devices.end(), name);
    if (found == devices.end()) reader.fail(fmt::format("unknown device '{}'", name), util::suggestion(name, devices));
    return static_cast<std::uint32_t>(found - devices.begin());
}

std::uint64_t count(const Reader& reader) { return static_cast<std::uint64_t>(reader.integer()); }

util::Seconds time(const Reader& reader) { return util::from_milliseconds(reader.number()); }

TraceHeader read_header(const Reader& reader) {
    TraceHeader header;
    header.generator = reader["generator"].string();
    header.plan_file = reader["plan"].string();
    header.plan_sha256 = reader["plan_sha256"].string();
    header.model_file = reader["model"].string();
    header.model_sha256 = reader["model_sha256"].string();
    header.strategy = reader["strategy"].string();
    header.devices = reader["devices"].strings();
    header.source = device_of(reader["source"], header.devices);
    header.sink = device_of(reader["sink"], header.devices);
    header.stages = reader["stages"].strings();
    for (const auto& entry : reader["stretch"].entries()) header.stretch[entry.name] = entry.value.number();
    header.dilation = reader["dilation"].number();
    for (const auto& entry : reader["labels"].entries()) header.labels[entry.name] = entry.value.string();
    for (const Reader& item : reader["start_ups"].items())
        header.start_ups.push_back({device_of(item["from"], header.devices), device_of(item["to"], header.devices),
                                    time(item["start_up_ms"])});
    if (const auto predicted = reader.optional("predicted")) {
        header.predicted = read_timeline(*predicted, header.devices);
    }
    return header;
}

FrameTrace read_frame(const Reader& reader, const std::vector<std::string>& devices) {
    FrameTrace frame;
    frame.frame = count(reader["frame"]);
    frame.input = reader["input"].string();
    frame.route = static_cast<std::uint32_t>(count(reader["route"]));
    frame.start = time(reader["start_ms"]);
    frame.retries = static_cast<std::uint32_t>(count(reader["retries"]));
    frame.warmup = reader["warmup"].boolean();
    if (const auto expected = reader.optional("expected")) frame.expected = expected->integer();
    for (const Reader& item : reader["top"].items()) {
        frame.top.push_back({item["index"].integer(), item["label"].string(), item["score"].number()});
    }
    frame.timeline = read_timeline(reader["timeline"], devices);
    return frame;
}

LatencySummary read_latency(const Reader& reader) {
    return {time(reader["mean"]), time(reader["min"]), time(reader["p50"]),
            time(reader["p95"]),  time(reader["p99"]), time(reader["max"])};
}

DeviceSummary read_device(const Reader& reader, const std::vector<std::string>& devices) {
    DeviceSummary device;
    device.device = device_of(reader["device"], devices);
    device.compute = time(reader["compute_ms"]);
    device.share = reader["share"].number();
    if (const auto memory = reader.optional("peak_memory_bytes")) device.peak_memory = util::Bytes(memory->integer());
    if (const auto memory = reader.optional("planned_memory_bytes"))
        device.planned_memory = util::Bytes(memory->integer());
    if (const auto memory = reader.optional("base_memory_bytes")) device.base_memory = util::Bytes(memory->integer());
    device.stretch = reader["stretch"].number();
    return device;
}

LinkSummary read_link(const Reader& reader, const std::vector<std::string>& devices) {
    return {device_of(reader["from"], devices), device_of(reader["to"], devices), count(reader["messages"]),
            util::Bytes(reader["payload_bytes"].integer()), util::Bytes(reader["sent_bytes"].integer())};
}

VerifySummary read_verify(const Reader& reader) {
    return {reader["outcome"].string(), reader["largest_error"].number(), reader["bound"].number(),
            count(reader["frames"]),    count(reader["mismatches"]),      reader["inexact"].strings()};
}

TraceSummary read_summary(const Reader& reader, const std::vector<std::string>& devices) {
    TraceSummary summary;
    summary.devices = devices;
    summary.frames = count(reader["frames"]);
    summary.warmup = count(reader["warmup"]);
    summary.wall = time(reader["wall_ms"]);
    summary.latency = read_latency(reader["latency_ms"]);
    summary.throughput_per_s = reader["throughput_per_s"].number();
    summary.retries = count(reader["retries"]);
    for (const Reader& item : reader["devices"].items()) {
        summary.device_summaries.push_back(read_device(item, devices));
    }
    for (const Reader& item : reader["links"].items()) summary.links.push_back(read_link(item, devices));
    if (const auto verify = reader.optional("verify")) summary.verify = read_verify(*verify);
    if (const auto accuracy = reader.optional("accuracy")) {
        summary.accuracy = Accuracy{count((*accuracy)["correct"]), count((*accuracy)["labelled"])};
    }
    return summary;
}

/// Names the devices of a summary that stands alone.
TraceHeader header_for(const Reader& summary) {
    TraceHeader header;
    header.source = header.sink = std::numeric_limits<std::uint32_t>::max();
    const auto add = [&](const Reader& name) {
        const std::string device = name.string();
        if (std::find(header.devices.begin(), header.devices.end(), device) == header.devices.end())
            header.devices.push_back(device);
    };
    for (const Reader& item : summary["devices"].items()) add(item["device"]);
    for (const Reader& item : summary["links"].items()) {
        add(item["from"]);
        add(item["to"]);
    }
    return header;
}

/// The key `part` of a document. Asked for before the document is checked, since the part decides what is checked.
std::string part_of(const yaml::Node& node, const std::vector<std::string>& expected) {
    const yaml::Node* part = node.find("part");
    if (!part) return "";
    if (std::find(expected.begin(), expected.end(), part->text()) == expected.end())
        throw util::Error(util::Errc::data,
                          fmt::format("{} is expected here, not '{}'", fmt::join(expected, " or "), part->text()))
            .at(part->where())
            .key("part");
    return part->text();
}

}  // namespace

struct TraceReader::State {
    yaml::NodeStream stream;
    TraceHeader header;
    bool alone = false;
    std::optional<TraceSummary> summary;  ///< that stands alone, until it is asked for
};

TraceReader::TraceReader(util::FileView file) {
    const std::string name = file.name();
    state_ = std::make_unique<State>(State{yaml::NodeStream(std::move(file)), {}, false, {}});
    std::optional<yaml::Node> first = state_->stream.next();
    if (!first) first = yaml::parse("", name);
    if (part_of(*first, {"header", "summary"}) == "summary") {
        const yaml::Document document = yaml::as_document(std::move(*first), detail::summary_kind());
        state_->header = header_for(document.root());
        state_->summary = read_summary(document.root(), state_->header.devices);
        state_->alone = true;
        return;
    }
    const yaml::Document document = yaml::as_document(std::move(*first), detail::header_kind());
    state_->header = read_header(document.root());
}

TraceReader::TraceReader(TraceReader&&) noexcept = default;
TraceReader::~TraceReader() = default;

const TraceHeader& TraceReader::header() const noexcept { return state_->header; }

bool TraceReader::summary_alone() const noexcept { return state_->alone; }

std::optional<TraceReader::Part> TraceReader::next() {
    if (state_->summary) return std::exchange(state_->summary, std::nullopt);
    std::optional<yaml::Node> node = state_->stream.next();
    if (!node) return std::nullopt;
    const bool summary = part_of(*node, {"frame", "summary"}) == "summary";
    const yaml::DocumentKind& kind = summary ? detail::summary_kind() : detail::frame_kind();
    const yaml::Document document = yaml::as_document(std::move(*node), kind);
    if (summary) return read_summary(document.root(), state_->header.devices);
    return read_frame(document.root(), state_->header.devices);
}

}  // namespace convoy::samples
