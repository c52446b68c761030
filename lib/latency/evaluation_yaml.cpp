#include "latency/evaluation.hpp"
#include "samples/timeline.hpp"

namespace convoy::latency {

using namespace yaml;

namespace {

const Schema& row_schema() {
    static const Schema schema{
        "type",
        {
            {.key = "type", .type = text(), .required = true, .doc = "operator type, or all"},
            {.key = "accuracy", .type = record(accuracy_schema()), .required = true},
            {.key = "fallback",
             .type = boolean(),
             .default_text = "false",
             .doc = "nothing of the type was sampled for the model"},
            {.key = "algorithm", .type = text(), .doc = "of the type's model, where it has a single one"},
        }};
    return schema;
}

const Schema& whole_model_schema() {
    static const Schema schema{
        "whole_model",
        {
            {.key = "load", .type = number(0, 0.999), .required = true},
            {.key = "threads", .type = integer(1, 4096), .required = true},
            {.key = "measured_ms", .type = positive(), .unit = "ms", .required = true},
            {.key = "predicted_ms", .type = number(), .unit = "ms", .required = true},
            {.key = "model", .type = text(), .doc = "where several models were left out in turn"},
        }};
    return schema;
}

const Schema& load_schema() {
    static const Schema schema{
        "load",
        {
            {.key = "load", .type = number(0, 0.99), .required = true, .doc = "that the load generator was asked for"},
            {.key = "accuracy", .type = record(accuracy_schema()), .required = true},
        }};
    return schema;
}

const Schema& method_schema() {
    static const Schema schema{
        "method",
        {
            {.key = "algorithm", .type = text(), .required = true, .doc = "or `auto`, the best for each operator type"},
            {.key = "features", .type = choice({"all", "fcpm"}), .required = true},
            {.key = "type", .type = text(), .required = true, .doc = "operator type, or all"},
            {.key = "accuracy", .type = record(accuracy_schema()), .required = true},
        }};
    return schema;
}

const Schema& evaluation_schema() {
    static const Schema schema{
        "evaluation",
        {
            {.key = "device", .type = text(), .required = true, .doc = "of the latency model"},
            {.key = "model", .type = any_text(), .default_text = "''", .doc = "that was profiled"},
            {.key = "types", .type = sequence_of(record(row_schema()), 1), .required = true},
            {.key = "whole_model", .type = sequence_of(record(whole_model_schema())), .default_text = "[]"},
            {.key = "loads", .type = sequence_of(record(load_schema())), .default_text = "[]"},
            {.key = "methods",
             .type = sequence_of(record(method_schema())),
             .default_text = "[]",
             .doc = "ways to fit, compared with each model left out in turn"},
        }};
    return schema;
}

}  // namespace

const DocumentKind& evaluation_kind() {
    static const DocumentKind kind{"evaluation", 1, 1, evaluation_schema()};
    return kind;
}

Evaluation read_evaluation(const util::FileView& file) {
    const Document document = open_document(evaluation_kind(), file);
    Evaluation evaluation{document["device"].string(), document["model"].string(), {}, {}};
    for (const Reader& item : document["types"].items()) {
        evaluation.types.push_back({item["type"].string(), read_accuracy(item["accuracy"]), item["fallback"].boolean(),
                                    item.string_or("algorithm", "")});
    }
    for (const Reader& item : document["whole_model"].items()) {
        evaluation.whole_model.push_back({item["load"].number(), static_cast<int>(item["threads"].integer()),
                                          util::from_milliseconds(item["measured_ms"].number()),
                                          util::from_milliseconds(item["predicted_ms"].number()),
                                          item.string_or("model", "")});
    }
    for (const Reader& item : document["loads"].items()) {
        evaluation.loads.push_back({item["load"].number(), read_accuracy(item["accuracy"])});
    }
    for (const Reader& item : document["methods"].items()) {
        evaluation.methods.push_back({item["algorithm"].string(), item["features"].string(), item["type"].string(),
                                      read_accuracy(item["accuracy"])});
    }
    return evaluation;
}

std::string write_evaluation(const Evaluation& evaluation, Format format) {
    Value types = Value::sequence();
    for (const EvaluationRow& row : evaluation.types) {
        Value value = Value::map({{"type", row.type}, {"accuracy", to_value(row.accuracy)}});
        if (row.fallback) value.set("fallback", true);
        if (!row.algorithm.empty()) value.set("algorithm", row.algorithm);
        types.push(value);
    }
    Value whole = Value::sequence();
    for (const WholeModelRow& row : evaluation.whole_model) {
        Value value = Value::map({{"load", row.load},
                                  {"threads", row.threads},
                                  {"measured_ms", samples::written_ms(row.measured)},
                                  {"predicted_ms", samples::written_ms(row.predicted)}});
        if (!row.model.empty()) value.set("model", row.model);
        whole.push(std::move(value).flow());
    }
    Value loads = Value::sequence();
    for (const LoadRow& row : evaluation.loads) {
        loads.push(Value::map({{"load", row.load}, {"accuracy", to_value(row.accuracy)}}).flow());
    }
    Value methods = Value::sequence();
    for (const MethodRow& row : evaluation.methods) {
        methods.push(Value::map({{"algorithm", row.algorithm},
                                 {"features", row.features},
                                 {"type", row.type},
                                 {"accuracy", to_value(row.accuracy)}})
                         .flow());
    }
    Value document = Value::map({{"device", evaluation.device}, {"model", evaluation.model}, {"types", types}});
    if (!evaluation.whole_model.empty()) document.set("whole_model", whole);
    if (!evaluation.loads.empty()) document.set("loads", loads);
    if (!evaluation.methods.empty()) document.set("methods", methods);
    return write_document(evaluation_kind(), document, format);
}

}  // namespace convoy::latency
