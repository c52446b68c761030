#include "latency/evaluation.hpp"

#include <map>
#include <set>
#include <tuple>

#include "samples/timeline.hpp"
#include "util/error.hpp"

namespace convoy::latency {

namespace {

struct Pairs {
    std::vector<double> measured;
    std::vector<double> predicted;
    void add(util::Seconds measurement, util::Seconds prediction) {
        measured.push_back(measurement.count());
        predicted.push_back(prediction.count());
    }
};

Conditions conditions_of(const samples::LayerSample& sample) { return {sample.load_obtained, sample.threads}; }

/// The sum of the whole operators that were sampled under the same load as the whole model.
std::optional<WholeModelRow> whole_model(const DeviceModel& model, const samples::Profile& profile,
                                         const samples::ModelSample& sample) {
    WholeModelRow row{sample.load_obtained, sample.threads, sample.time.median, model.piece_overhead()};
    std::set<std::string> seen;
    for (const samples::LayerSample& layer : profile.layers) {
        if (layer.work.output != layer.work.whole_output || layer.work.addend || layer.threads != sample.threads ||
            layer.load_offered != sample.load_offered || !seen.insert(layer.op).second) {
            continue;
        }
        row.predicted += model.predict(layer.work, {sample.load_obtained, sample.threads});
    }
    if (seen.empty()) return std::nullopt;
    return row;
}

}  // namespace

Evaluation evaluate(const DeviceModel& model, const samples::Profile& profile) {
    if (profile.layers.empty())
        throw util::Error(util::Errc::data, "there are no layer samples to compare with")
            .key("layers")
            .hint("convoy-profile MODEL.onnx measures layers");
    std::map<std::string, Pairs> types;
    Pairs all;
    for (const samples::LayerSample& sample : profile.layers) {
        const util::Seconds predicted = model.piece_overhead() + model.predict(sample.work, conditions_of(sample));
        types[samples::operator_type(sample.work)].add(sample.time.median, predicted);
        all.add(sample.time.median, predicted);
    }
    Evaluation evaluation{model.context().device, profile.model_file, {}, {}};
    for (const auto& [type, pairs] : types) {
        evaluation.types.push_back({type, accuracy(pairs.measured, pairs.predicted), model.fallback(type)});
    }
    evaluation.types.push_back({"all", accuracy(all.measured, all.predicted), false});
    for (const samples::ModelSample& sample : profile.whole_model) {
        if (const auto row = whole_model(model, profile, sample)) evaluation.whole_model.push_back(*row);
    }
    return evaluation;
}

using namespace yaml;

namespace {

const Schema& row_schema() {
    static const Schema schema{"type",
                               {
                                   {.key = "type", .type = text(), .required = true, .doc = "operator type, or all"},
                                   {.key = "accuracy", .type = record(accuracy_schema()), .required = true},
                                   {.key = "fallback",
                                    .type = boolean(),
                                    .default_text = "false",
                                    .doc = "nothing of the type was sampled for the model"},
                               }};
    return schema;
}

const Schema& whole_model_schema() {
    static const Schema schema{"whole_model",
                               {
                                   {.key = "load", .type = number(0, 0.999), .required = true},
                                   {.key = "threads", .type = integer(1, 4096), .required = true},
                                   {.key = "measured_ms", .type = positive(), .unit = "ms", .required = true},
                                   {.key = "predicted_ms", .type = number(), .unit = "ms", .required = true},
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
        evaluation.types.push_back(
            {item["type"].string(), read_accuracy(item["accuracy"]), item["fallback"].boolean()});
    }
    for (const Reader& item : document["whole_model"].items()) {
        evaluation.whole_model.push_back({item["load"].number(), static_cast<int>(item["threads"].integer()),
                                          util::from_milliseconds(item["measured_ms"].number()),
                                          util::from_milliseconds(item["predicted_ms"].number())});
    }
    return evaluation;
}

std::string write_evaluation(const Evaluation& evaluation, Format format) {
    Value types = Value::sequence();
    for (const EvaluationRow& row : evaluation.types) {
        Value value = Value::map({{"type", row.type}, {"accuracy", to_value(row.accuracy)}});
        if (row.fallback) value.set("fallback", true);
        types.push(value);
    }
    Value whole = Value::sequence();
    for (const WholeModelRow& row : evaluation.whole_model) {
        whole.push(Value::map({{"load", row.load},
                               {"threads", row.threads},
                               {"measured_ms", samples::written_ms(row.measured)},
                               {"predicted_ms", samples::written_ms(row.predicted)}})
                       .flow());
    }
    Value document = Value::map({{"device", evaluation.device}, {"model", evaluation.model}, {"types", types}});
    if (!evaluation.whole_model.empty()) document.set("whole_model", whole);
    return write_document(evaluation_kind(), document, format);
}

}  // namespace convoy::latency
