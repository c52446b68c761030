#include <fmt/format.h>

#include <algorithm>

#include "report/charts.hpp"
#include "report/markup.hpp"
#include "report/shown.hpp"

namespace convoy::report::detail {
namespace {

constexpr double kWidth = 1100;
constexpr double kLeft = 300;
constexpr double kRight = 130;  ///< room for the text behind a bar
constexpr double kTop = 30;
constexpr double kCell = 44;
constexpr double kBar = 15;

double longest(const CellChart& chart) {
    double seconds = 1e-9;
    for (const CellChart::Bar& bar : chart.bars)
        seconds = std::max({seconds, bar.predicted.value_or(util::Seconds{}).count(),
                            bar.measured.value_or(util::Seconds{}).count(), bar.most.count()});
    return seconds;
}

std::string bar_at(double y, double width, const char* kind, const std::string& text) {
    return fmt::format(
        "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/><text class=\"value\" x=\"{}\" y=\"{}\">{}"
        "</text>\n",
        kind, kLeft, coordinate(y), coordinate(std::max(width, 1.0)), kBar, coordinate(kLeft + width + 12),
        coordinate(y + 12), escaped(text));
}

}  // namespace

std::string cell_svg(const CellChart& chart, std::string_view style) {
    const double scale = (kWidth - kLeft - kRight) / longest(chart);
    const auto width = [&](util::Seconds time) { return scale * time.count(); };
    std::string svg = fmt::format(
        "<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"predicted and measured latency\" "
        "xmlns=\"http://www.w3.org/2000/svg\">\n{}",
        kWidth, coordinate(kTop + kCell * static_cast<double>(chart.bars.size()) + 6), style);
    svg += fmt::format(
        "<rect class=\"expected\" x=\"{0}\" y=\"6\" width=\"14\" height=\"12\"/>"
        "<text x=\"{1}\" y=\"16\">predicted</text>"
        "<rect class=\"bar\" x=\"{2}\" y=\"6\" width=\"14\" height=\"12\"/>"
        "<text x=\"{3}\" y=\"16\">measured, and its range over the runs</text>\n",
        kLeft, kLeft + 20, kLeft + 100, kLeft + 120);
    double y = kTop;
    for (const CellChart::Bar& bar : chart.bars) {
        svg += fmt::format("<text class=\"device\" x=\"{}\" y=\"{}\">{}</text>\n", kLeft - 10, coordinate(y + kBar + 4),
                           escaped(bar.name));
        if (bar.predicted) svg += bar_at(y, width(*bar.predicted), "expected", time_text(*bar.predicted));
        if (bar.measured) {
            const double below = y + kBar + 1;
            std::string text = time_text(*bar.measured);
            if (bar.predicted && bar.predicted->count() > 0)
                text += fmt::format(" ({})", difference_text(*bar.measured / *bar.predicted - 1));
            svg += bar_at(below, width(*bar.measured), "bar", text);
            svg += fmt::format("<line class=\"range\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/>\n",
                               coordinate(kLeft + width(bar.least)), coordinate(kLeft + width(bar.most)),
                               coordinate(below + kBar / 2), coordinate(below + kBar / 2));
        }
        y += kCell;
    }
    return svg + "</svg>\n";
}

}  // namespace convoy::report::detail
