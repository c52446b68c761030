#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "report/charts.hpp"
#include "report/markup.hpp"

namespace convoy::report::detail {
namespace {

constexpr double kWidth = 1100;
constexpr double kLeft = 84;
constexpr double kRight = 230;  ///< room for the names
constexpr double kTop = 26;     ///< of a panel, room for its title
constexpr double kBottom = 24;  ///< of a panel, room for the axis
constexpr double kNameStep = 16;
constexpr double kLeastHeight = 280;
constexpr double kLogarithmicFrom = 20;

/// Seen on light and on dark pages.
constexpr std::array kColours{"#2f6bd8", "#d9730d", "#2a9d5b", "#d6336c", "#7950f2", "#b08900", "#0c8599", "#8d6e4f"};
constexpr std::array kDashes{"", "7 3", "2 3", "9 3 2 3"};
constexpr std::array kReferenceDashes{"8 4", "2 4"};

std::string stroke(const CurveChart::Curve& curve, std::size_t number) {
    if (curve.reference) {
        return fmt::format("stroke=\"#868e96\" stroke-width=\"1.4\" stroke-dasharray=\"{}\"",
                           kReferenceDashes[number % kReferenceDashes.size()]);
    }
    const std::string dash = kDashes[number / kColours.size() % kDashes.size()];
    return fmt::format("stroke=\"{}\" stroke-width=\"2\"{}", kColours[number % kColours.size()],
                       dash.empty() ? "" : fmt::format(" stroke-dasharray=\"{}\"", dash));
}

/// A scale from values to [0, 1], and where it has marks.
class Scale {
  public:
    struct Mark {
        double at = 0;
        std::string text;
    };

    /// @param from_zero  a scale that is not logarithmic begins at 0
    Scale(double least, double most, bool from_zero) : least_(least), most_(most) {
        logarithmic_ = least > 0 && most / least >= kLogarithmicFrom;
        if (!logarithmic_ && from_zero) least_ = std::min(0.0, least);
        if (most_ <= least_) most_ = least_ + std::max(1.0, std::abs(least_));
    }

    [[nodiscard]] double operator()(double value) const {
        if (logarithmic_) return std::log(value / least_) / std::log(most_ / least_);
        return (value - least_) / (most_ - least_);
    }

    [[nodiscard]] std::vector<Mark> marks() const { return logarithmic_ ? decades() : steps(); }

  private:
    [[nodiscard]] std::vector<Mark> decades() const {
        const double span = std::log10(most_ / least_);
        std::vector<Mark> marks;
        for (double decade = std::floor(std::log10(least_)); decade <= std::log10(most_); ++decade) {
            for (const double digit : {1.0, 2.0, 5.0}) {
                if (digit > 1 && span > 3) continue;
                const double at = digit * std::pow(10, decade);
                if (at >= least_ * (1 - 1e-9) && at <= most_ * (1 + 1e-9)) marks.push_back({at, text(at)});
            }
        }
        return marks;
    }
    [[nodiscard]] std::vector<Mark> steps() const {
        const double span = most_ - least_;
        double step = std::pow(10, std::floor(std::log10(span / 5)));
        for (const double factor : {2.0, 2.5, 2.0}) {
            if (span / step > 6) step *= factor;
        }
        std::vector<Mark> marks;
        const double first = std::ceil(least_ / step - 1e-9);
        for (int i = 0; (first + i) * step <= most_ + 1e-9 * span; ++i)
            marks.push_back({(first + i) * step, text((first + i) * step)});
        return marks;
    }
    static std::string text(double value) { return fmt::format("{:.6g}", value); }

    double least_;
    double most_;
    bool logarithmic_ = false;
};

Scale vertical_scale(const CurveChart& chart) {
    double least = std::numeric_limits<double>::infinity();
    double most = -least;
    for (const CurveChart::Panel& panel : chart.panels) {
        for (const CurveChart::Curve& curve : panel.curves) {
            for (const auto& value : curve.values) {
                if (!value) continue;
                least = std::min(least, *value);
                most = std::max(most, *value);
            }
        }
    }
    if (least > most) return {0, 1, true};
    return {least, most, true};
}

std::vector<double> positions_of(const CurveChart& chart) {
    if (!chart.positions.empty()) return chart.positions;
    std::vector<double> positions;
    for (std::size_t i = 0; i < chart.at.size(); ++i) positions.push_back(static_cast<double>(i));
    return positions;
}

class Drawing {
  public:
    explicit Drawing(const CurveChart& chart)
        : chart_(chart),
          positions_(positions_of(chart)),
          across_(*std::min_element(positions_.begin(), positions_.end()),
                  *std::max_element(positions_.begin(), positions_.end()), false),
          up_(vertical_scale(chart)) {
        std::size_t names = 0;
        for (const CurveChart::Panel& panel : chart.panels) names = std::max(names, panel.curves.size());
        height_ = std::max(kLeastHeight, kNameStep * static_cast<double>(names));
    }

    [[nodiscard]] std::string svg(std::string_view style) const {
        const double panel = kTop + height_ + kBottom;
        std::string svg = fmt::format(
            "<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\" "
            "xmlns=\"http://www.w3.org/2000/svg\">\n{}",
            kWidth, coordinate(panel * static_cast<double>(chart_.panels.size()) + 20), escaped(chart_.title), style);
        double top = kTop;
        for (const CurveChart::Panel& each : chart_.panels) {
            svg += frame(each, top);
            for (std::size_t i = 0; i < each.curves.size(); ++i) svg += curve(each.curves[i], i, top);
            top += panel;
        }
        svg += fmt::format("<text class=\"tick\" x=\"{}\" y=\"{}\">{}</text>\n", coordinate((x(0.0) + x(1.0)) / 2),
                           coordinate(top - kTop + 12), escaped(chart_.quantity));
        return svg + "</svg>\n";
    }

  private:
    [[nodiscard]] static double x(double part) { return kLeft + 8 + (kWidth - kLeft - kRight - 16) * part; }
    [[nodiscard]] double y(double top, double value) const { return top + height_ * (1 - up_(value)); }

    [[nodiscard]] std::string frame(const CurveChart::Panel& panel, double top) const {
        std::string svg = fmt::format("<text x=\"{}\" y=\"{}\">{}{}{}</text>\n", kLeft, coordinate(top - 10),
                                      escaped(chart_.title), panel.title.empty() ? "" : ", ", escaped(panel.title));
        for (const Scale::Mark& mark : up_.marks()) {
            svg += fmt::format("<line class=\"grid\" x1=\"{0}\" x2=\"{1}\" y1=\"{2}\" y2=\"{2}\"/>", kLeft,
                               kWidth - kRight, coordinate(y(top, mark.at)));
            svg += fmt::format("<text class=\"side\" x=\"{}\" y=\"{}\">{}</text>\n", kLeft - 8,
                               coordinate(y(top, mark.at) + 4), mark.text);
        }
        double last = -kWidth;
        for (std::size_t i = 0; i < positions_.size(); ++i) {
            const double at = x(across_(positions_[i]));
            svg += fmt::format("<line class=\"grid\" x1=\"{0}\" x2=\"{0}\" y1=\"{1}\" y2=\"{2}\"/>\n", coordinate(at),
                               coordinate(top), coordinate(top + height_));
            if (std::abs(at - last) < 34) continue;  // its text would cover the one before
            svg += fmt::format("<text class=\"tick\" x=\"{}\" y=\"{}\">{}</text>\n", coordinate(at),
                               coordinate(top + height_ + 15), escaped(chart_.at[i]));
            last = at;
        }
        return svg;
    }

    [[nodiscard]] std::string curve(const CurveChart::Curve& curve, std::size_t number, double top) const {
        const std::string look = stroke(curve, number);
        std::string svg;
        std::string points;
        std::string dots;
        const auto end_line = [&] {
            if (!points.empty()) svg += fmt::format("<polyline fill=\"none\" {} points=\"{}\"/>\n", look, points);
            points.clear();
        };
        for (std::size_t i = 0; i < curve.values.size(); ++i) {
            if (!curve.values[i]) {
                end_line();
                continue;
            }
            const std::string at_x = coordinate(x(across_(positions_[i])));
            const std::string at_y = coordinate(y(top, *curve.values[i]));
            points += fmt::format("{}{},{}", points.empty() ? "" : " ", at_x, at_y);
            if (curve.reference) continue;
            dots += fmt::format(
                "<circle cx=\"{}\" cy=\"{}\" r=\"3\" fill=\"{}\"><title>{}, {}: {:.6g}</title></circle>\n", at_x, at_y,
                kColours[number % kColours.size()], escaped(curve.name), escaped(chart_.at[i]), *curve.values[i]);
        }
        end_line();
        const double name_y = top + 8 + kNameStep * static_cast<double>(number);
        svg += fmt::format("<line {} x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/>", look, kWidth - kRight + 14,
                           kWidth - kRight + 42, coordinate(name_y - 4), coordinate(name_y - 4));
        svg += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n", kWidth - kRight + 50, coordinate(name_y),
                           escaped(curve.name));
        return svg + dots;
    }

    const CurveChart& chart_;
    std::vector<double> positions_;
    Scale across_;
    Scale up_;
    double height_ = 0;
};

}  // namespace

std::string curve_svg(const CurveChart& chart, std::string_view style) {
    return chart.at.empty() || chart.panels.empty() ? "" : Drawing(chart).svg(style);
}

}  // namespace convoy::report::detail
