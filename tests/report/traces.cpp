#include "traces.hpp"

namespace convoy::test {

using namespace samples;

namespace {

util::Seconds ms(double time) { return util::from_milliseconds(time); }

}  // namespace

TraceHeader run_header() {
    TraceHeader header;
    header.generator = "convoy-run 0.1.0";
    header.plan_file = "plan.yaml";
    header.model_file = "digits.onnx";
    header.strategy = "rows";
    header.devices = {"a", "b"};
    header.stages = {"conv1..pool1", "fc"};
    header.stretch = {{"b", 2.5}};
    header.predicted = run_prediction();
    return header;
}

Timeline run_prediction() {
    Timeline timeline;
    timeline.latency = ms(20);
    timeline.spans = {{0, 0, 0, Activity::compute, ms(0), ms(8)},
                      {1, 0, 0, Activity::wait, ms(0), ms(4)},
                      {1, 0, 0, Activity::compute, ms(4), ms(9)},
                      {0, 1, 0, Activity::wait, ms(8), ms(10)},
                      {0, 1, 0, Activity::compute, ms(10), ms(12)}};
    timeline.transfers = {{0, 1, -1, 0, "input", util::Bytes(4000), ms(0), ms(4)},
                          {1, 0, 0, 0, "pool1_out", util::Bytes(1000), ms(9), ms(10)}};
    return timeline;
}

FrameTrace run_frame(std::uint64_t number, double factor) {
    FrameTrace frame;
    frame.frame = number;
    frame.input = "digits/" + std::to_string(number) + ".png";
    frame.timeline = run_prediction();
    frame.timeline.latency *= factor;
    for (Span& span : frame.timeline.spans)
        span = {span.device, span.stage, span.piece, span.activity, span.begin * factor, span.end * factor};
    for (Transfer& transfer : frame.timeline.transfers) {
        transfer.begin *= factor;
        transfer.end *= factor;
    }
    frame.start = frame.timeline.latency * static_cast<double>(number);
    frame.top = {{7, "seven", 12.5}, {1, "", -3}};
    frame.expected = number % 2 == 0 ? 7 : 1;
    return frame;
}

TraceSummary run_summary(std::uint64_t frames, double factor) {
    const auto n = static_cast<double>(frames);
    const util::Seconds latency = ms(20) * factor;
    TraceSummary summary;
    summary.devices = {"a", "b"};
    summary.frames = frames;
    summary.wall = latency * n;
    summary.latency = {latency, latency, latency, latency, latency, latency};
    summary.throughput_per_s = 1 / latency.count();
    summary.device_summaries = {{0, ms(10) * factor * n, 10.0 / 15, util::Bytes(30'000'000), util::Bytes(25'000'000),
                                 util::Bytes(20'000'000), 1},
                                {1, ms(5) * factor * n, 5.0 / 15, std::nullopt, std::nullopt, std::nullopt, 2.5}};
    const auto messages = static_cast<std::int64_t>(frames);
    summary.links = {{0, 1, frames, util::Bytes(4000 * messages), util::Bytes(4100 * messages)},
                     {1, 0, frames, util::Bytes(1000 * messages), util::Bytes(1100 * messages)}};
    summary.verify = VerifySummary{"bit for bit", 0, 1e-5, frames, 0, {}};
    summary.accuracy = Accuracy{(frames + 1) / 2, frames};
    return summary;
}

std::string run_trace(std::uint64_t frames, yaml::Format format) {
    const TraceHeader header = run_header();
    std::string text = trace_document(header, format);
    for (std::uint64_t i = 0; i < frames; ++i) text += trace_document(run_frame(i, 1.2), header.devices, format);
    return text + trace_document(run_summary(frames, 1.2), format);
}

util::FileView as_file(std::string text, std::string name) {
    return util::FileView::from_bytes(std::move(text), std::move(name));
}

}  // namespace convoy::test
