#include <catch2/catch.hpp>

#include <algorithm>

#include "report/report.hpp"
#include "support/catalogue.hpp"
#include "traces.hpp"

using namespace convoy;
using report::Cell;

namespace {

report::Section report_on(const std::string& text, bool frames = false) {
    const util::FileView file = test::as_file(text);
    return report::read({&file, 1}, {.frames = frames}).sections.at(0);
}

std::string line(const report::Section& section, const std::string& label) {
    for (const report::Line& each : section.lines)
        if (each.label == label) return each.text;
    return "(none)";
}

Cell fact(const report::Section& section, const std::string& key) {
    for (const report::Fact& each : section.facts)
        if (each.key == key) return each.value;
    return "(none)";
}

const report::Table& table(const report::Section& section, const std::string& key) {
    for (const report::Table& each : section.tables)
        if (each.key == key) return each;
    throw std::out_of_range(key);
}

Cell cell(const report::Table& table, std::size_t row, const std::string& key) {
    for (std::size_t i = 0; i < table.columns.size(); ++i)
        if (table.columns[i].key == key) return table.rows.at(row).at(i);
    return "(no such column)";
}

std::string complaint_of(const std::string& text) {
    try {
        (void)report_on(text);
        return "accepted";
    } catch (const util::Error& error) {
        return (error.code() == util::Errc::data ? "" : "not a data error: ") + test::describe(error);
    }
}

/// A trace whose frames take `latencies` in milliseconds, and which has no summary.
std::string frames_of(const std::vector<double>& latencies) {
    const samples::TraceHeader header = test::run_header();
    std::string text = trace_document(header);
    for (std::size_t i = 0; i < latencies.size(); ++i)
        text += trace_document(test::run_frame(i, latencies[i] / 20), header.devices);
    return text;
}

}  // namespace

TEST_CASE("report: a trace's overview sets the measured latency against the predicted one", "[report]") {
    const report::Section section = report_on(test::run_trace(3));
    CHECK(line(section, "latency") == "predicted 20.0 ms, measured 24.0 ms (+20 %)");
    CHECK(line(section, "devices") == "a (source, sink), b (emulated, 2.50 times slower)");
    CHECK(line(section, "frames") == "3 frames in 72.0 ms: 41.7 per second");
    CHECK(line(section, "accuracy") == "66.7 %: 2 of 3 labelled frames");
    CHECK(line(section, "verify") == "bit for bit the unsplit model's outputs, in 3 frames");
    CHECK(line(section, "traffic") == "5.00 kB in 2 messages per frame, over 2 links");
    CHECK(fact(section, "latency_difference_ratio") == Cell(0.2));
    CHECK(fact(section, "complete") == Cell(true));
    CHECK(section.warnings.empty());
}

TEST_CASE("report: each device's part of a stage has its predicted and its median measured time", "[report]") {
    const report::Table stages = table(report_on(frames_of({20, 30, 22})), "stages");
    REQUIRE(stages.rows.size() == 3);
    CHECK(cell(stages, 1, "device") == Cell("b"));
    CHECK(cell(stages, 1, "layers") == Cell("conv1..pool1"));
    CHECK(cell(stages, 1, "predicted_ms") == Cell(5.0));
    CHECK(cell(stages, 1, "measured_ms") == Cell(5.5));
    CHECK(cell(stages, 1, "difference_ms") == Cell(0.5));
    CHECK(cell(stages, 1, "difference_ratio") == Cell(0.1));
    CHECK(cell(stages, 1, "predicted_wait_ms") == Cell(4.0));
    CHECK(cell(stages, 1, "measured_wait_ms") == Cell(4.4));
    CHECK(cell(stages, 2, "stage") == Cell(std::int64_t{1}));
    CHECK(stages.notes.back() ==
          "furthest from its prediction: stage 0 (conv1..pool1) on a, predicted 8.00 ms, measured 8.80 ms (+10 %)");
}

TEST_CASE("report: a link's messages that overlap count their time once", "[report]") {
    samples::FrameTrace frame = test::run_frame(0, 1);
    frame.timeline.transfers.push_back(
        {0, 1, -1, 1, "input", util::Bytes(2000), util::Seconds(0.002), util::Seconds(0.006)});
    const samples::TraceHeader header = test::run_header();
    const report::Table links =
        table(report_on(trace_document(header) + trace_document(frame, header.devices)), "links");
    REQUIRE(links.rows.size() == 2);
    CHECK(cell(links, 0, "messages") == Cell(2.0));
    CHECK(cell(links, 0, "payload_bytes") == Cell(6000.0));
    CHECK(cell(links, 0, "predicted_ms") == Cell(4.0));
    CHECK(cell(links, 0, "measured_ms") == Cell(6.0));
    CHECK(cell(links, 0, "rate_mbit_per_s") == Cell(8.0));
    CHECK(cell(links, 1, "measured_ms") == Cell(1.0));
}

TEST_CASE("report: devices show their share of the compute, busy time and memory", "[report]") {
    const report::Table devices = table(report_on(test::run_trace(2)), "devices");
    REQUIRE(devices.rows.size() == 2);
    CHECK(cell(devices, 0, "share_ratio") == Cell(0.666667));
    CHECK(cell(devices, 0, "busy_ratio") == Cell(0.5));
    CHECK(cell(devices, 0, "peak_memory_bytes") == Cell(std::int64_t{30'000'000}));
    CHECK(cell(devices, 0, "planned_memory_bytes") == Cell(std::int64_t{25'000'000}));
    CHECK(cell(devices, 0, "memory_difference_ratio") == Cell(0.2));
    CHECK(cell(devices, 1, "memory_difference_ratio") == Cell());
    CHECK(cell(devices, 0, "stretch") == Cell());
    CHECK(cell(devices, 1, "stretch") == Cell(2.5));
    CHECK(cell(devices, 1, "measured_ms") == Cell(6.0));
    CHECK(cell(devices, 1, "peak_memory_bytes") == Cell());
}

TEST_CASE("report: a device's time for handing over messages is its own column", "[report]") {
    samples::FrameTrace frame = test::run_frame(0, 1);
    frame.timeline.spans.push_back({0, 0, 0, samples::Activity::send, util::Seconds(0.001), util::Seconds(0.0035)});
    const samples::TraceHeader header = test::run_header();
    const report::Table devices =
        table(report_on(trace_document(header) + trace_document(frame, header.devices)), "devices");
    CHECK(cell(devices, 0, "send_ms") == Cell(2.5));
    CHECK(cell(devices, 0, "measured_ms") == Cell(10.0));
    CHECK(cell(devices, 1, "send_ms") == Cell(0.0));
}

TEST_CASE("report: a run in slow motion is told in the times that are meant", "[report]") {
    constexpr double kDilation = 4;
    const auto trace = [](double dilation) {
        samples::TraceHeader header = test::run_header();
        header.dilation = dilation;
        header.predicted = test::run_frame(0, dilation).timeline;
        std::string text = trace_document(header);
        for (std::uint64_t i = 0; i < 3; ++i)
            text += trace_document(test::run_frame(i, 1.5 * dilation), header.devices);
        return text + trace_document(test::run_summary(3, 1.5 * dilation));
    };
    report::Section meant = report_on(trace(1), true);
    report::Section dilated = report_on(trace(kDilation), true);
    CHECK(line(dilated, "dilation") == "measured 4 times slower; all times here are divided by it");
    CHECK(fact(dilated, "dilation") == Cell(kDilation));
    CHECK(line(meant, "dilation") == "(none)");
    std::erase_if(dilated.lines, [](const report::Line& each) { return each.label == "dilation"; });
    std::erase_if(dilated.facts, [](const report::Fact& each) { return each.key == "dilation"; });
    CHECK(dilated == meant);
}

TEST_CASE("report: the same trace as JSON gives the same report", "[report]") {
    CHECK(report_on(test::run_trace(2, yaml::Format::json)) == report_on(test::run_trace(2)));
}

TEST_CASE("report: frames of warm-up count nowhere", "[report]") {
    const samples::TraceHeader header = test::run_header();
    samples::FrameTrace cold = test::run_frame(0, 50);
    cold.warmup = true;
    const std::string text = trace_document(header) + trace_document(cold, header.devices) +
                             trace_document(test::run_frame(1, 1), header.devices);
    const report::Section section = report_on(text, true);
    CHECK(line(section, "latency") == "predicted 20.0 ms, measured 20.0 ms (+0.0 %)");
    CHECK(fact(section, "frames") == Cell(std::int64_t{1}));
    CHECK(cell(table(section, "frames"), 0, "remark") == Cell("warm-up"));
}

TEST_CASE("report: a list of frames shows answers, and which are wrong", "[report]") {
    const report::Section section = report_on(test::run_trace(2), true);
    const report::Table& frames = table(section, "frames");
    CHECK(cell(frames, 0, "top") == Cell("seven (12.5), class 1 (-3)"));
    CHECK(cell(frames, 1, "remark") == Cell("wrong"));
    CHECK(report_on(test::run_trace(2)).tables.size() + 1 == section.tables.size());
}

TEST_CASE("report: a mismatch names its error, the bound and the operators that are not bit-equal", "[report]") {
    samples::TraceSummary summary = test::run_summary(1, 1);
    summary.verify = samples::VerifySummary{"mismatch", 0.25, 1e-5, 4, 3, {"conv1", "fc"}};
    const report::Section section = report_on(trace_document(test::run_header()) + trace_document(summary));
    CHECK(line(section, "verify") ==
          "MISMATCH in 3 of 4 frames: the largest error is 0.25 of the largest magnitude, 1e-05 is promised; "
          "not bit-equal when cut: conv1, fc");
}

TEST_CASE("report: a trace without a prediction, or with no frames, is reported as far as it goes", "[report]") {
    samples::TraceHeader header = test::run_header();
    CHECK(line(report_on(trace_document(header)), "latency") == "predicted 20.0 ms");
    header.predicted.reset();
    header.plan_file.clear();
    const report::Section section =
        report_on(trace_document(header) + trace_document(test::run_frame(0, 1), header.devices));
    CHECK(line(section, "latency") == "measured 20.0 ms");
    CHECK(line(section, "plan") == "none: unsplit");
    CHECK(cell(table(section, "stages"), 0, "predicted_ms") == Cell("(no such column)"));
    CHECK(table(section, "stages").notes.size() == 1);
}

TEST_CASE("report: a trace whose run was stopped says so", "[report]") {
    const report::Section section = report_on(frames_of({20, 30}));
    REQUIRE(section.warnings.size() == 1);
    CHECK(section.warnings[0] == "the run was stopped: the trace has no summary, this is what its frames tell");
    CHECK(fact(section, "complete") == Cell(false));
    CHECK(fact(section, "frames") == Cell(std::int64_t{2}));
    CHECK(line(section, "accuracy") == "50.0 %: 1 of 2 labelled frames");
}

TEST_CASE("report: a trace cut off anywhere within its frames tells of all frames before", "[report]") {
    const std::string text = frames_of({20, 20, 20});
    const std::size_t second = text.find("\n---", text.find("frame: 0")) + 1;
    const std::size_t third = text.find("\n---", second) + 1;
    for (std::size_t end = third + 10; end < text.size(); end += 7) {
        const std::string cut = text.substr(0, end);
        if (cut.ends_with('\n')) continue;
        INFO(cut.substr(third));
        const report::Section section = report_on(cut);
        CHECK(fact(section, "frames") == Cell(std::int64_t{2}));
        CHECK(section.warnings.at(0).starts_with("the trace is cut off ("));
    }
}

TEST_CASE("report: a broken document in the middle of a trace is an error", "[report]") {
    std::string text = test::run_trace(2);
    text.replace(text.find("activity: compute", text.find("frame: 0")), 17, "activity: dancing");
    CHECK(complaint_of(text).find("dancing") != std::string::npos);
}

TEST_CASE("report: a long trace is sampled, and says so", "[report]") {
    samples::TraceHeader header = test::run_header();
    std::string text = trace_document(header, yaml::Format::json);
    samples::FrameTrace frame = test::run_frame(0, 1);
    frame.timeline.spans.resize(1);
    frame.timeline.transfers.clear();
    for (frame.frame = 0; frame.frame < 4100; ++frame.frame)
        text += trace_document(frame, header.devices, yaml::Format::json);
    const report::Section section = report_on(text);
    CHECK(fact(section, "frames") == Cell(std::int64_t{4100}));
    CHECK(cell(table(section, "stages"), 0, "measured_ms") == Cell(8.0));
    CHECK(section.warnings.back() == "medians are of 4096 frames picked at random");
}

TEST_CASE("report: several traces are also put side by side", "[report]") {
    const std::vector<util::FileView> files{test::as_file(test::run_trace(2), "slow.yaml"),
                                            test::as_file(frames_of({12}), "fast.yaml")};
    const report::Report all = report::read(files);
    REQUIRE(all.sections.size() == 3);
    const report::Table& runs = table(all.sections[2], "traces");
    REQUIRE(runs.rows.size() == 2);
    CHECK(cell(runs, 0, "trace") == Cell("slow.yaml"));
    CHECK(cell(runs, 0, "ratio_to_best") == Cell(2.0));
    CHECK(cell(runs, 1, "ratio_to_best") == Cell(1.0));
    CHECK(cell(runs, 1, "payload_bytes_per_frame") == Cell(5000.0));
    CHECK(cell(runs, 1, "largest_share_ratio") == Cell(0.666667));
}

TEST_CASE("report: what is not a result file of convoy is refused with its place", "[report]") {
    CHECK(complaint_of("") ==
          "1:1: not a file of convoy: the key 'schema' is missing\n"
          "hint: its first line must be 'schema: convoy.<kind>/<version>'");
    CHECK(complaint_of("hello\n").starts_with("1:1: not a file of convoy"));
    CHECK(complaint_of("schema: convoy.preprocess/1\n")
              .starts_with(
                  "1:9: schema: there is no report about a preprocess file\nhint: kinds with a report: trace, "));
    CHECK(complaint_of("schema: convoy.trace/2\npart: header\n").find("too new") != std::string::npos);
}
