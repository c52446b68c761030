#include "cost/comparison.hpp"

#include <algorithm>
#include <cmath>

namespace convoy::cost {

using namespace yaml;

namespace {

const Schema& row_schema() {
    static const Schema schema{
        "strategy",
        {
            {.key = "strategy", .type = text(), .required = true},
            {.key = "latency_ms", .type = number(), .unit = "ms", .required = true, .doc = "of one frame alone"},
            {.key = "ratio_to_bound",
             .type = number(),
             .required = true,
             .doc = "latency over lower_bound_ms, which no plan goes below"},
            {.key = "ratio_to_best_device",
             .type = number(),
             .doc = "latency over that of the best single device, if there is one"},
            {.key = "bytes", .type = integer(0), .unit = "bytes", .required = true, .doc = "payload per frame"},
            {.key = "messages", .type = integer(0), .required = true, .doc = "per frame"},
            {.key = "rounds",
             .type = integer(0),
             .required = true,
             .doc = "longest chain of messages that depend on each other"},
            {.key = "redundant_flops",
             .type = number(),
             .required = true,
             .doc = "computed more than once: halos, replicas"},
            {.key = "peak_memory_bytes",
             .type = integer(0),
             .unit = "bytes",
             .required = true,
             .doc = "of the device that needs most"},
            {.key = "throughput_per_s", .type = number(), .unit = "1/s", .required = true, .doc = "frames"},
            {.key = "energy_j",
             .type = number(),
             .unit = "J",
             .doc = "per frame, where the powers of all devices are given"},
            {.key = "note", .type = text(), .doc = "for the user"},
        }};
    return schema;
}

const Schema& model_schema() {
    static const Schema schema{"model",
                               {
                                   {.key = "file", .type = text(), .required = true},
                                   {.key = "sha256", .type = text(), .required = true},
                               }};
    return schema;
}

const Schema& device_schema() {
    static const Schema schema{"best_device",
                               {
                                   {.key = "name", .type = text(), .required = true},
                                   {.key = "latency_ms", .type = number(), .unit = "ms", .required = true},
                               }};
    return schema;
}

const Schema& left_out_schema() {
    static const Schema schema{"left_out",
                               {
                                   {.key = "strategy", .type = text(), .required = true},
                                   {.key = "reason", .type = text(), .required = true},
                               }};
    return schema;
}

const Schema& comparison_schema() {
    static const Schema schema{"comparison",
                               {
                                   {.key = "generator", .type = text()},
                                   {.key = "model", .type = record(model_schema())},
                                   {.key = "cluster", .type = text(), .doc = "file"},
                                   {.key = "lower_bound_ms", .type = number(), .unit = "ms", .required = true},
                                   {.key = "best_device",
                                    .type = record(device_schema()),
                                    .doc = "the fastest single device, transfers counted; none has the memory "
                                           "where it is missing"},
                                   {.key = "strategies", .type = sequence_of(record(row_schema())), .required = true},
                                   {.key = "left_out",
                                    .type = sequence_of(record(left_out_schema())),
                                    .default_text = "[]",
                                    .doc = "strategies that made no plan"},
                               }};
    return schema;
}

double ratio(util::Seconds time, util::Seconds to) { return to.count() > 0 ? time / to : 1; }
double to_millionth(double value) { return std::round(value * 1e6) / 1e6; }

Value row_value(const ComparisonRow& row) {
    Value value = Value::map({{"strategy", row.strategy},
                              {"latency_ms", samples::written_ms(row.latency)},
                              {"ratio_to_bound", to_millionth(row.ratio_to_bound)}});
    if (row.ratio_to_best_device) value.set("ratio_to_best_device", to_millionth(*row.ratio_to_best_device));
    value.set("bytes", row.bytes.value);
    value.set("messages", row.messages);
    value.set("rounds", row.rounds);
    value.set("redundant_flops", row.redundant.value);
    value.set("peak_memory_bytes", row.peak_memory.value);
    value.set("throughput_per_s", to_millionth(row.throughput_per_s));
    if (row.energy) value.set("energy_j", to_millionth(row.energy->value));
    if (!row.note.empty()) value.set("note", row.note);
    return value;
}

ComparisonRow read_row(const Reader& reader) {
    ComparisonRow row;
    row.strategy = reader["strategy"].string();
    row.latency = util::from_milliseconds(reader["latency_ms"].number());
    row.ratio_to_bound = reader["ratio_to_bound"].number();
    if (const auto to_best = reader.optional("ratio_to_best_device")) row.ratio_to_best_device = to_best->number();
    row.bytes = util::Bytes(reader["bytes"].integer());
    row.messages = reader["messages"].integer();
    row.rounds = reader["rounds"].integer();
    row.redundant = util::Flops(reader["redundant_flops"].number());
    row.peak_memory = util::Bytes(reader["peak_memory_bytes"].integer());
    row.throughput_per_s = reader["throughput_per_s"].number();
    if (const auto energy = reader.optional("energy_j")) row.energy = util::Joules(energy->number());
    if (const auto note = reader.optional("note")) row.note = note->string();
    return row;
}

}  // namespace

ComparisonRow compare(std::string strategy, const Prediction& prediction, util::Seconds lower_bound,
                      std::optional<util::Seconds> best_device) {
    ComparisonRow row;
    row.strategy = std::move(strategy);
    row.latency = prediction.latency();
    row.ratio_to_bound = ratio(row.latency, lower_bound);
    if (best_device) row.ratio_to_best_device = ratio(row.latency, *best_device);
    row.bytes = prediction.bytes;
    row.messages = static_cast<std::int64_t>(prediction.messages);
    row.rounds = static_cast<std::int64_t>(prediction.rounds);
    row.redundant = prediction.redundant;
    for (const util::Bytes memory : prediction.peak_memory) row.peak_memory = std::max(row.peak_memory, memory);
    row.throughput_per_s = prediction.throughput_per_s;
    row.energy = prediction.energy;
    return row;
}

const DocumentKind& comparison_kind() {
    static const DocumentKind kind{"comparison", 1, 1, comparison_schema()};
    return kind;
}

Comparison read_comparison(const util::FileView& file) {
    const Document document = open_document(comparison_kind(), file);
    const Reader root = document.root();
    Comparison comparison;
    if (const auto generator = root.optional("generator")) comparison.generator = generator->string();
    if (const auto model = root.optional("model")) {
        comparison.model_file = (*model)["file"].string();
        comparison.model_sha256 = (*model)["sha256"].string();
    }
    if (const auto cluster = root.optional("cluster")) comparison.cluster_file = cluster->string();
    comparison.lower_bound = util::from_milliseconds(root["lower_bound_ms"].number());
    if (const auto best = root.optional("best_device")) {
        comparison.best_device = (*best)["name"].string();
        comparison.best_device_latency = util::from_milliseconds((*best)["latency_ms"].number());
    }
    for (const Reader& item : root["strategies"].items()) comparison.strategies.push_back(read_row(item));
    for (const Reader& item : root["left_out"].items()) {
        comparison.left_out.push_back({item["strategy"].string(), item["reason"].string()});
    }
    return comparison;
}

std::string write_comparison(const Comparison& comparison, Format format) {
    Value document = Value::map();
    if (!comparison.generator.empty()) document.set("generator", comparison.generator);
    if (!comparison.model_file.empty()) {
        document.set("model", Value::map({{"file", comparison.model_file}, {"sha256", comparison.model_sha256}}));
    }
    if (!comparison.cluster_file.empty()) document.set("cluster", comparison.cluster_file);
    document.set("lower_bound_ms", samples::written_ms(comparison.lower_bound));
    if (comparison.best_device_latency) {
        document.set("best_device", Value::map({{"name", comparison.best_device},
                                                {"latency_ms", samples::written_ms(*comparison.best_device_latency)}})
                                        .flow());
    }
    Value rows = Value::sequence();
    for (const ComparisonRow& row : comparison.strategies) rows.push(row_value(row));
    document.set("strategies", rows);
    Value left_out = Value::sequence();
    for (const LeftOut& strategy : comparison.left_out) {
        left_out.push(Value::map({{"strategy", strategy.strategy}, {"reason", strategy.reason}}));
    }
    if (!comparison.left_out.empty()) document.set("left_out", left_out);
    return write_document(comparison_kind(), document, format);
}

}  // namespace convoy::cost
