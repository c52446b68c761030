#include "samples/trace_schema.hpp"

#include "samples/profile.hpp"
#include "samples/timeline.hpp"

namespace convoy::samples::detail {

using namespace yaml;

namespace {

Field part(const char* name) {
    return {.key = "part", .type = choice({name}), .required = true, .doc = "which document of the trace this is"};
}

Type count() { return integer(0); }

const Schema& start_up_schema() {
    static const Schema schema{"start-up",
                               {
                                   {.key = "from", .type = text(), .required = true},
                                   {.key = "to", .type = text(), .required = true},
                                   {.key = "start_up_ms", .type = number(), .unit = "ms", .required = true},
                               }};
    return schema;
}

const Schema& header_schema() {
    static const Schema schema{
        "trace header",
        {
            part("header"),
            {.key = "generator", .type = any_text(), .default_text = "''"},
            {.key = "plan", .type = any_text(), .default_text = "''", .doc = "file; empty: unsplit"},
            {.key = "plan_sha256", .type = any_text(), .default_text = "''"},
            {.key = "model", .type = any_text(), .default_text = "''", .doc = "file"},
            {.key = "model_sha256", .type = any_text(), .default_text = "''"},
            {.key = "strategy", .type = any_text(), .default_text = "''"},
            {.key = "devices", .type = sequence_of(text(), 1), .required = true},
            {.key = "source", .type = text(), .required = true},
            {.key = "sink", .type = text(), .required = true},
            {.key = "stages", .type = sequence_of(any_text()), .default_text = "[]", .doc = "their names"},
            {.key = "stretch", .type = map_of(positive()), .default_text = "{}", .doc = "emulated slower devices"},
            {.key = "start_ups",
             .type = sequence_of(record(start_up_schema())),
             .default_text = "[]",
             .doc = "links whose start-up was emulated"},
            {.key = "dilation",
             .type = number(1, kLargestStretch),
             .default_text = "1",
             .doc = "the cluster file's: all times are so many times those of the cluster that is meant"},
            {.key = "labels", .type = map_of(any_text()), .default_text = "{}", .doc = "given with convoy-run --label"},
            {.key = "predicted", .type = record(timeline_schema()), .doc = "by the cost model"},
        }};
    return schema;
}

const Schema& ranked_schema() {
    static const Schema schema{"class",
                               {
                                   {.key = "index", .type = count(), .required = true},
                                   {.key = "label", .type = any_text(), .default_text = "''"},
                                   {.key = "score", .type = any_number(), .required = true},
                               }};
    return schema;
}

const Schema& frame_schema() {
    static const Schema schema{
        "trace frame",
        {
            part("frame"),
            {.key = "frame", .type = count(), .required = true},
            {.key = "input", .type = any_text(), .default_text = "''"},
            {.key = "route", .type = count(), .default_text = "0"},
            {.key = "start_ms", .type = number(), .unit = "ms", .default_text = "0", .doc = "since the run's start"},
            {.key = "retries", .type = count(), .default_text = "0", .doc = "runs from the input, again"},
            {.key = "warmup", .type = boolean(), .default_text = "false", .doc = "counts in no summary"},
            {.key = "expected", .type = count(), .doc = "class by the labels"},
            {.key = "top", .type = sequence_of(record(ranked_schema())), .default_text = "[]", .doc = "best first"},
            {.key = "timeline", .type = record(timeline_schema()), .required = true},
        }};
    return schema;
}

const Schema& latency_schema() {
    static const Schema schema{"latency", [] {
                                   std::vector<Field> fields;
                                   for (const char* key : {"mean", "min", "p50", "p95", "p99", "max"}) {
                                       fields.push_back({.key = key, .type = number(), .unit = "ms", .required = true});
                                   }
                                   return fields;
                               }()};
    return schema;
}

const Schema& device_schema() {
    static const Schema schema{
        "device",
        {
            {.key = "device", .type = text(), .required = true},
            {.key = "compute_ms", .type = number(), .unit = "ms", .required = true, .doc = "of all frames"},
            {.key = "share", .type = ratio(), .required = true, .doc = "of all devices' compute"},
            {.key = "peak_memory_bytes",
             .type = integer(0),
             .unit = "bytes",
             .doc = "largest resident size, without base_memory_bytes"},
            {.key = "planned_memory_bytes", .type = integer(0), .unit = "bytes", .doc = "peak by the plan"},
            {.key = "base_memory_bytes", .type = integer(0), .unit = "bytes", .doc = "resident before the model came"},
            {.key = "stretch", .type = positive(), .default_text = "1", .doc = "how many times slower it pretends"},
        }};
    return schema;
}

const Schema& link_schema() {
    static const Schema schema{"link",
                               {
                                   {.key = "from", .type = text(), .required = true},
                                   {.key = "to", .type = text(), .required = true},
                                   {.key = "messages", .type = count(), .required = true},
                                   {.key = "payload_bytes", .type = count(), .unit = "bytes", .required = true},
                                   {.key = "sent_bytes", .type = count(), .unit = "bytes", .required = true},
                               }};
    return schema;
}

const Schema& verify_schema() {
    static const Schema schema{
        "verify",
        {
            {.key = "outcome", .type = text(), .required = true},
            {.key = "largest_error", .type = number(), .required = true, .doc = "relative to the tensor's largest"},
            {.key = "bound", .type = number(), .required = true},
            {.key = "frames", .type = count(), .required = true},
            {.key = "mismatches", .type = count(), .required = true},
            {.key = "inexact", .type = sequence_of(text()), .default_text = "[]", .doc = "not bit-equal when cut"},
        }};
    return schema;
}

const Schema& accuracy_schema() {
    static const Schema schema{"accuracy",
                               {
                                   {.key = "correct", .type = count(), .required = true},
                                   {.key = "labelled", .type = count(), .required = true},
                                   {.key = "ratio", .type = ratio(), .required = true},
                               }};
    return schema;
}

const Schema& summary_schema() {
    static const Schema schema{
        "trace summary",
        {
            part("summary"),
            {.key = "frames", .type = count(), .required = true, .doc = "after warm-up"},
            {.key = "warmup", .type = count(), .default_text = "0"},
            {.key = "wall_ms", .type = number(), .unit = "ms", .required = true},
            {.key = "latency_ms", .type = record(latency_schema()), .unit = "ms", .required = true},
            {.key = "throughput_per_s", .type = number(), .unit = "1/s", .required = true},
            {.key = "retries", .type = count(), .default_text = "0"},
            {.key = "devices", .type = sequence_of(record(device_schema())), .required = true},
            {.key = "links", .type = sequence_of(record(link_schema())), .default_text = "[]"},
            {.key = "verify", .type = record(verify_schema())},
            {.key = "accuracy", .type = record(accuracy_schema())},
        }};
    return schema;
}

}  // namespace

const DocumentKind& header_kind() {
    static const DocumentKind kind{"trace", 1, 1, header_schema()};
    return kind;
}
const DocumentKind& frame_kind() {
    static const DocumentKind kind{"trace", 1, 1, frame_schema()};
    return kind;
}
const DocumentKind& summary_kind() {
    static const DocumentKind kind{"trace", 1, 1, summary_schema()};
    return kind;
}

}  // namespace convoy::samples::detail
