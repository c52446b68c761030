#include "report/undilated.hpp"

namespace convoy::report::detail {
namespace {

void undilate(samples::Timeline& timeline, double dilation) {
    timeline.latency /= dilation;
    for (samples::Span& span : timeline.spans) {
        span.begin /= dilation;
        span.end /= dilation;
        span.stretched /= dilation;
    }
    for (samples::Transfer& transfer : timeline.transfers) {
        transfer.begin /= dilation;
        transfer.end /= dilation;
        transfer.start_up /= dilation;
    }
}

}  // namespace

void undilate(samples::TraceHeader& header) {
    for (samples::StartUp& link : header.start_ups) link.time /= header.dilation;
    if (header.predicted) undilate(*header.predicted, header.dilation);
}

void undilate(samples::FrameTrace& frame, double dilation) {
    frame.start /= dilation;
    undilate(frame.timeline, dilation);
}

void undilate(samples::TraceSummary& summary, double dilation) {
    summary.wall /= dilation;
    samples::LatencySummary& latency = summary.latency;
    for (util::Seconds* time : {&latency.mean, &latency.min, &latency.p50, &latency.p95, &latency.p99, &latency.max})
        *time /= dilation;
    summary.throughput_per_s *= dilation;
    for (samples::DeviceSummary& device : summary.device_summaries) device.compute /= dilation;
}

}  // namespace convoy::report::detail
