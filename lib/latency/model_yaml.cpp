#include <fmt/format.h>

#include <cmath>
#include <set>

#include "latency/correction.hpp"
#include "latency/features.hpp"
#include "latency/model.hpp"
#include "samples/sample_yaml.hpp"

namespace convoy::latency {

using namespace yaml;

namespace {

std::vector<std::string> algorithm_names() {
    std::vector<std::string> names;
    for (const Algorithm& algorithm : algorithms()) names.emplace_back(algorithm.name);
    return names;
}

std::vector<std::string> names_of(std::span<const Feature> features) {
    std::vector<std::string> names;
    for (const Feature& feature : features) names.emplace_back(feature.name);
    return names;
}

Type list_of_numbers(std::size_t least, std::size_t most) { return sequence_of(any_number(), least, most); }

const Schema& correction_schema() {
    static const Schema schema{
        "correction",
        {
            {.key = "features",
             .type = sequence_of(choice(names_of(shape_features())), 1, kMostFeaturesOfModel),
             .required = true},
            {.key = "low",
             .type = list_of_numbers(1, kMostFeaturesOfModel),
             .required = true,
             .doc = "of each feature, the least that was sampled: what is less "
                    "counts as this"},
            {.key = "high", .type = list_of_numbers(1, kMostFeaturesOfModel), .required = true},
            {.key = "least",
             .type = number(-kLargestLogFactor, kLargestLogFactor),
             .required = true,
             .doc = "logarithm of the least factor"},
            {.key = "most", .type = number(-kLargestLogFactor, kLargestLogFactor), .required = true},
            {.key = "parameters",
             .type = list_of_numbers(1, 100'000),
             .required = true,
             .doc = "of the logarithm of the factor, in the algorithm's own "
                    "form, for features scaled to [-1, 1]"},
        }};
    return schema;
}

const Schema& trial_schema() {
    static const Schema schema{"trial",
                               {
                                   {.key = "algorithm", .type = choice(algorithm_names()), .required = true},
                                   {.key = "held_out", .type = record(accuracy_schema()), .required = true},
                               }};
    return schema;
}

const Schema& operator_schema() {
    static const Schema schema{
        "operator",
        {
            {.key = "type", .type = text(), .required = true, .doc = "operator type"},
            {.key = "threads", .type = integer(1, 4096), .default_text = "1"},
            {.key = "algorithm", .type = choice(algorithm_names()), .required = true},
            {.key = "features",
             .type = sequence_of(choice(names_of(features())), 1, kMostFeaturesOfModel),
             .required = true},
            {.key = "parameters",
             .type = list_of_numbers(1, 1'000'000),
             .required = true,
             .doc = "coefficients of the features; times are seconds"},
            {.key = "correction",
             .type = record(correction_schema()),
             .doc = "a factor on the sum of the features, by every algorithm but "
                    "`least_squares`"},
            {.key = "largest_load", .type = number(0, 0.999), .default_text = "0", .doc = "of the samples"},
            {.key = "held_out", .type = record(accuracy_schema()), .doc = "by cross-validation, grouped by layer"},
            {.key = "uncertainty",
             .type = number(),
             .doc = "90 % of the held-out predictions were off by this ratio or "
                    "less"},
            {.key = "trials",
             .type = sequence_of(record(trial_schema())),
             .default_text = "[]",
             .doc = "every algorithm that was compared, the simpler first"},
        }};
    return schema;
}

const Schema& usual_pace_schema() {
    static const Schema schema{
        "usual_pace",
        {
            {.key = "threads", .type = integer(1, 4096), .default_text = "1"},
            {.key = "load", .type = number(0, 0.999), .required = true, .doc = "by others"},
            {.key = "pace_gflop_per_s", .type = samples::detail::pace_type(), .unit = "GFLOP/s", .required = true},
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
            {.key = "usual_paces",
             .type = sequence_of(record(usual_pace_schema()), 0, 10'000),
             .default_text = "[]",
             .doc = "that predictions are at, by threads and load; unknown when left out"},
            {.key = "feature_set",
             .type = choice({"all", "fcpm"}),
             .default_text = "all",
             .doc = "that the fit could look at: everything, or FLOPs and CPU "
                    "load only"},
            {.key = "operators", .type = sequence_of(record(operator_schema()), 1), .required = true},
        }};
    return schema;
}

std::vector<UsualPace> read_usual_paces(const Reader& reader) {
    std::vector<UsualPace> paces;
    for (const Reader& item : reader.items()) {
        const UsualPace pace{static_cast<int>(item["threads"].integer()), item["load"].number(),
                             samples::detail::read_pace(item["pace_gflop_per_s"])};
        if (!paces.empty() && std::pair(pace.threads, pace.load) <= std::pair(paces.back().threads, paces.back().load))
            item.fail("usual paces stand in order of threads and load, each once");
        paces.push_back(pace);
    }
    return paces;
}

Value to_value(const UsualPace& pace) {
    return Value::map({{"threads", pace.threads},
                       {"load", pace.load},
                       {"pace_gflop_per_s", samples::detail::written_pace(pace.pace)}})
        .flow();
}

Correction read_correction(const Reader& reader) {
    return {reader["features"].strings(), reader["low"].numbers(), reader["high"].numbers(),
            reader["least"].number(),     reader["most"].number(), reader["parameters"].numbers()};
}

Value to_value(const Correction& correction) {
    return Value::map({{"features", correction.features},
                       {"low", correction.low},
                       {"high", correction.high},
                       {"least", correction.least},
                       {"most", correction.most},
                       {"parameters", correction.parameters}});
}

OperatorModel read_operator(const Reader& reader) {
    OperatorModel model;
    model.type = reader["type"].string();
    model.threads = static_cast<int>(reader["threads"].integer());
    model.algorithm = reader["algorithm"].string();
    model.features = reader["features"].strings();
    model.parameters = reader["parameters"].numbers();
    model.largest_load = reader["largest_load"].number();
    if (const auto correction = reader.optional("correction")) model.correction = read_correction(*correction);
    const std::string problem = check_model(model);
    if (!problem.empty()) reader[model.correction ? "correction" : "parameters"].fail(problem);
    if (const auto held_out = reader.optional("held_out")) model.held_out = read_accuracy(*held_out);
    if (const auto uncertainty = reader.optional("uncertainty")) model.uncertainty = uncertainty->number();
    for (const Reader& trial : reader["trials"].items()) {
        model.trials.push_back({trial["algorithm"].string(), read_accuracy(trial["held_out"])});
    }
    return model;
}

Value operator_value(const OperatorModel& model) {
    Value value = Value::map({{"type", model.type},
                              {"threads", model.threads},
                              {"algorithm", model.algorithm},
                              {"features", model.features},
                              {"parameters", model.parameters},
                              {"largest_load", model.largest_load}});
    if (model.correction) value.set("correction", to_value(*model.correction));
    if (model.held_out) value.set("held_out", latency::to_value(*model.held_out));
    if (model.uncertainty) value.set("uncertainty", *model.uncertainty);
    // A single trial is the algorithm itself, whose error stands above.
    if (model.trials.size() < 2) return value;
    Value trials = Value::sequence();
    for (const Trial& trial : model.trials) {
        trials.push(
            Value::map({{"algorithm", trial.algorithm}, {"held_out", latency::to_value(trial.held_out)}}).flow());
    }
    value.set("trials", trials);
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
    parts.usual_paces = read_usual_paces(document["usual_paces"]);
    parts.features = feature_set(document["feature_set"].string());
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
    Value document = Value::map({{"context", samples::detail::to_value(model.context())},
                                 {"piece_overhead_ms", util::milliseconds(model.piece_overhead())},
                                 {"feature_set", to_string(model.features())}});
    Value paces = Value::sequence();
    for (const UsualPace& pace : model.usual_paces()) paces.push(to_value(pace));
    if (!model.usual_paces().empty()) document.set("usual_paces", paces);
    document.set("operators", operators);
    return write_document(latency_kind(), document, format);
}

}  // namespace convoy::latency
