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

const std::vector<std::string> kAccuracyColumns{"samples", "mape", "accuracy", "r2", "within_10", "within_20"};

std::vector<std::string> header(std::vector<std::string> first, const std::vector<std::string>& last = {}) {
    first.insert(first.end(), kAccuracyColumns.begin(), kAccuracyColumns.end());
    first.insert(first.end(), last.begin(), last.end());
    return first;
}

std::vector<Table::Cell> cells(std::vector<Table::Cell> first, const latency::Accuracy& accuracy) {
    first.insert(first.end(), {accuracy.samples, Table::fixed(accuracy.mape, 3), Table::fixed(1 - accuracy.mape, 3),
                               Table::fixed(accuracy.r2, 3), Table::fixed(accuracy.within_10, 3),
                               Table::fixed(accuracy.within_20, 3)});
    return first;
}

std::string type_table(const latency::Evaluation& evaluation, cli::TableFormat format) {
    Table table(header({"type", "algorithm"}, {"note"}));
    for (const latency::EvaluationRow& row : evaluation.types) {
        std::vector<Table::Cell> line = cells({row.type, row.algorithm}, row.accuracy);
        line.emplace_back(row.fallback ? "never sampled: a fallback" : "");
        table.add(std::move(line));
    }
    return table.to_string(format);
}

std::string load_table(const latency::Evaluation& evaluation, cli::TableFormat format) {
    Table table(header({"load"}));
    for (const latency::LoadRow& row : evaluation.loads) table.add(cells({Table::fixed(row.load, 2)}, row.accuracy));
    return table.to_string(format);
}

/// @param types  whether to show each operator type, or only all of them
std::string method_table(const latency::Evaluation& evaluation, bool types, cli::TableFormat format) {
    Table table(header({"algorithm", "features", "type"}));
    for (const latency::MethodRow& row : evaluation.methods) {
        if (types || row.type == "all") table.add(cells({row.algorithm, row.features, row.type}, row.accuracy));
    }
    return table.to_string(format);
}

std::string whole_model_table(const latency::Evaluation& evaluation, cli::TableFormat format) {
    Table table({"whole model", "load", "threads", "measured_ms", "predicted_ms", "error"});
    for (const latency::WholeModelRow& row : evaluation.whole_model) {
        table.add({row.model.empty() ? evaluation.model : row.model, Table::fixed(row.load, 2), row.threads,
                   Table::fixed(util::milliseconds(row.measured), 3),
                   Table::fixed(util::milliseconds(row.predicted), 3), percent(row.predicted / row.measured - 1)});
    }
    return table.to_string(format);
}

std::string evaluation_text(const latency::Evaluation& evaluation, const std::string& format) {
    if (const auto document = document_format(format)) return latency::write_evaluation(evaluation, *document);
    const cli::TableFormat table = cli::table_format(format);
    const bool methods = !evaluation.methods.empty();
    // CSV is one table: a second one would need a second file.
    if (format == "csv") return methods ? method_table(evaluation, true, table) : type_table(evaluation, table);
    std::string text = methods ? method_table(evaluation, false, table) + "\n" : "";
    text += type_table(evaluation, table);
    if (evaluation.loads.size() > 1) text += "\n" + load_table(evaluation, table);
    if (!evaluation.whole_model.empty()) text += "\n" + whole_model_table(evaluation, table);
    return text;
}

std::string forecast_table(const latency::ModelForecast& forecast, cli::TableFormat format) {
    Table table({"operator", "type", "gflop", "mbytes", "time_ms", "off_by", "share", "note"});
    const auto add = [&](const std::string& name, const std::string& type, const latency::Forecast& row) {
        table.add({name, type, Table::fixed(row.flops.value / 1e9, 4),
                   Table::fixed(static_cast<double>(row.bytes.value) / 1e6, 3),
                   Table::fixed(util::milliseconds(row.time), 4),
                   row.uncertainty ? Table::fixed(*row.uncertainty, 3) : Table::Cell(""),
                   Table::fixed(row.time / forecast.latency(), 3), row.fallback ? "never sampled: a fallback" : ""});
    };
    for (const latency::Forecast& row : forecast.operators) add(row.op, row.type, row);
    add("whole model", "",
        {"", "", forecast.flops(), forecast.bytes(), forecast.latency(), false, forecast.uncertainty()});
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

/// What was compared, and what was taken, with --verbose.
void log_trials(const latency::DeviceModel& model) {
    if (!util::log_enabled(util::LogLevel::info)) return;
    Table table({"type", "threads", "algorithm", "mape", "accuracy", "r2", "within_10", "within_20", "chosen"});
    for (const latency::OperatorModel& op : model.operators()) {
        for (const latency::Trial& trial : op.trials) {
            const latency::Accuracy& held_out = trial.held_out;
            table.add({op.type, op.threads, trial.algorithm, Table::fixed(held_out.mape, 3),
                       Table::fixed(1 - held_out.mape, 3), Table::fixed(held_out.r2, 3),
                       Table::fixed(held_out.within_10, 3), Table::fixed(held_out.within_20, 3),
                       trial.algorithm == op.algorithm ? "yes" : ""});
        }
    }
    if (!table.empty())
        util::log_info("errors for layers that were held out:\n{}", table.to_string(cli::TableFormat::text));
}

latency::FitOptions fit_options(const cli::Options& options) {
    return {latency::feature_set(options.text("features")), options.text("algorithm"), options.seed()};
}

}  // namespace

int predict_fit(const cli::Options& options) {
    const auto paths = files(options, "fit", 1, "at least one profile");
    const auto format = document_format(format_of(options, "yaml"));
    if (!format) throw options.error("format", "fit writes yaml or json");
    util::require_creatable(options.output());
    const latency::Fitted fitted = latency::fit(read_profiles(paths, 0), fit_options(options));
    for (const std::string& note : fitted.notes) util::log_warning("{}", note);
    log_trials(fitted.model);
    util::write_file(options.output(), latency::write_latency(fitted.model, *format));
    return 0;
}

int predict_eval(const cli::Options& options) {
    util::require_creatable(options.output());
    if (options.flag("leave-one-model-out")) {
        const auto profiles = read_profiles(files(options, "eval", 1, "profiles"), 0);
        util::write_file(options.output(), evaluation_text(latency::leave_one_model_out(profiles, options.seed()),
                                                           format_of(options, "text")));
        return 0;
    }
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
