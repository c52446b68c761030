#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/sections.hpp"
#include "report/shown.hpp"

namespace convoy::report::detail {
namespace {

/// Points of a latency chart, never more than kMost: neighbours are joined when there are.
class Points {
  public:
    void add(const samples::FrameTrace& frame) {
        const util::Seconds latency = frame.timeline.latency;
        if (!points_.empty() && points_.back().count < frames_per_point_) {
            LatencyChart::Point& last = points_.back();
            ++last.count;
            last.least = std::min(last.least, latency);
            last.most = std::max(last.most, latency);
            return;
        }
        if (points_.size() == kMost) join();
        points_.push_back({frame.frame, 1, latency, latency});
    }

    [[nodiscard]] std::vector<LatencyChart::Point> take() && { return std::move(points_); }

  private:
    static constexpr std::size_t kMost = 360;

    void join() {
        for (std::size_t i = 0; i < kMost / 2; ++i) {
            const LatencyChart::Point& a = points_[2 * i];
            const LatencyChart::Point& b = points_[2 * i + 1];
            points_[i] = {a.first, a.count + b.count, std::min(a.least, b.least), std::max(a.most, b.most)};
        }
        points_.resize(kMost / 2);
        frames_per_point_ *= 2;
    }

    std::vector<LatencyChart::Point> points_;
    std::uint64_t frames_per_point_ = 1;
};

/// The frames that are drawn.
struct Picked {
    std::optional<samples::FrameTrace> median;
    std::optional<samples::FrameTrace> slowest;
    std::optional<samples::FrameTrace> fastest;

    void consider(const samples::FrameTrace& frame, util::Seconds middle) {
        const util::Seconds latency = frame.timeline.latency;
        const auto off = [&](const samples::FrameTrace& each) {
            return std::abs((each.timeline.latency - middle).count());
        };
        if (!median || off(frame) < off(*median)) median = frame;
        if (!slowest || latency > slowest->timeline.latency) slowest = frame;
        if (!fastest || latency < fastest->timeline.latency) fastest = frame;
    }
};

FrameChart chart_of(const samples::FrameTrace& frame, const TraceData& trace, const std::string& what) {
    FrameChart chart{.title = fmt::format("Frame {}{}", frame.frame, what),
                     .devices = trace.header.devices,
                     .stages = {},
                     .predicted = {},
                     .measured = frame.timeline};
    if (frame.route > 0) return chart;  // names and prediction are of the first route
    chart.stages = trace.header.stages;
    chart.predicted = trace.header.predicted;
    return chart;
}

}  // namespace

std::vector<Picture> trace_pictures(const util::FileView& file, const TraceData& trace) {
    std::vector<Picture> pictures;
    const std::optional<util::Seconds> middle = median_time(trace.latency);
    if (!middle) return pictures;
    Points points;
    Picked picked;
    each_frame(file, [&](const samples::FrameTrace& frame) {
        points.add(frame);
        picked.consider(frame, *middle);
    });
    if (trace.frames < 2) {
        pictures.emplace_back(chart_of(*picked.median, trace, ""));
        return pictures;
    }
    pictures.emplace_back(
        chart_of(*picked.median, trace,
                 fmt::format(": the median of {}, predicted above measured", count_text(trace.frames, "frame"))));
    for (const auto& [frame, what] :
         {std::pair{&picked.slowest, ": the slowest"}, {&picked.fastest, ": the fastest"}}) {
        if ((*frame)->frame == picked.median->frame) continue;
        FrameChart chart = chart_of(**frame, trace, what);
        chart.open = false;
        pictures.emplace_back(std::move(chart));
    }
    pictures.emplace_back(LatencyChart{std::move(points).take(), trace.predicted_latency(), middle});
    return pictures;
}

std::optional<samples::Timeline> median_frame(const util::FileView& file, const TraceData& trace) {
    const std::optional<util::Seconds> middle = median_time(trace.latency);
    std::optional<samples::Timeline> median;
    if (!middle || trace.alone) return median;
    each_frame(file, [&](const samples::FrameTrace& frame) {
        const auto off = [&](const samples::Timeline& each) { return std::abs((each.latency - *middle).count()); };
        // Names and prediction are of the first route.
        if (frame.route == 0 && (!median || off(frame.timeline) < off(*median))) median = frame.timeline;
    });
    return median;
}

}  // namespace convoy::report::detail
