#include "report/shown.hpp"

#include <catch2/catch.hpp>

using namespace convoy;
using namespace convoy::report;

namespace {

Table times(std::vector<std::vector<Cell>> rows) {
    return {.key = "t",
            .title = "T",
            .columns = {{"name", "name"},
                        {"a_ms", "a", Quantity::milliseconds},
                        {"b_ms", "b", Quantity::milliseconds},
                        {"off_ratio", "off", Quantity::difference}},
            .rows = std::move(rows)};
}

}  // namespace

TEST_CASE("report: sentences give three digits and a unit that fits", "[report]") {
    CHECK(time_text(util::Seconds(0.0212)) == "21.2 ms");
    CHECK(time_text(util::Seconds(0.9996)) == "1000 ms");
    CHECK(time_text(util::Seconds(12.345)) == "12.3 s");
    CHECK(time_text(util::Seconds(12.3e-6)) == "12.3 us");
    CHECK(time_text(util::Seconds(0)) == "0 us");
    CHECK(bytes_text(util::Bytes(999)) == "999 B");
    CHECK(bytes_text(util::Bytes(1'204'000)) == "1.20 MB");
    CHECK(rate_text(util::from_mbit_per_s(5.85)) == "5.85 Mbit/s");
    CHECK(flops_text(util::Flops(30.9e9)) == "30.9 GFLOP");
    CHECK(number_text(2) == "2");
    CHECK(number_text(0.25) == "0.250");
    CHECK(percent_text(0.375) == "37.5 %");
    CHECK(difference_text(0.132) == "+13 %");
    CHECK(difference_text(-0.0312) == "-3.1 %");
    CHECK(count_text(1, "frame") == "1 frame");
    CHECK(count_text(0, "frame") == "0 frames");
}

TEST_CASE("report: the times of a table share one unit and its digits", "[report]") {
    const ShownTable table = show(times({{"x", 0.5, 24.04, 0.2}, {"y", Cell(), 120.0, -0.5}}));
    CHECK(table.header == std::vector<std::string>{"name", "a [ms]", "b [ms]", "off [%]"});
    CHECK(table.rows[0] ==
          std::vector<ShownCell>{"x", ShownNumber{0.5, 1}, ShownNumber{24.04, 1}, ShownNumber{20, 1, true}});
    CHECK(table.rows[1][1] == ShownCell(""));
    CHECK(show(times({{"x", 0.01, 0.02, Cell()}})).header[1] == "a [us]");
    CHECK(show(times({{"x", 1.0, 123456.0, Cell()}})).header[1] == "a [s]");
}

TEST_CASE("report: amounts of one subject share a unit, others do not", "[report]") {
    const Table table{.key = "t",
                      .title = "T",
                      .columns = {{"planned", "planned memory", Quantity::bytes},
                                  {"peak", "peak memory", Quantity::bytes},
                                  {"traffic", "traffic", Quantity::bytes}},
                      .rows = {{2'100'000.0, 25'000'000.0, 4000.0}}};
    CHECK(show(table).header == std::vector<std::string>{"planned memory [MB]", "peak memory [MB]", "traffic [B]"});
    CHECK(show(table).rows[0][0] == ShownCell(ShownNumber{2.1, 2}));
}

TEST_CASE("report: numbers that are all whole are shown without a point", "[report]") {
    Table table{.key = "t", .title = "T", .columns = {{"n", "n", Quantity::real}}, .rows = {{2.0}, {3.0}}};
    CHECK(std::get<ShownNumber>(show(table).rows[0][0]).digits == 0);
    table.rows.push_back({2.5});
    CHECK(std::get<ShownNumber>(show(table).rows[0][0]).digits == 2);
}

TEST_CASE("report: leading values that repeat are shown once, until an earlier one changes", "[report]") {
    const Table table{
        .key = "t",
        .title = "",
        .columns = {{"x", "x", Quantity::text, true, true}, {"y", "y", Quantity::text, true, true}, {"z", "z"}},
        .rows = {{"1", "p", "q"}, {"1", "p", "q"}, {"2", "p", "q"}}};
    const ShownTable shown = show(table);
    CHECK(shown.rows[1] == std::vector<ShownCell>{"", "", "q"});
    CHECK(shown.rows[2] == std::vector<ShownCell>{"2", "p", "q"});
}

TEST_CASE("report: a column can be for files only", "[report]") {
    Table table = times({{"x", 1.0, 2.0, 1.0}});
    table.columns[2].shown = false;
    CHECK(show(table).header.size() == 3);
    const FlatTable flat = flatten({{{.file = "f", .kind = "k", .title = "", .tables = {table}}}});
    CHECK(flat.header == std::vector<std::string>{"file", "table", "name", "a_ms", "b_ms", "off_ratio"});
}

TEST_CASE("report: flat rows have values only in their own table's columns", "[report]") {
    const Table first{.key = "one", .title = "", .columns = {{"x", "x"}, {"y", "y"}}, .rows = {{"1", "2"}}};
    const Table second{.key = "two", .title = "", .columns = {{"y", "y"}, {"z", "z"}}, .rows = {{"3", Cell()}}};
    const FlatTable flat = flatten(
        {{{.file = "f", .kind = "k", .title = "", .facts = {{"n", std::int64_t{7}}}, .tables = {first, second}}}});
    CHECK(flat.header == std::vector<std::string>{"file", "table", "n", "x", "y", "z"});
    REQUIRE(flat.rows.size() == 3);
    CHECK(flat.rows[0] == std::vector<Cell>{"f", "overview", std::int64_t{7}, Cell(), Cell(), Cell()});
    CHECK(flat.rows[1] == std::vector<Cell>{"f", "one", Cell(), "1", "2", Cell()});
    CHECK(flat.rows[2] == std::vector<Cell>{"f", "two", Cell(), Cell(), "3", Cell()});
}

TEST_CASE("report: a report is written as a document that reads back", "[report]") {
    const Table table{
        .key = "one", .title = "", .columns = {{"x", "x"}, {"t_ms", "t"}}, .rows = {{"a", 1.5}, {Cell(), 2.0}}};
    const Report report{{{.file = "f",
                          .kind = "trace",
                          .title = "",
                          .facts = {{"names", std::vector<std::string>{"p", "q"}}, {"complete", false}},
                          .warnings = {"cut: off"},
                          .tables = {table}}}};
    for (const yaml::Format format : {yaml::Format::yaml, yaml::Format::json}) {
        const yaml::DocumentKind kind = report_kind();
        const yaml::Document document =
            yaml::open_document(kind, util::FileView::from_bytes(write(report, format), "r.yaml"));
        const yaml::Reader section = document["sections"].items().at(0);
        CHECK(section["overview"]["names"].strings() == std::vector<std::string>{"p", "q"});
        CHECK_FALSE(section["overview"]["complete"].boolean());
        CHECK(section["warnings"].strings() == std::vector<std::string>{"cut: off"});
        const auto rows = section["tables"]["one"].items();
        REQUIRE(rows.size() == 2);
        CHECK(rows[0]["t_ms"].number() == 1.5);
        CHECK_FALSE(rows[1].has("x"));
    }
}
