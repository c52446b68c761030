#include "predict/commands.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/table.hpp"
#include "latency/evaluation.hpp"
#include "latency/fit.hpp"
#include "latency/forecast.hpp"
#include "options/model.hpp"
#include "util/file.hpp"
#include "util/log.hpp"

namespace convoy::tools {

namespace {

using cli::Table;

constexpr double kLargestLoad = 0.99;

std::vector<std::string> files(const cli::Options& options, const std::string& command, std::size_t least,
                               const char* what) {
    std::vector<std::string> files = options.positionals("FILE");
    if (files.size() < least) throw util::Error(util::Errc::usage, fmt::format("{} needs {}", command, what));
    if (std::count(files.begin(), files.end(), "-") > 1)
        throw util::Error(util::Errc::usage, "only one file can be stdin");
    return files;
}

std::vector<samples::Profile> read_profiles(const std::vector<std::string>& paths, std::size_t first) {
    std::vector<samples::Profile> profiles;
    for (std::size_t i = first; i < paths.size(); ++i) {
        profiles.push_back(samples::read_profile(util::FileView::open(paths[i])));
    }
    return profiles;
}

/// yaml and json are documents; the others are tables.
std::optional<yaml::Format> document_format(const std::string& format) {
    if (format == "yaml") return yaml::Format::yaml;
    if (format == "json") return yaml::Format::json;
    return std::nullopt;
}

std::string format_of(const cli::Options& options, const char* otherwise) {
    return options.optional_text("format").value_or(otherwise);
}

std::string percent(double ratio) { return fmt::format("{:.1f} %", 100 * ratio); }

std::string evaluation_table(const latency::Evaluation& evaluation, cli::TableFormat format) {
    Table table({"type", "samples", "mape", "r2", "within_10", "within_20", "note"});
    for (const latency::EvaluationRow& row : evaluation.types) {
        const latency::Accuracy& accuracy = row.accuracy;
        table.add({row.type, accuracy.samples, Table::fixed(accuracy.mape, 3), Table::fixed(accuracy.r2, 3),
                   Table::fixed(accuracy.within_10, 3), Table::fixed(accuracy.within_20, 3),
                   row.fallback ? "never sampled: a fallback" : ""});
    }
    return table.to_string(format);
}

std::string whole_model_table(const latency::Evaluation& evaluation, cli::TableFormat format) {
    Table table({"whole model at load", "threads", "measured_ms", "predicted_ms", "error"});
    for (const latency::WholeModelRow& row : evaluation.whole_model) {
        table.add({Table::fixed(row.load, 2), row.threads, Table::fixed(util::milliseconds(row.measured), 3),
                   Table::fixed(util::milliseconds(row.predicted), 3), percent(row.predicted / row.measured - 1)});
    }
    return table.to_string(format);
}

std::string evaluation_text(const latency::Evaluation& evaluation, const std::string& format) {
    if (const auto document = document_format(format)) return latency::write_evaluation(evaluation, *document);
    const cli::TableFormat table = cli::table_format(format);
    std::string text = evaluation_table(evaluation, table);
    // CSV is one table: a second one would need a second file.
    if (!evaluation.whole_model.empty() && format != "csv") text += "\n" + whole_model_table(evaluation, table);
    return text;
}

std::string forecast_table(const latency::ModelForecast& forecast, cli::TableFormat format) {
    Table table({"operator", "type", "gflop", "mbytes", "time_ms", "share", "note"});
    const auto add = [&](const std::string& name, const std::string& type, util::Flops flops, util::Bytes bytes,
                         util::Seconds time, const char* note) {
        table.add({name, type, Table::fixed(flops.value / 1e9, 4),
                   Table::fixed(static_cast<double>(bytes.value) / 1e6, 3), Table::fixed(util::milliseconds(time), 4),
                   Table::fixed(time / forecast.latency(), 3), note});
    };
    for (const latency::Forecast& row : forecast.operators) {
        add(row.op, row.type, row.flops, row.bytes, row.time, row.fallback ? "never sampled: a fallback" : "");
    }
    add("whole model", "", forecast.flops(), forecast.bytes(), forecast.latency(), "");
    return table.to_string(format);
}

void warn_of_fallbacks(const std::vector<latency::Forecast>& rows) {
    std::vector<std::string> types;
    for (const latency::Forecast& row : rows) {
        if (row.fallback && std::find(types.begin(), types.end(), row.type) == types.end()) types.push_back(row.type);
    }
    for (const std::string& type : types) {
        util::log_warning("{} was never sampled on this device: the slowest sampled type stands in", type);
    }
}

}  // namespace

int predict_fit(const cli::Options& options) {
    const auto paths = files(options, "fit", 1, "at least one profile");
    const auto format = document_format(format_of(options, "yaml"));
    if (!format) throw options.error("format", "fit writes yaml or json");
    const latency::Fitted fitted = latency::fit(read_profiles(paths, 0));
    for (const std::string& note : fitted.notes) util::log_warning("{}", note);
    util::write_file(options.output(), latency::write_latency(fitted.model, *format));
    return 0;
}

int predict_eval(const cli::Options& options) {
    const auto paths = files(options, "eval", 2, "a latency model and at least one profile");
    const latency::DeviceModel model = latency::read_latency(util::FileView::open(paths[0]));
    std::vector<samples::Profile> profiles = read_profiles(paths, 1);
    samples::Profile& all = profiles.front();
    for (std::size_t i = 1; i < profiles.size(); ++i) {
        all.layers.insert(all.layers.end(), profiles[i].layers.begin(), profiles[i].layers.end());
    }
    // Whole models cannot be told apart any more once several profiles are one.
    if (profiles.size() > 1) all.whole_model.clear(), all.model_file.clear();
    util::write_file(options.output(), evaluation_text(latency::evaluate(model, all), format_of(options, "text")));
    return 0;
}

int predict_show(const cli::Options& options) {
    const auto paths = files(options, "show", 1, "an ONNX model");
    if (paths.size() > 1) throw util::Error(util::Errc::usage, "show takes one model");
    if (!options.has("latency")) throw options.error("latency", "is needed: the latency model of the device");
    if (paths[0] == "-" && options.text("latency") == "-")
        throw util::Error(util::Errc::usage, "only one file can be stdin");
    const latency::DeviceModel model = latency::read_latency(util::FileView::open(options.text("latency")));
    const latency::Conditions conditions{options.number("load", 0, kLargestLoad),
                                         static_cast<int>(options.integer("threads", 1, 4096))};
    const latency::ModelForecast forecast = latency::forecast(model, read_model(options, paths[0]), conditions);
    warn_of_fallbacks(forecast.operators);
    const std::string format = format_of(options, "text");
    const auto document = document_format(format);
    util::write_file(options.output(), document ? latency::write_forecast(forecast, *document)
                                                : forecast_table(forecast, cli::table_format(format)));
    return 0;
}

}  // namespace convoy::tools
