#include <fmt/format.h>

#include <algorithm>

#include "cost/comparison.hpp"
#include "report/cells.hpp"
#include "report/sections.hpp"
#include "report/shown.hpp"

namespace convoy::report::detail {
namespace {

Table strategy_table(const cost::Comparison& comparison) {
    Table table{.key = "strategies",
                .title = "Strategies, as predicted",
                .columns = {{"strategy", "strategy"},
                            {"latency_ms", "latency", Quantity::milliseconds},
                            {"throughput_per_s", "frames", Quantity::per_second},
                            {"ratio_to_bound", "to bound", Quantity::real},
                            {"ratio_to_best_device", "to best device", Quantity::real},
                            {"bytes", "traffic", Quantity::bytes},
                            {"messages", "messages", Quantity::count},
                            {"rounds", "rounds", Quantity::count},
                            {"redundant_flops", "redundant FLOP", Quantity::real, false},
                            {"peak_memory_bytes", "peak memory", Quantity::bytes},
                            {"energy_j", "energy in J", Quantity::real},
                            {"note", "note"}}};
    for (const cost::ComparisonRow& row : comparison.strategies)
        table.rows.push_back(
            {row.strategy, time_cell(row.latency), ratio_cell(row.throughput_per_s), ratio_cell(row.ratio_to_bound),
             ratio_cell(row.ratio_to_best_device), bytes_cell(row.bytes), row.messages, row.rounds, row.redundant.value,
             bytes_cell(row.peak_memory), row.energy ? ratio_cell(row.energy->value) : Cell{}, text_cell(row.note)});
    table.notes.emplace_back("to best device: below 1 the plan is faster than the best device alone");
    return table;
}

Table left_out_table(const cost::Comparison& comparison) {
    Table table{.key = "left_out",
                .title = "Strategies without a plan",
                .columns = {{"strategy", "strategy"}, {"reason", "reason"}}};
    for (const cost::LeftOut& each : comparison.left_out) table.rows.push_back({each.strategy, each.reason});
    return table;
}

void add_best(const cost::Comparison& comparison, Section& section) {
    if (comparison.strategies.empty()) return;
    const auto best = std::min_element(comparison.strategies.begin(), comparison.strategies.end(),
                                       [](const auto& a, const auto& b) { return a.latency < b.latency; });
    section.lines.push_back({"fastest", fmt::format("{}, {}", best->strategy, time_text(best->latency))});
    section.facts.push_back({"fastest", best->strategy});
}

}  // namespace

Section comparison_section(const util::FileView& file) {
    const cost::Comparison comparison = cost::read_comparison(file);
    Section section{.file = file.name(),
                    .kind = "comparison",
                    .title = count_text(comparison.strategies.size(), "plan") + " side by side"};
    if (!comparison.model_file.empty()) section.lines.push_back({"model", comparison.model_file});
    if (!comparison.cluster_file.empty()) section.lines.push_back({"cluster", comparison.cluster_file});
    section.lines.push_back({"bound", fmt::format("no plan can be faster than {}", time_text(comparison.lower_bound))});
    section.lines.push_back({"best device", comparison.best_device_latency
                                                ? fmt::format("{} alone, {}", comparison.best_device,
                                                              time_text(*comparison.best_device_latency))
                                                : std::string(kNoSingleDevice)});
    section.facts = {{"model", comparison.model_file},
                     {"cluster", comparison.cluster_file},
                     {"lower_bound_ms", time_cell(comparison.lower_bound)},
                     {"best_device", text_cell(comparison.best_device)},
                     {"best_device_latency_ms", time_cell(comparison.best_device_latency)}};
    add_best(comparison, section);
    add_table(section, strategy_table(comparison));
    BarChart chart{"Latency, as predicted", {}, {{"no plan below", comparison.lower_bound}}};
    for (const cost::ComparisonRow& row : comparison.strategies) chart.bars.emplace_back(row.strategy, row.latency);
    if (!comparison.strategies.empty()) section.pictures.emplace_back(std::move(chart));
    add_table(section, left_out_table(comparison));
    return section;
}

}  // namespace convoy::report::detail
