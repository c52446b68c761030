#include "samples/trace.hpp"

#include <catch2/catch.hpp>

#include "support/catalogue.hpp"

using namespace convoy;
using namespace convoy::samples;

namespace {

Timeline small_timeline() {
    Timeline timeline;
    timeline.latency = util::Seconds(0.0125);
    timeline.spans = {{0, 0, 0, Activity::compute, util::Seconds(0), util::Seconds(0.004), util::Seconds(0.0025)},
                      {1, 1, 2, Activity::wait, util::Seconds(0), util::Seconds(0.0051)}};
    timeline.transfers = {{0, 1, -1, 0, "input: 0", util::Bytes(4096), util::Seconds(0.001), util::Seconds(0.002),
                           util::Seconds(0.0005)}};
    return timeline;
}

TraceHeader small_header() {
    TraceHeader header;
    header.generator = "convoy-run 0.1.0";
    header.plan_file = "plan.yaml";
    header.strategy = "rows";
    header.devices = {"a", "b"};
    header.sink = 1;
    header.stages = {"conv1..pool1", "conv2"};
    header.stretch = {{"b", 2.5}};
    header.dilation = 3;
    header.labels = {{"cluster", "B"}, {"command", "convoy-run: a 'quoted' one"}};
    header.start_ups = {{0, 1, util::Seconds(0.0005)}};
    header.predicted = small_timeline();
    return header;
}

FrameTrace small_frame(std::uint64_t number) {
    FrameTrace frame;
    frame.frame = number;
    frame.input = "digits/0001.png";
    frame.start = util::Seconds(0.25);
    frame.timeline = small_timeline();
    frame.retries = 1;
    frame.top = {{7, "seven", 12.5}, {1, "", -3}};
    frame.expected = 7;
    frame.warmup = number == 0;
    return frame;
}

TraceSummary small_summary() {
    TraceSummary summary;
    summary.devices = {"a", "b"};
    summary.frames = 2;
    summary.warmup = 1;
    summary.wall = util::Seconds(0.5);
    summary.latency = summarize_latency({util::Seconds(0.01), util::Seconds(0.03)});
    summary.throughput_per_s = 4;
    summary.device_summaries = {
        {0, util::Seconds(0.25), 0.625, util::Bytes(1000), util::Bytes(1100), util::Bytes(2000), 1},
        {1, util::Seconds(0.15), 0.375, std::nullopt, std::nullopt, std::nullopt, 2.5}};
    summary.links = {{0, 1, 4, util::Bytes(8192), util::Bytes(8448)}};
    summary.verify = VerifySummary{"bit for bit", 0, 0, 2, 0, {"pool1"}};
    summary.accuracy = Accuracy{1, 2};
    return summary;
}

std::string whole_trace(yaml::Format format) {
    const TraceHeader header = small_header();
    return trace_document(header, format) + trace_document(small_frame(0), header.devices, format) +
           trace_document(small_frame(1), header.devices, format) + trace_document(small_summary(), format);
}

void read_all(const util::FileView& file) {
    TraceReader reader(file);
    while (reader.next()) continue;
}

}  // namespace

TEST_CASE("samples: a trace is read back document by document as it was written", "[samples]") {
    const std::vector<std::string> devices = small_header().devices;
    for (const yaml::Format format : {yaml::Format::yaml, yaml::Format::json}) {
        TraceReader reader(util::FileView::from_bytes(whole_trace(format), "t.yaml"));
        CHECK(trace_document(reader.header()) == trace_document(small_header()));
        auto part = reader.next();
        REQUIRE(part);
        CHECK(trace_document(std::get<FrameTrace>(*part), devices) == trace_document(small_frame(0), devices));
        part = reader.next();
        REQUIRE(part);
        CHECK(std::get<FrameTrace>(*part).frame == 1);
        part = reader.next();
        REQUIRE(part);
        CHECK(trace_document(std::get<TraceSummary>(*part)) == trace_document(small_summary()));
        CHECK_FALSE(reader.next());
    }
}

TEST_CASE("samples: a trace that stops before its summary just ends", "[samples]") {
    const TraceHeader header = small_header();
    TraceReader reader(
        util::FileView::from_bytes(trace_document(header) + trace_document(small_frame(0), header.devices), "t.yaml"));
    CHECK(reader.next());
    CHECK_FALSE(reader.next());
}

TEST_CASE("samples: the summary alone names its latencies as scripts expect them", "[samples]") {
    const std::string json = write_summary(small_summary(), yaml::Format::json);
    CHECK(json.find("\"latency_ms\": {\"mean\": 20, \"min\": 10, \"p50\": 20,") != std::string::npos);
    CHECK(json.find("\"schema\": \"convoy.trace/1\"") != std::string::npos);
}

TEST_CASE("samples: latencies of no frame are zeros", "[samples]") { CHECK(summarize_latency({}) == LatencySummary{}); }

TEST_CASE("samples: each bad trace of the catalogue gets its message", "[samples]") {
    test::check_catalogue("trace", read_all);
}
