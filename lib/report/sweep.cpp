#include "report/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>

#include "report/cells.hpp"
#include "report/shown.hpp"
#include "util/error.hpp"

namespace convoy::report {
namespace {

using cost::Comparison;
using cost::ComparisonRow;
using Number = std::optional<double>;

/// What a sweep shows of each plan.
struct Metric {
    const char* name;
    const char* title;  ///< with the unit
    Number (*of)(const ComparisonRow& row);
    /// The same of what plans are compared with; nothing where there is no such thing.
    Number (*one_device)(const Comparison& comparison) = nullptr;
    Number (*bound)(const Comparison& comparison) = nullptr;
    bool largest_is_best = false;
};

double ms(util::Seconds time) { return util::milliseconds(time); }
Number ratio(std::optional<util::Seconds> time, std::optional<util::Seconds> to) {
    if (!time || !to) return std::nullopt;
    return to->count() > 0 ? *time / *to : 1;
}

const Metric kMetrics[] = {
    {"latency", "latency in ms", [](const ComparisonRow& row) -> Number { return ms(row.latency); },
     [](const Comparison& all) -> Number {
         return all.best_device_latency ? Number(ms(*all.best_device_latency)) : std::nullopt;
     },
     [](const Comparison& all) -> Number { return ms(all.lower_bound); }},
    {"to_best_device", "latency over that of the best single device",
     [](const ComparisonRow& row) -> Number { return row.ratio_to_best_device; },
     [](const Comparison& all) -> Number { return all.best_device_latency ? Number(1) : std::nullopt; },
     [](const Comparison& all) -> Number { return ratio(all.lower_bound, all.best_device_latency); }},
    {"to_bound", "latency over the lower bound", [](const ComparisonRow& row) -> Number { return row.ratio_to_bound; },
     [](const Comparison& all) -> Number { return ratio(all.best_device_latency, all.lower_bound); },
     [](const Comparison&) -> Number { return 1; }},
    {"throughput", "frames per second", [](const ComparisonRow& row) -> Number { return row.throughput_per_s; },
     nullptr, nullptr, true},
    {"bytes", "payload per frame in kB",
     [](const ComparisonRow& row) -> Number { return static_cast<double>(row.bytes.value) / 1e3; }},
    {"messages", "messages per frame",
     [](const ComparisonRow& row) -> Number { return static_cast<double>(row.messages); }},
    {"rounds", "rounds of messages",
     [](const ComparisonRow& row) -> Number { return static_cast<double>(row.rounds); }},
    {"redundant", "redundant MFLOP", [](const ComparisonRow& row) -> Number { return row.redundant.value / 1e6; }},
    {"memory", "peak memory of the worst device in MB",
     [](const ComparisonRow& row) -> Number { return static_cast<double>(row.peak_memory.value) / 1e6; }},
    {"energy", "energy per frame in J",
     [](const ComparisonRow& row) -> Number { return row.energy ? Number(row.energy->value) : std::nullopt; }},
};

const Metric& metric_called(std::string_view name) {
    const auto found =
        std::find_if(std::begin(kMetrics), std::end(kMetrics), [&](const Metric& m) { return m.name == name; });
    if (found != std::end(kMetrics)) return *found;
    throw util::Error(util::Errc::usage, fmt::format("there is no metric '{}'", name));
}

const ComparisonRow* row_of(const Comparison& comparison, const std::string& strategy) {
    const auto found = std::find_if(comparison.strategies.begin(), comparison.strategies.end(),
                                    [&](const ComparisonRow& row) { return row.strategy == strategy; });
    return found == comparison.strategies.end() ? nullptr : &*found;
}

Number value_at(const Metric& metric, const SweepPoint& point, const std::string& strategy) {
    const ComparisonRow* row = row_of(point.comparison, strategy);
    return row ? metric.of(*row) : std::nullopt;
}

Cell cell(Number number) { return number ? detail::ratio_cell(*number) : Cell{}; }

/// Numbers in files, so that programs need not know units; as they were given for people.
std::vector<Cell> axis_cells(const Sweep& sweep, const SweepPoint& point, bool for_people) {
    std::vector<Cell> cells;
    for (std::size_t a = 0; a < sweep.axes.size(); ++a) {
        const SweepAxis& axis = sweep.axes[a];
        const std::size_t at = point.at[a];
        if (for_people || axis.numbers.empty()) {
            cells.emplace_back(axis.texts[at]);
        } else {
            cells.emplace_back(axis.numbers[at]);
        }
    }
    return cells;
}

/// The names of those that are best, and nobody when no strategy has a plan.
std::string best_at(const Metric& metric, const Sweep& sweep, const SweepPoint& point) {
    std::string best;
    Number least;
    for (const std::string& strategy : sweep.strategies) {
        Number value = value_at(metric, point, strategy);
        if (value && metric.largest_is_best) value = -*value;
        if (!value || (least && *value >= *least)) continue;
        least = value;
        best = strategy;
    }
    return best;
}

Table metric_table(const Sweep& sweep, const Metric& metric) {
    Table table{.key = metric.name, .title = fmt::format("As predicted: {}", metric.title), .columns = {}};
    for (std::size_t a = 0; a < sweep.axes.size(); ++a)
        table.columns.push_back(
            {sweep.axes[a].key, sweep.axes[a].title, Quantity::text, true, a + 1 < sweep.axes.size()});
    for (const std::string& strategy : sweep.strategies) table.columns.push_back({strategy, strategy, Quantity::real});
    if (metric.one_device) table.columns.push_back({"one_device", "one device", Quantity::real});
    if (metric.bound) table.columns.push_back({"bound", "bound", Quantity::real});
    table.columns.push_back({"best", "best"});
    for (const SweepPoint& point : sweep.points) {
        std::vector<Cell> row = axis_cells(sweep, point, true);
        for (const std::string& strategy : sweep.strategies) row.push_back(cell(value_at(metric, point, strategy)));
        if (metric.one_device) row.push_back(cell(metric.one_device(point.comparison)));
        if (metric.bound) row.push_back(cell(metric.bound(point.comparison)));
        row.push_back(detail::text_cell(best_at(metric, sweep, point)));
        table.rows.push_back(std::move(row));
    }
    return table;
}

/// Where a strategy has no plan, and why: the first reason, and how many points.
std::vector<std::string> left_out(const Sweep& sweep) {
    std::vector<std::string> notes;
    for (const std::string& strategy : sweep.strategies) {
        std::size_t count = 0;
        std::string reason;
        for (const SweepPoint& point : sweep.points) {
            for (const cost::LeftOut& each : point.comparison.left_out) {
                if (each.strategy != strategy) continue;
                if (count++ == 0) reason = each.reason;
            }
        }
        if (count > 0)
            notes.push_back(
                fmt::format("{}: no plan at {} of {} points: {}", strategy, count, sweep.points.size(), reason));
    }
    return notes;
}

/// "start-up in ms 0.1, devices 4": of all axes but the first.
std::string panel_title(const Sweep& sweep, const SweepPoint& point) {
    std::string title;
    for (std::size_t a = 1; a < sweep.axes.size(); ++a) {
        title +=
            fmt::format("{}{} {}", title.empty() ? "" : ", ", sweep.axes[a].title, sweep.axes[a].texts[point.at[a]]);
    }
    return title;
}

CurveChart curves(const Sweep& sweep, const Metric& metric) {
    const SweepAxis& along = sweep.axes.front();
    CurveChart chart{
        .title = metric.title, .quantity = along.title, .at = along.texts, .positions = along.numbers, .panels = {}};
    const std::size_t panels = sweep.points.size() / along.texts.size();
    const auto curve_of = [&](const std::string& name, std::size_t panel, bool reference,
                              const std::function<Number(const SweepPoint&)>& value) {
        CurveChart::Curve curve{name, {}, reference};
        for (std::size_t i = 0; i < along.texts.size(); ++i)
            curve.values.push_back(value(sweep.points[i * panels + panel]));
        return curve;
    };
    for (std::size_t p = 0; p < panels; ++p) {
        CurveChart::Panel panel{panel_title(sweep, sweep.points[p]), {}};
        for (const std::string& strategy : sweep.strategies) {
            panel.curves.push_back(curve_of(
                strategy, p, false, [&](const SweepPoint& point) { return value_at(metric, point, strategy); }));
        }
        if (metric.one_device)
            panel.curves.push_back(curve_of("best single device", p, true, [&](const SweepPoint& point) {
                return metric.one_device(point.comparison);
            }));
        if (metric.bound)
            panel.curves.push_back(curve_of("lower bound", p, true,
                                            [&](const SweepPoint& point) { return metric.bound(point.comparison); }));
        chart.panels.push_back(std::move(panel));
    }
    return chart;
}

std::vector<std::string> keys_of(const Sweep& sweep) {
    std::vector<std::string> keys;
    for (const SweepAxis& axis : sweep.axes) keys.push_back(axis.key);
    return keys;
}

}  // namespace

std::vector<std::string_view> sweep_metrics() {
    std::vector<std::string_view> names;
    for (const Metric& metric : kMetrics) names.emplace_back(metric.name);
    return names;
}

Section sweep_section(const Sweep& sweep, std::string_view metric) {
    const Metric& shown = metric_called(metric);
    Section section{.file = "", .kind = "sweep", .title = count_text(sweep.points.size(), "cluster") + " side by side"};
    if (!sweep.points.empty()) {
        const Comparison& first = sweep.points.front().comparison;
        section.lines.push_back({"model", first.model_file});
        section.lines.push_back({"cluster", first.cluster_file});
        section.facts = {{"model", first.model_file}, {"cluster", first.cluster_file}};
    }
    section.lines.push_back({"plans", sweep.replanned ? "made for each point" : "made for the cluster as it is"});
    section.facts.push_back({"axes", keys_of(sweep)});
    section.facts.push_back({"replanned", sweep.replanned});
    Table table = metric_table(sweep, shown);
    table.notes = left_out(sweep);
    section.tables.push_back(std::move(table));
    if (!sweep.points.empty()) section.pictures.emplace_back(curves(sweep, shown));
    return section;
}

Table sweep_table(const Sweep& sweep) {
    Table table{.key = "points", .title = "", .columns = {}};
    for (const SweepAxis& axis : sweep.axes)
        table.columns.push_back({axis.key, axis.title, axis.numbers.empty() ? Quantity::text : Quantity::real});
    for (const char* key : {"strategy", "latency_ms", "ratio_to_best_device", "ratio_to_bound", "throughput_per_s",
                            "bytes", "messages", "rounds", "redundant_flops", "peak_memory_bytes", "energy_j",
                            "best_device", "best_device_latency_ms", "lower_bound_ms", "reason"})
        table.columns.push_back({key, key});
    for (const SweepPoint& point : sweep.points) {
        const Comparison& all = point.comparison;
        const auto add = [&](const std::string& strategy, std::vector<Cell> cells, const std::string& reason) {
            std::vector<Cell> row = axis_cells(sweep, point, false);
            row.emplace_back(strategy);
            cells.resize(10);
            std::move(cells.begin(), cells.end(), std::back_inserter(row));
            row.insert(row.end(), {detail::text_cell(all.best_device), detail::time_cell(all.best_device_latency),
                                   detail::time_cell(all.lower_bound), detail::text_cell(reason)});
            table.rows.push_back(std::move(row));
        };
        for (const std::string& strategy : sweep.strategies) {
            if (const ComparisonRow* plan = row_of(all, strategy)) {
                add(strategy,
                    {detail::time_cell(plan->latency), detail::ratio_cell(plan->ratio_to_best_device),
                     detail::ratio_cell(plan->ratio_to_bound), detail::ratio_cell(plan->throughput_per_s),
                     detail::bytes_cell(plan->bytes), plan->messages, plan->rounds, plan->redundant.value,
                     detail::bytes_cell(plan->peak_memory),
                     plan->energy ? detail::ratio_cell(plan->energy->value) : Cell{}},
                    "");
                continue;
            }
            const auto why = std::find_if(all.left_out.begin(), all.left_out.end(),
                                          [&](const cost::LeftOut& each) { return each.strategy == strategy; });
            add(strategy, {}, why == all.left_out.end() ? "" : why->reason);
        }
    }
    return table;
}

}  // namespace convoy::report
