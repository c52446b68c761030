#include "report/sweep.hpp"

#include <catch2/catch.hpp>

#include "report/charts.hpp"
#include "util/error.hpp"

using namespace convoy;
using report::Cell;

namespace {

cost::ComparisonRow row(const std::string& strategy, double ms, std::int64_t bytes) {
    cost::ComparisonRow row;
    row.strategy = strategy;
    row.latency = util::from_milliseconds(ms);
    row.bytes = util::Bytes(bytes);
    row.throughput_per_s = 1000 / ms;
    return row;
}

/// Two rates times two start-ups; oc has no plan at the second rate.
report::Sweep sweep() {
    report::Sweep sweep;
    sweep.axes = {{"rate_mbit_per_s", "rate in Mbit/s", {"10", "1000"}, {10, 1000}},
                  {"start_up_ms", "start-up in ms", {"0.1ms", "10ms"}, {0.1, 10}}};
    sweep.strategies = {"rows", "oc"};
    for (std::size_t rate = 0; rate < 2; ++rate) {
        for (std::size_t start_up = 0; start_up < 2; ++start_up) {
            cost::Comparison comparison;
            comparison.best_device = "a";
            comparison.best_device_latency = util::from_milliseconds(50);
            comparison.lower_bound = util::from_milliseconds(5);
            const double ms = 40.0 - 30.0 * static_cast<double>(rate) + 5.0 * static_cast<double>(start_up);
            comparison.strategies = {row("rows", ms, 2000)};
            if (rate == 0) comparison.strategies.push_back(row("oc", 20, 6000));
            if (rate == 1) comparison.left_out = {{"oc", "no room on 'b'"}};
            sweep.points.push_back({{rate, start_up}, comparison});
        }
    }
    return sweep;
}

std::size_t occurrences(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

}  // namespace

TEST_CASE("report: a sweep is a row for each point, with the best strategy there", "[report]") {
    const report::Section section = report::sweep_section(sweep(), "latency");
    REQUIRE(section.tables.size() == 1);
    const report::Table& table = section.tables.front();
    CHECK(table.rows == std::vector<std::vector<Cell>>{{"10", "0.1ms", 40.0, 20.0, 50.0, 5.0, "oc"},
                                                       {"10", "10ms", 45.0, 20.0, 50.0, 5.0, "oc"},
                                                       {"1000", "0.1ms", 10.0, Cell{}, 50.0, 5.0, "rows"},
                                                       {"1000", "10ms", 15.0, Cell{}, 50.0, 5.0, "rows"}});
    CHECK(table.notes == std::vector<std::string>{"oc: no plan at 2 of 4 points: no room on 'b'"});
}

TEST_CASE("report: the best of a sweep has most frames per second, and least of everything else", "[report]") {
    const auto best = [](const char* metric) {
        const report::Table table = report::sweep_section(sweep(), metric).tables.front();
        return std::get<std::string>(table.rows.front().back());
    };
    CHECK(best("throughput") == "oc");
    CHECK(best("bytes") == "rows");
    for (const std::string_view metric : report::sweep_metrics()) CHECK_NOTHROW(report::sweep_section(sweep(), metric));
    CHECK_THROWS_AS(report::sweep_section(sweep(), "speed"), util::Error);
}

TEST_CASE("report: a sweep's curves run over its first axis, a panel for each value of the second", "[report]") {
    const report::Section section = report::sweep_section(sweep(), "latency");
    const auto& chart = std::get<report::CurveChart>(section.pictures.at(0));
    REQUIRE(chart.panels.size() == 2);
    CHECK(chart.at == std::vector<std::string>{"10", "1000"});
    CHECK(chart.panels[1].title == "start-up in ms 10ms");
    const report::CurveChart::Curve& rows = chart.panels[1].curves.at(0);
    CHECK(rows.values == std::vector<std::optional<double>>{45.0, 15.0});
    CHECK(chart.panels[0].curves.at(1).values == std::vector<std::optional<double>>{20.0, std::nullopt});

    const std::string svg = report::write_svg({{section}});
    CHECK(occurrences(svg, "<svg ") == 1);
    CHECK(occurrences(svg, ">rows<") == 2);
    // Of each panel: two curves, the device and the bound. A point alone is a dot, its line has one end.
    CHECK(occurrences(svg, "<polyline ") == 8);
    CHECK(occurrences(svg, "<circle ") == 6);
}

TEST_CASE("report: for programs a sweep has all figures, numbers in the unit of their column", "[report]") {
    const report::Table table = report::sweep_table(sweep());
    REQUIRE(table.rows.size() == 8);
    for (const auto& row : table.rows) REQUIRE(row.size() == table.columns.size());
    CHECK(table.columns[1].key == "start_up_ms");
    CHECK(table.rows[0][1] == Cell{0.1});
    CHECK(table.rows[0][2] == Cell{"rows"});
    CHECK(table.rows[0][3] == Cell{40.0});
    CHECK(table.rows[7][2] == Cell{"oc"});
    CHECK(table.rows[7][3] == Cell{});
    CHECK(table.rows[7].back() == Cell{"no room on 'b'"});
}

TEST_CASE("report: curves over words, of one value, or without a value are drawn", "[report]") {
    report::CurveChart chart{
        .title = "t", .quantity = "medium", .at = {"shared", "switched"}, .positions = {}, .panels = {}};
    chart.panels = {{"", {{"a < b", {1.0, 2.0}}}}};
    const std::string words = report::detail::curve_svg(chart);
    CHECK(occurrences(words, ">switched<") == 1);
    CHECK(occurrences(words, "a &lt; b") == 3);  // its name, and the titles of its dots
    chart.at = {"1"};
    chart.panels = {{"", {{"a", {0.0}}, {"b", {std::nullopt}}}}};
    const std::string one = report::detail::curve_svg(chart);
    CHECK(occurrences(one, "nan") == 0);
    CHECK(occurrences(one, "inf") == 0);
    CHECK(occurrences(one, "<circle ") == 1);
}
