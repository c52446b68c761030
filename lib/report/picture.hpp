#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "samples/timeline.hpp"

// What the HTML page draws of a section: data, not drawings.
namespace convoy::report {

/// What devices and links did in one frame, predicted beside measured. At least one of the two is there.
struct FrameChart {
    std::string title;  ///< "Frame 7, the median of 20"
    std::vector<std::string> devices;
    std::vector<std::string> stages;  ///< names; of the route that the frame took, empty where they are not known
    std::optional<samples::Timeline> predicted;
    std::optional<samples::Timeline> measured;
    bool open = true;  ///< shown at once, not only on demand
    bool operator==(const FrameChart&) const = default;
};

/// Latencies of consecutive frames; of long runs several at once.
struct LatencyChart {
    struct Point {
        std::uint64_t first = 0;  ///< frame
        std::uint64_t count = 0;
        util::Seconds least{};
        util::Seconds most{};
        bool operator==(const Point&) const = default;
    };
    std::vector<Point> points;
    std::optional<util::Seconds> predicted;
    std::optional<util::Seconds> median;
    bool operator==(const LatencyChart&) const = default;
};

/// Durations side by side, with marks for durations that they are compared with.
struct BarChart {
    std::string title;
    std::vector<std::pair<std::string, util::Seconds>> bars;
    std::vector<std::pair<std::string, util::Seconds>> marks;
    bool operator==(const BarChart&) const = default;
};

/// Predicted beside measured latency of each plan on each cluster.
struct CellChart {
    struct Bar {
        std::string name;  ///< "vgg16 on B, rows"
        std::optional<util::Seconds> predicted;
        std::optional<util::Seconds> measured;
        util::Seconds least{};  ///< of the repetitions
        util::Seconds most{};
        bool operator==(const Bar&) const = default;
    };
    std::vector<Bar> bars;
    bool operator==(const CellChart&) const = default;
};

/// Curves over one quantity, in one panel or in several below each other on the same scale.
struct CurveChart {
    struct Curve {
        std::string name;
        std::vector<std::optional<double>> values;  ///< one for each of `at`; nothing where there is none
        bool reference = false;                     ///< a bound or the like: dashed, without dots
        bool operator==(const Curve&) const = default;
    };
    struct Panel {
        std::string title;  ///< empty: none
        std::vector<Curve> curves;
        bool operator==(const Panel&) const = default;
    };
    std::string title;              ///< what the curves show, with its unit
    std::string quantity;           ///< below the axis, with its unit
    std::vector<std::string> at;    ///< the values along the axis, as they are called
    std::vector<double> positions;  ///< the same as numbers; empty: words, which are drawn side by side
    std::vector<Panel> panels;
    bool operator==(const CurveChart&) const = default;
};

using Picture = std::variant<FrameChart, LatencyChart, BarChart, CellChart, CurveChart>;

}  // namespace convoy::report
