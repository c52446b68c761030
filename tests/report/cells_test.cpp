#include <catch2/catch.hpp>

#include "report/report.hpp"
#include "report/traces.hpp"

using namespace convoy;
using namespace convoy::report;

namespace {

/// A run of the small trace under labels, with every measured time `factor` times the predicted one.
util::FileView labelled(const std::string& cluster, const std::string& repetition, double factor) {
    samples::TraceHeader header = test::run_header();
    header.labels = {{"cluster", cluster}, {"repetition", repetition}, {"commit", "abc"}, {"model", "m<1>"}};
    std::string text = samples::trace_document(header);
    text += samples::trace_document(test::run_frame(0, factor), header.devices);
    return test::as_file(text + samples::trace_document(test::run_summary(1, factor)), repetition + ".yaml");
}

Report explained(std::vector<util::FileView> files) {
    Options options;
    options.explain = true;
    return read(files, options);
}

Cell cell(const Table& table, std::size_t row, const std::string& key) {
    for (std::size_t i = 0; i < table.columns.size(); ++i)
        if (table.columns[i].key == key) return table.rows.at(row)[i];
    FAIL("no column " << key);
    return {};
}

}  // namespace

TEST_CASE("report: runs of one plan on one cluster are repetitions of a cell", "[report]") {
    const Report report =
        explained({labelled("B", "1", 1.2), labelled("B", "2", 1.5), labelled("B", "3", 1.3), labelled("C", "1", 1.0)});
    REQUIRE(report.sections.size() == 1);
    const Table& cells = report.sections[0].tables.at(0);
    REQUIRE(cells.rows.size() == 2);
    CHECK(cell(cells, 0, "cluster") == Cell("B"));
    CHECK(cell(cells, 0, "runs") == Cell(std::int64_t{3}));
    CHECK(cell(cells, 0, "predicted_ms") == Cell(20.0));
    CHECK(cell(cells, 0, "measured_ms") == Cell(26.0));
    CHECK(std::get<double>(cell(cells, 0, "spread_ratio")) == Approx(0.3 / 1.3));
    CHECK(std::get<double>(cell(cells, 0, "difference_ratio")) == Approx(0.3));
    CHECK(cell(cells, 0, "predicted_bytes_per_frame") == Cell(std::int64_t{5000}));
    CHECK(std::get<double>(cell(cells, 0, "payload_bytes_per_frame")) == Approx(5000));
    CHECK(cell(cells, 0, "verify") == Cell("bit for bit"));
    CHECK(cell(cells, 0, "commit") == Cell("abc"));
    CHECK(cell(cells, 1, "measured_ms") == Cell(20.0));
}

TEST_CASE("report: runs in slow motion are a cell of their own, in the times that are meant", "[report]") {
    samples::TraceHeader header = test::run_header();
    header.labels = {{"cluster", "B"}, {"model", "m<1>"}};
    header.dilation = 2;
    header.predicted = test::run_frame(0, 2).timeline;
    const std::string text = samples::trace_document(header) +
                             samples::trace_document(test::run_frame(0, 3), header.devices) +
                             samples::trace_document(test::run_summary(1, 3));
    const Report report = explained({labelled("B", "1", 1.1), test::as_file(text)});
    const Table& cells = report.sections.back().tables.front();
    REQUIRE(cells.rows.size() == 2);
    CHECK(cell(cells, 0, "dilation") == Cell(1.0));
    CHECK(cell(cells, 1, "dilation") == Cell(2.0));
    CHECK(cell(cells, 1, "predicted_ms") == Cell(20.0));
    CHECK(std::get<double>(cell(cells, 1, "measured_ms")) == Approx(30));
}

TEST_CASE("report: the terms of a cell add up to its latency, the one that is off by most first", "[report]") {
    const Report report = explained({labelled("B", "1", 1.5)});
    const Table& terms = report.sections.at(0).tables.at(1);
    double predicted = 0;
    double measured = 0;
    double last = 1e9;
    for (std::size_t row = 0; row < terms.rows.size(); ++row) {
        predicted += std::get<double>(cell(terms, row, "predicted_ms"));
        measured += std::get<double>(cell(terms, row, "measured_ms"));
        const double off = std::abs(std::get<double>(cell(terms, row, "off_ms")));
        CHECK(off <= last);
        last = off;
    }
    CHECK(predicted == Approx(20));
    CHECK(measured == Approx(30));
}

TEST_CASE("report: a drawing of cells stands alone and escapes what it is told", "[report]") {
    const Report report = explained({labelled("\"<&>", "1", 1.2)});
    const std::string svg = write_svg(report);
    CHECK(svg.starts_with("<svg "));
    CHECK(svg.find("m&lt;1&gt; on &quot;&lt;&amp;&gt;, rows") != std::string::npos);
    CHECK(svg == write_svg(explained({labelled("\"<&>", "1", 1.2)})));
    CHECK_THROWS_AS(write_svg(Report{}), util::Error);
}
