#include <fmt/format.h>

#include <cmath>
#include <set>

#include "latency/features.hpp"
#include "latency/model.hpp"
#include "latency/regression.hpp"
#include "samples/sample_yaml.hpp"

namespace convoy::latency {

using namespace yaml;

namespace {

std::vector<std::string> algorithm_names() {
    std::vector<std::string> names;
    for (const Algorithm& algorithm : algorithms()) names.emplace_back(algorithm.name);
    return names;
}

std::vector<std::string> feature_names() {
    std::vector<std::string> names;
    for (const Feature& feature : features()) names.emplace_back(feature.name);
    return names;
}

const Schema& operator_schema() {
    static const Schema schema{
        "operator",
        {
            {.key = "type", .type = text(), .required = true, .doc = "operator type"},
            {.key = "threads", .type = integer(1, 4096), .default_text = "1"},
            {.key = "algorithm", .type = choice(algorithm_names()), .required = true},
            {.key = "features", .type = sequence_of(choice(feature_names()), 1, 64), .required = true},
            {.key = "parameters",
             .type = sequence_of(any_number(), 1, 1'000'000),
             .required = true,
             .doc = "in the algorithm's own form; times are seconds"},
            {.key = "largest_load", .type = number(0, 0.999), .default_text = "0", .doc = "of the samples"},
            {.key = "held_out", .type = record(accuracy_schema()), .doc = "by cross-validation, grouped by layer"},
        }};
    return schema;
}

const Schema& latency_schema() {
    static const Schema schema{
        "latency",
        {
            {.key = "context", .type = record(samples::detail::context_schema()), .required = true},
            {.key = "piece_overhead_ms",
             .type = number(0, 1e9),
             .unit = "ms",
             .default_text = "0",
             .doc = "of each piece, beside its operators"},
            {.key = "operators", .type = sequence_of(record(operator_schema()), 1), .required = true},
        }};
    return schema;
}

OperatorModel read_operator(const Reader& reader) {
    OperatorModel model;
    model.type = reader["type"].string();
    model.threads = static_cast<int>(reader["threads"].integer());
    model.algorithm = reader["algorithm"].string();
    model.features = reader["features"].strings();
    model.parameters = reader["parameters"].numbers();
    model.largest_load = reader["largest_load"].number();
    const std::string problem = find_algorithm(model.algorithm)->check(model.parameters, model.features.size());
    if (!problem.empty()) reader["parameters"].fail(problem);
    if (const auto held_out = reader.optional("held_out")) model.held_out = read_accuracy(*held_out);
    return model;
}

Value operator_value(const OperatorModel& model) {
    Value value = Value::map({{"type", model.type},
                              {"threads", model.threads},
                              {"algorithm", model.algorithm},
                              {"features", model.features},
                              {"parameters", model.parameters},
                              {"largest_load", model.largest_load}});
    if (model.held_out) value.set("held_out", to_value(*model.held_out));
    return value;
}

}  // namespace

const Schema& accuracy_schema() {
    static const Schema schema{
        "accuracy",
        {
            {.key = "samples", .type = integer(0), .required = true},
            {.key = "mape", .type = number(), .required = true, .doc = "mean absolute percentage error, as a ratio"},
            {.key = "r2", .type = any_number(), .required = true, .doc = "coefficient of determination"},
            {.key = "within_10", .type = ratio(), .required = true, .doc = "share of predictions within 10 %"},
            {.key = "within_20", .type = ratio(), .required = true, .doc = "share of predictions within 20 %"},
        }};
    return schema;
}

Value to_value(const Accuracy& accuracy) {
    const auto written = [](double ratio) { return std::round(ratio * 1e6) / 1e6; };
    return Value::map({{"samples", accuracy.samples},
                       {"mape", written(accuracy.mape)},
                       {"r2", written(accuracy.r2)},
                       {"within_10", written(accuracy.within_10)},
                       {"within_20", written(accuracy.within_20)}})
        .flow();
}

Accuracy read_accuracy(const Reader& reader) {
    return {reader["samples"].integer(), reader["mape"].number(), reader["r2"].number(), reader["within_10"].number(),
            reader["within_20"].number()};
}

const DocumentKind& latency_kind() {
    static const DocumentKind kind{"latency", 1, 1, latency_schema()};
    return kind;
}

DeviceModel read_latency(const util::FileView& file) {
    const Document document = open_document(latency_kind(), file);
    DeviceModel::Parts parts;
    parts.context = samples::detail::read_context(document["context"]);
    parts.piece_overhead = util::from_milliseconds(document["piece_overhead_ms"].number());
    std::set<std::pair<std::string, int>> seen;
    for (const Reader& item : document["operators"].items()) {
        parts.operators.push_back(read_operator(item));
        const OperatorModel& model = parts.operators.back();
        if (!seen.emplace(model.type, model.threads).second)
            item.fail(fmt::format("a second model of '{}' with {} threads", model.type, model.threads));
    }
    return DeviceModel(std::move(parts));
}

std::string write_latency(const DeviceModel& model, Format format) {
    Value operators = Value::sequence();
    for (const OperatorModel& op : model.operators()) operators.push(operator_value(op));
    const Value document = Value::map({{"context", samples::detail::to_value(model.context())},
                                       {"piece_overhead_ms", util::milliseconds(model.piece_overhead())},
                                       {"operators", operators}});
    return write_document(latency_kind(), document, format);
}

}  // namespace convoy::latency
