#include <fmt/format.h>

#include <algorithm>

#include "latency/model.hpp"
#include "report/cells.hpp"
#include "report/sections.hpp"
#include "report/shown.hpp"

namespace convoy::report::detail {
namespace {

using latency::OperatorModel;

Table operator_table(const latency::DeviceModel& model) {
    Table table{.key = "operators",
                .title = "Operator types: errors of predictions for layers that were held out of the fit",
                .columns = {{"type", "type"},
                            {"threads", "threads", Quantity::count},
                            {"algorithm", "algorithm"},
                            {"features", "features"},
                            {"samples", "samples", Quantity::count},
                            {"mape_ratio", "mean error", Quantity::ratio},
                            {"within_10_ratio", "within 10 %", Quantity::ratio},
                            {"within_20_ratio", "within 20 %", Quantity::ratio},
                            {"r2", "R2", Quantity::real},
                            {"largest_load_ratio", "loads up to", Quantity::ratio}}};
    for (const OperatorModel& each : model.operators()) {
        std::vector<Cell> row{each.type, std::int64_t{each.threads}, each.algorithm, each.features};
        if (each.held_out) {
            row.insert(row.end(),
                       {each.held_out->samples, ratio_cell(each.held_out->mape), ratio_cell(each.held_out->within_10),
                        ratio_cell(each.held_out->within_20), ratio_cell(each.held_out->r2)});
        } else {
            row.resize(row.size() + 5);
        }
        row.push_back(ratio_cell(each.largest_load));
        table.rows.push_back(std::move(row));
    }
    const bool unchecked = std::any_of(model.operators().begin(), model.operators().end(),
                                       [](const OperatorModel& each) { return !each.held_out; });
    if (unchecked) table.notes.emplace_back("types without an error had too few layers to hold any out");
    return table;
}

/// Mean absolute percentage error of all held-out samples; nothing when there are none.
std::optional<double> mean_error(const latency::DeviceModel& model) {
    double sum = 0;
    double samples = 0;
    for (const OperatorModel& each : model.operators()) {
        if (!each.held_out) continue;
        sum += each.held_out->mape * static_cast<double>(each.held_out->samples);
        samples += static_cast<double>(each.held_out->samples);
    }
    if (samples <= 0) return std::nullopt;
    return sum / samples;
}

}  // namespace

Section latency_section(const util::FileView& file) {
    const latency::DeviceModel model = latency::read_latency(file);
    const std::string& device = model.context().device;
    Section section{.file = file.name(), .kind = "latency", .title = "latency model of " + device};
    section.facts = {{"device", device},
                     {"operator_types", count_cell(model.operators().size())},
                     {"piece_overhead_ms", time_cell(model.piece_overhead())}};
    section.lines = {{"device", model.context().cpu.empty() ? device : device + ": " + model.context().cpu},
                     {"covers", count_text(model.operators().size(), "model")},
                     {"overhead", time_text(model.piece_overhead()) + " for each piece beside its operators"}};
    if (const std::optional<double> error = mean_error(model)) {
        section.lines.push_back(
            {"held out", fmt::format("predictions are off by {} on average", percent_text(*error))});
        section.facts.push_back({"mape_ratio", ratio_cell(*error)});
    }
    add_table(section, operator_table(model));
    return section;
}

}  // namespace convoy::report::detail
