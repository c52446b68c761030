#include <fmt/format.h>

#include <algorithm>

#include "latency/evaluation.hpp"
#include "report/cells.hpp"
#include "report/sections.hpp"
#include "report/shown.hpp"

namespace convoy::report::detail {
namespace {

Table type_table(const latency::Evaluation& evaluation) {
    Table table{.key = "types",
                .title = "Operator types: predictions against measurements",
                .columns = {{"type", "type"},
                            {"samples", "samples", Quantity::count},
                            {"mape_ratio", "mean error", Quantity::ratio},
                            {"within_10_ratio", "within 10 %", Quantity::ratio},
                            {"within_20_ratio", "within 20 %", Quantity::ratio},
                            {"r2", "R2", Quantity::real},
                            {"fallback", "remark"}}};
    for (const latency::EvaluationRow& row : evaluation.types) {
        table.rows.push_back({row.type, row.accuracy.samples, ratio_cell(row.accuracy.mape),
                              ratio_cell(row.accuracy.within_10), ratio_cell(row.accuracy.within_20),
                              ratio_cell(row.accuracy.r2), row.fallback ? Cell("never sampled") : Cell{}});
    }
    const bool fallback = std::any_of(evaluation.types.begin(), evaluation.types.end(),
                                      [](const latency::EvaluationRow& row) { return row.fallback; });
    if (fallback) table.notes.emplace_back("never sampled: the model was fitted without a sample of the type");
    return table;
}

Table whole_model_table(const latency::Evaluation& evaluation) {
    Table table{.key = "whole_model",
                .title = "The whole model",
                .columns = {{"load_ratio", "load", Quantity::ratio},
                            {"threads", "threads", Quantity::count},
                            {"predicted_ms", "predicted", Quantity::milliseconds},
                            {"measured_ms", "measured", Quantity::milliseconds},
                            {"difference_ratio", "off", Quantity::difference}}};
    for (const latency::WholeModelRow& row : evaluation.whole_model) {
        table.rows.push_back({ratio_cell(row.load), std::int64_t{row.threads}, time_cell(row.predicted),
                              time_cell(row.measured), difference_cell(row.predicted, row.measured)});
    }
    return table;
}

}  // namespace

Section evaluation_section(const util::FileView& file) {
    const latency::Evaluation evaluation = latency::read_evaluation(file);
    Section section{.file = file.name(), .kind = "evaluation", .title = "a latency model against measurements"};
    section.lines.push_back({"device", evaluation.device});
    if (!evaluation.model.empty()) section.lines.push_back({"model", evaluation.model});
    section.facts = {{"device", evaluation.device}, {"model", evaluation.model}};
    const auto all = std::find_if(evaluation.types.begin(), evaluation.types.end(),
                                  [](const latency::EvaluationRow& row) { return row.type == "all"; });
    if (all != evaluation.types.end()) {
        section.lines.push_back(
            {"error", fmt::format("predictions of {} are off by {} on average, {} of them by at most 20 %",
                                  count_text(static_cast<std::uint64_t>(all->accuracy.samples), "sample"),
                                  percent_text(all->accuracy.mape), percent_text(all->accuracy.within_20))});
        section.facts.push_back({"samples", all->accuracy.samples});
        section.facts.push_back({"mape_ratio", ratio_cell(all->accuracy.mape)});
    }
    add_table(section, type_table(evaluation));
    add_table(section, whole_model_table(evaluation));
    return section;
}

}  // namespace convoy::report::detail
