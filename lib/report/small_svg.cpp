#include <fmt/format.h>

#include <algorithm>

#include "report/charts.hpp"
#include "report/markup.hpp"
#include "report/shown.hpp"

namespace convoy::report::detail {
namespace {

constexpr double kWidth = 1100;
constexpr double kRight = 14;

std::string opening(double height, const std::string& name) {
    return fmt::format(
        "<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\" "
        "xmlns=\"http://www.w3.org/2000/svg\">\n",
        kWidth, coordinate(height), escaped(name));
}

/// Latencies over frames.
class Curve {
  public:
    explicit Curve(const LatencyChart& chart) : chart_(chart) {
        for (const LatencyChart::Point& point : chart.points) longest_ = std::max(longest_, point.most.count());
        for (const auto& line : {chart.predicted, chart.median}) {
            if (line) longest_ = std::max(longest_, line->count());
        }
        longest_ = std::max(longest_ * 1.05, 1e-9);
        first_ = static_cast<double>(chart.points.front().first);
        end_ = static_cast<double>(chart.points.back().first + chart.points.back().count);
    }

    std::string svg() const {
        std::string svg = opening(kTop + kPlot + 26, "latency of each frame");
        const Axis axis = time_axis(longest_, 5);
        for (const Axis::Tick& tick : axis.ticks) {
            const std::string at = coordinate(y(tick.at));
            svg += fmt::format("<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/>", kLeft, kWidth - kRight,
                               at, at);
            svg += fmt::format("<text class=\"side\" x=\"{}\" y=\"{}\">{} {}</text>\n", kLeft - 8,
                               coordinate(y(tick.at) + 4), tick.text, axis.unit);
        }
        for (const LatencyChart::Point& point : chart_.points) svg += dot(point);
        svg += line(chart_.predicted, "predicted") + line(chart_.median, "measured");
        svg += fmt::format("<text class=\"tick\" x=\"{}\" y=\"{}\">frame {}</text>", kLeft + 4,
                           coordinate(kTop + kPlot + 18), first_);
        svg += fmt::format("<text class=\"side\" x=\"{}\" y=\"{}\">frame {}</text>\n", kWidth - kRight,
                           coordinate(kTop + kPlot + 18), end_ - 1);
        return svg + "</svg>\n";
    }

  private:
    static constexpr double kLeft = 84;
    static constexpr double kTop = 10;
    static constexpr double kPlot = 130;

    [[nodiscard]] double y(double seconds) const { return kTop + kPlot * (1 - seconds / longest_); }
    [[nodiscard]] double x(double frame) const {
        return kLeft + 8 + (kWidth - kLeft - kRight - 16) * (frame + 0.5 - first_) / (end_ - first_);
    }

    [[nodiscard]] std::string dot(const LatencyChart::Point& point) const {
        const double middle = static_cast<double>(point.first) + static_cast<double>(point.count - 1) / 2;
        std::string title = fmt::format("frame {}: {}", point.first, time_text(point.most));
        if (point.count > 1) {
            title = fmt::format("frames {} to {}: {} to {}", point.first, point.first + point.count - 1,
                                time_text(point.least), time_text(point.most));
        }
        const double top = y(point.most.count()) - 3;
        return fmt::format(
            "<rect class=\"dot\" x=\"{}\" y=\"{}\" width=\"6\" height=\"{}\" rx=\"3\"><title>{}</title></rect>\n",
            coordinate(x(middle) - 3), coordinate(top), coordinate(y(point.least.count()) + 3 - top), title);
    }

    [[nodiscard]] std::string line(const std::optional<util::Seconds>& at, const char* name) const {
        if (!at) return "";
        return fmt::format("<line class=\"end {0}\" x1=\"{1}\" x2=\"{2}\" y1=\"{3}\" y2=\"{3}\"/>\n", name, kLeft,
                           kWidth - kRight, coordinate(y(at->count())));
    }

    const LatencyChart& chart_;
    double longest_ = 0;
    double first_ = 0;
    double end_ = 0;
};

}  // namespace

std::string latency_svg(const LatencyChart& chart) { return chart.points.empty() ? "" : Curve(chart).svg(); }

std::string bar_svg(const BarChart& chart) {
    constexpr double kLeft = 148;
    constexpr double kRow = 26;
    constexpr double kValue = 90;  // room for the text behind a bar
    const double top = 10 + 16 * static_cast<double>(chart.marks.size());
    const double bottom = top + kRow * static_cast<double>(chart.bars.size());
    double longest = 1e-9;
    for (const auto* list : {&chart.bars, &chart.marks}) {
        for (const auto& [name, time] : *list) longest = std::max(longest, time.count());
    }
    const auto width = [&](util::Seconds time) { return (kWidth - kLeft - kRight - kValue) * time.count() / longest; };
    std::string svg = opening(bottom + 8, chart.title);
    double y = top;
    for (const auto& [name, time] : chart.bars) {
        svg += fmt::format("<text class=\"device\" x=\"{}\" y=\"{}\">{}</text>", kLeft - 10, coordinate(y + 17),
                           escaped(name));
        svg += fmt::format("<rect class=\"bar\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"18\" rx=\"2\"/>", kLeft,
                           coordinate(y + 4), coordinate(std::max(width(time), 1.0)));
        svg += fmt::format("<text class=\"value\" x=\"{}\" y=\"{}\">{}</text>\n", coordinate(kLeft + width(time) + 7),
                           coordinate(y + 17), time_text(time));
        y += kRow;
    }
    double name_y = 14;
    for (const auto& [name, time] : chart.marks) {
        const std::string at = coordinate(kLeft + width(time));
        svg += fmt::format("<line class=\"end predicted\" x1=\"{0}\" x2=\"{0}\" y1=\"{1}\" y2=\"{2}\"/>", at,
                           coordinate(name_y - 9), coordinate(bottom + 2));
        const bool left = time.count() > longest / 2;
        svg += fmt::format("<text class=\"end\" x=\"{}\" y=\"{}\" text-anchor=\"{}\">{} {}</text>\n",
                           coordinate(kLeft + width(time) + (left ? -5 : 5)), coordinate(name_y),
                           left ? "end" : "start", escaped(name), time_text(time));
        name_y += 16;
    }
    return svg + "</svg>\n";
}

}  // namespace convoy::report::detail
