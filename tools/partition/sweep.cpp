#include "report/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/progress.hpp"
#include "cli/table.hpp"
#include "partition/change.hpp"
#include "partition/jobs.hpp"
#include "partition/task.hpp"
#include "report/render.hpp"
#include "report/shown.hpp"
#include "util/error.hpp"

namespace convoy::tools {

namespace {

constexpr std::size_t kMostPoints = 10000;

/// One --sweep: KEY=VALUE,VALUE,...
struct Axis {
    std::string name;
    std::vector<Change> values;

    [[nodiscard]] report::SweepAxis described() const {
        report::SweepAxis axis{values.front().column(), values.front().title(), {}};
        for (const Change& value : values) {
            axis.texts.push_back(value.value());
            if (const auto number = value.number()) axis.numbers.push_back(*number);
        }
        return axis;
    }
};

Axis axis_from(const cli::Options& options, const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        throw options.error("sweep", fmt::format("KEY=VALUE,VALUE,... is expected, not '{}'", text));
    Axis axis{text.substr(0, equals), {}};
    for (std::size_t from = equals + 1; from <= text.size();) {
        const std::size_t to = std::min(text.find(',', from), text.size());
        if (to == from) throw options.error("sweep", fmt::format("a value of '{}' is empty", text));
        axis.values.emplace_back(options, "sweep", axis.name, text.substr(from, to - from));
        from = to + 1;
    }
    return axis;
}

std::vector<Axis> axes_from(const cli::Options& options) {
    std::vector<Axis> axes;
    std::size_t points = 1;
    for (const std::string& text : options.all("sweep")) {
        Axis axis = axis_from(options, text);
        const std::string column = axis.values.front().column();
        for (const Axis& other : axes) {
            if (other.values.front().column() == column)
                throw options.error("sweep", fmt::format("'{}' is given twice", axis.name));
        }
        points *= axis.values.size();
        if (points > kMostPoints)
            throw options.error("sweep", fmt::format("more than {} combinations of values", kMostPoints));
        axes.push_back(std::move(axis));
    }
    return axes;
}

/// A point of the sweep, and the cluster there.
struct Place {
    std::vector<std::size_t> at;
    cluster::Cluster cluster;
};

/// Every combination, the last axis fastest. All of them before the first plan, so that no error comes late.
std::vector<Place> places(const std::vector<Axis>& axes, const cluster::Cluster& base) {
    std::vector<Place> places{{{}, base}};
    for (const Axis& axis : axes) {
        std::vector<Place> further;
        for (const Place& place : places) {
            for (std::size_t i = 0; i < axis.values.size(); ++i) {
                further.push_back(place);
                further.back().at.push_back(i);
                axis.values[i].apply(further.back().cluster);
            }
        }
        places = std::move(further);
    }
    return places;
}

std::vector<std::string> names_of(const std::vector<partition::Choice>& choices) {
    std::vector<std::string> names;
    for (const partition::Choice& choice : choices) names.push_back(choice.name());
    return names;
}

std::string csv_text(const report::Table& table) {
    std::vector<std::string> header;
    for (const report::Column& column : table.columns) header.push_back(column.key);
    cli::Table result(std::move(header));
    for (const auto& row : table.rows) {
        std::vector<cli::Table::Cell> cells;
        for (const report::Cell& cell : row) cells.emplace_back(report::plain_text(cell));
        result.add(std::move(cells));
    }
    return result.to_string(cli::TableFormat::csv);
}

std::string sweep_text(const report::Sweep& sweep, const std::string& metric, const std::string& format) {
    if (format == "csv") return csv_text(report::sweep_table(sweep));
    report::Section section = report::sweep_section(sweep, metric);
    if (format == "yaml" || format == "json") section.tables = {report::sweep_table(sweep)};
    return report_text({{std::move(section)}}, format);
}

}  // namespace

int sweep_strategies(const cli::Options& options) {
    for (const char* name : {"require-gain", "time-budget"}) {
        if (options.has(name)) throw options.error(name, "is for a plan, not for --sweep");
    }
    const std::vector<Axis> axes = axes_from(options);
    std::vector<partition::Choice> choices = chosen_strategies(options);
    if (choices.empty()) choices = partition::all_choices();
    Task task(options);
    const partition::Problem base = task.problem();
    const std::vector<Place> points = places(axes, base.bed.cluster());
    const bool keeps = options.flag("keep-plan");
    partition::Proposals kept(base);

    report::Sweep sweep{{}, {}, names_of(choices), !keeps};
    for (const Axis& axis : axes) sweep.axes.push_back(axis.described());
    cli::Progress progress(options, "planning", points.size());
    for (const Place& place : points) {
        const Scenario scenario(base, base.bed.on(place.cluster));
        sweep.points.push_back({place.at, compare(scenario.problem(), task.files, choices, keeps ? &kept : nullptr)});
        progress.step();
    }
    util::write_file(options.output(),
                     sweep_text(sweep, options.text("metric"), options.optional_text("format").value_or("text")));
    return 0;
}

}  // namespace convoy::tools
