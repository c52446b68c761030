#include "latency/forecast.hpp"

#include "samples/timeline.hpp"

namespace convoy::latency {

util::Seconds ModelForecast::latency() const {
    util::Seconds sum = piece_overhead;
    for (const Forecast& row : operators) sum += row.time;
    return sum;
}

util::Flops ModelForecast::flops() const {
    util::Flops sum;
    for (const Forecast& row : operators) sum += row.flops;
    return sum;
}

util::Bytes ModelForecast::bytes() const {
    util::Bytes sum;
    for (const Forecast& row : operators) sum += row.bytes;
    return sum;
}

double ModelForecast::uncertainty() const {
    util::Seconds sum{};
    for (const Forecast& row : operators) sum += row.time * row.uncertainty.value_or(0);
    return sum / latency();
}

ModelForecast forecast(const DeviceModel& model, const graph::Graph& graph, const Conditions& conditions) {
    ModelForecast result{model.context().device, graph.file(), conditions, model.piece_overhead(), {}};
    for (std::size_t i = 0; i < graph.operators().size(); ++i) {
        const auto op = static_cast<graph::OperatorId>(i);
        const samples::WorkShape work = samples::describe(graph, graph::whole_work(graph, op));
        const std::string type = samples::operator_type(work);
        result.operators.push_back(
            {graph.op(op).name, type, work.flops, work.input_bytes + work.output_bytes + work.weight_bytes,
             model.predict(work, conditions), model.fallback(type), model.uncertainty(type, conditions.threads)});
    }
    return result;
}

using namespace yaml;

namespace {

const Schema& operator_schema() {
    static const Schema schema{
        "operator",
        {
            {.key = "operator", .type = text(), .required = true},
            {.key = "type", .type = text(), .required = true},
            {.key = "flops", .type = number(), .required = true},
            {.key = "bytes", .type = integer(), .unit = "bytes", .required = true, .doc = "inputs, outputs, weights"},
            {.key = "time_ms", .type = number(), .unit = "ms", .required = true},
            {.key = "fallback", .type = boolean(), .default_text = "false", .doc = "nothing of the type was sampled"},
            {.key = "uncertainty",
             .type = number(),
             .doc = "90 % of predictions for layers that were held out were off by this ratio or less"},
        }};
    return schema;
}

const Schema& forecast_schema() {
    static const Schema schema{
        "forecast",
        {
            {.key = "device", .type = text(), .required = true},
            {.key = "model", .type = any_text(), .default_text = "''"},
            {.key = "load", .type = number(0, 0.999), .required = true},
            {.key = "threads", .type = integer(1, 4096), .required = true},
            {.key = "latency_ms", .type = number(), .unit = "ms", .required = true, .doc = "of the model as one piece"},
            {.key = "piece_overhead_ms", .type = number(), .unit = "ms", .required = true},
            {.key = "operators", .type = sequence_of(record(operator_schema())), .required = true},
        }};
    return schema;
}

}  // namespace

const DocumentKind& forecast_kind() {
    static const DocumentKind kind{"forecast", 1, 1, forecast_schema()};
    return kind;
}

std::string write_forecast(const ModelForecast& forecast, Format format) {
    Value operators = Value::sequence();
    for (const Forecast& row : forecast.operators) {
        Value value = Value::map({{"operator", row.op},
                                  {"type", row.type},
                                  {"flops", row.flops.value},
                                  {"bytes", row.bytes.value},
                                  {"time_ms", samples::written_ms(row.time)}});
        if (row.fallback) value.set("fallback", true);
        if (row.uncertainty) value.set("uncertainty", *row.uncertainty);
        operators.push(std::move(value).flow());
    }
    const Value document = Value::map({{"device", forecast.device},
                                       {"model", forecast.model},
                                       {"load", forecast.conditions.load},
                                       {"threads", forecast.conditions.threads},
                                       {"latency_ms", samples::written_ms(forecast.latency())},
                                       {"piece_overhead_ms", samples::written_ms(forecast.piece_overhead)},
                                       {"operators", operators}});
    return write_document(forecast_kind(), document, format);
}

}  // namespace convoy::latency
