#pragma once

#include <string>
#include <string_view>

#include "report/picture.hpp"

// Pictures as inline SVG that takes its colours from the page's style sheet (page.cpp).
namespace convoy::report::detail {

/// Lanes for devices and links. Bars that are too narrow to be seen are drawn together: the size of the drawing does
/// not grow with the number of spans.
[[nodiscard]] std::string frame_svg(const FrameChart& chart);
/// @param style  a style element, for a file that stands alone
[[nodiscard]] std::string cell_svg(const CellChart& chart, std::string_view style = "");
/// A scale is logarithmic where its largest value is at least 20 times the smallest one.
/// @param style  as above
[[nodiscard]] std::string curve_svg(const CurveChart& chart, std::string_view style = "");
[[nodiscard]] std::string latency_svg(const LatencyChart& chart);
[[nodiscard]] std::string bar_svg(const BarChart& chart);

/// Colours of stages repeat after so many.
inline constexpr std::int32_t kStageColours = 8;
/// Class of a stage's colour: "s3", "si" for the graph inputs.
[[nodiscard]] std::string stage_class(std::int32_t stage);

/// An axis of durations from 0: where the marks are, and what they are called.
struct Axis {
    struct Tick {
        double at = 0;  ///< seconds
        std::string text;
    };
    std::vector<Tick> ticks;
    std::string unit;
};
/// @param longest  in seconds; not below 0
[[nodiscard]] Axis time_axis(double longest, int most_ticks);

}  // namespace convoy::report::detail
