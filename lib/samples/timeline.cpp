#include "samples/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "util/error.hpp"

namespace convoy::samples {

using namespace yaml;

namespace {

constexpr Activity kActivities[] = {Activity::wait, Activity::compute, Activity::send};

// Times may be slightly negative: clock offsets between devices are estimates.
Type time() { return number(-1e12, 1e12); }

const Schema& span_schema() {
    static const Schema schema{
        "span",
        {
            {.key = "device", .type = text(), .required = true},
            {.key = "stage", .type = integer(-1), .required = true, .doc = "-1: the graph inputs"},
            {.key = "piece", .type = integer(0), .default_text = "0"},
            {.key = "activity", .type = choice({"wait", "compute", "send"}), .required = true},
            {.key = "begin_ms", .type = time(), .unit = "ms", .required = true, .doc = "since the frame's start"},
            {.key = "end_ms", .type = time(), .unit = "ms", .required = true},
            {.key = "stretch_ms",
             .type = number(),
             .unit = "ms",
             .default_text = "0",
             .doc = "of it, waited to emulate a slower device"},
        }};
    return schema;
}

const Schema& transfer_schema() {
    static const Schema schema{
        "transfer",
        {
            {.key = "from", .type = text(), .required = true},
            {.key = "to", .type = text(), .required = true},
            {.key = "stage", .type = integer(-1), .required = true, .doc = "that made the tensor"},
            {.key = "piece", .type = integer(0), .default_text = "0"},
            {.key = "tensor", .type = text(), .required = true},
            {.key = "bytes", .type = integer(0), .unit = "bytes", .required = true, .doc = "payload"},
            {.key = "begin_ms", .type = time(), .unit = "ms", .required = true, .doc = "handed to the network"},
            {.key = "end_ms", .type = time(), .unit = "ms", .required = true, .doc = "the receiver has all of it"},
            {.key = "start_up_ms",
             .type = number(),
             .unit = "ms",
             .default_text = "0",
             .doc = "of it, waited by the sender to emulate a start-up"},
        }};
    return schema;
}

std::uint32_t device_of(const Reader& reader, const std::vector<std::string>& devices) {
    const std::string name = reader.string();
    const auto found = std::find(devices.begin(), devices.end(), name);
    if (found == devices.end()) reader.fail(fmt::format("unknown device '{}'", name), util::suggestion(name, devices));
    return static_cast<std::uint32_t>(found - devices.begin());
}

std::pair<util::Seconds, util::Seconds> read_times(const Reader& reader) {
    const double begin = reader["begin_ms"].number();
    const double end = reader["end_ms"].number();
    if (end < begin) reader["end_ms"].fail("ends before it begins");
    return {util::from_milliseconds(begin), util::from_milliseconds(end)};
}

Span read_span(const Reader& reader, const std::vector<std::string>& devices) {
    Span span;
    span.device = device_of(reader["device"], devices);
    span.stage = static_cast<std::int32_t>(reader["stage"].integer());
    span.piece = static_cast<std::uint32_t>(reader["piece"].integer());
    const std::string activity = reader["activity"].string();
    for (const Activity candidate : kActivities) {
        if (activity == to_string(candidate)) span.activity = candidate;
    }
    std::tie(span.begin, span.end) = read_times(reader);
    span.stretched = util::from_milliseconds(reader["stretch_ms"].number());
    return span;
}

Transfer read_transfer(const Reader& reader, const std::vector<std::string>& devices) {
    Transfer transfer;
    transfer.from = device_of(reader["from"], devices);
    transfer.to = device_of(reader["to"], devices);
    transfer.stage = static_cast<std::int32_t>(reader["stage"].integer());
    transfer.piece = static_cast<std::uint32_t>(reader["piece"].integer());
    transfer.tensor = reader["tensor"].string();
    transfer.bytes = util::Bytes(reader["bytes"].integer());
    std::tie(transfer.begin, transfer.end) = read_times(reader);
    transfer.start_up = util::from_milliseconds(reader["start_up_ms"].number());
    return transfer;
}

}  // namespace

const char* to_string(Activity activity) noexcept {
    switch (activity) {
        case Activity::wait:
            return "wait";
        case Activity::compute:
            return "compute";
        case Activity::send:
            return "send";
    }
    return "unknown";
}

const Schema& timeline_schema() {
    static const Schema schema{
        "timeline",
        {
            {.key = "latency_ms", .type = number(), .unit = "ms", .required = true},
            {.key = "spans", .type = sequence_of(record(span_schema())), .default_text = "[]"},
            {.key = "transfers", .type = sequence_of(record(transfer_schema())), .default_text = "[]"},
        }};
    return schema;
}

double written_ms(util::Seconds time) noexcept { return std::round(util::milliseconds(time) * 1e6) / 1e6; }

Value to_value(const Timeline& timeline, const std::vector<std::string>& devices) {
    Value spans = Value::sequence();
    for (const Span& span : timeline.spans) {
        Value value = Value::map({{"device", devices.at(span.device)},
                                  {"stage", span.stage},
                                  {"piece", span.piece},
                                  {"activity", to_string(span.activity)},
                                  {"begin_ms", written_ms(span.begin)},
                                  {"end_ms", written_ms(span.end)}});
        if (span.stretched != util::Seconds{0}) value.set("stretch_ms", written_ms(span.stretched));
        spans.push(std::move(value).flow());
    }
    Value transfers = Value::sequence();
    for (const Transfer& transfer : timeline.transfers) {
        Value value = Value::map({{"from", devices.at(transfer.from)},
                                  {"to", devices.at(transfer.to)},
                                  {"stage", transfer.stage},
                                  {"piece", transfer.piece},
                                  {"tensor", transfer.tensor},
                                  {"bytes", transfer.bytes.value},
                                  {"begin_ms", written_ms(transfer.begin)},
                                  {"end_ms", written_ms(transfer.end)}});
        if (transfer.start_up != util::Seconds{0}) value.set("start_up_ms", written_ms(transfer.start_up));
        transfers.push(std::move(value).flow());
    }
    return Value::map({{"latency_ms", written_ms(timeline.latency)}, {"spans", spans}, {"transfers", transfers}});
}

Timeline read_timeline(const Reader& reader, const std::vector<std::string>& devices) {
    Timeline timeline;
    timeline.latency = util::from_milliseconds(reader["latency_ms"].number());
    for (const Reader& item : reader["spans"].items()) timeline.spans.push_back(read_span(item, devices));
    for (const Reader& item : reader["transfers"].items()) timeline.transfers.push_back(read_transfer(item, devices));
    return timeline;
}

}  // namespace convoy::samples
