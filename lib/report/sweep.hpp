#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cost/comparison.hpp"
#include "report/report.hpp"

namespace convoy::report {

/// One quantity of a cluster that a sweep changes.
struct SweepAxis {
    std::string key;                 ///< in files, with the unit: "rate_mbit_per_s"
    std::string title;               ///< for people: "rate in Mbit/s"
    std::vector<std::string> texts;  ///< the values as they were given: "100", "0.4ms"
    /// The same in the key's unit. Empty, when they are words.
    std::vector<double> numbers{};
};

/// The strategies at one point.
struct SweepPoint {
    std::vector<std::size_t> at;  ///< which value of each axis
    cost::Comparison comparison;
};

/// Strategies compared on clusters that differ in one quantity, or in several: every combination, the last axis
/// fastest.
struct Sweep {
    std::vector<SweepAxis> axes;
    std::vector<SweepPoint> points;
    std::vector<std::string> strategies;  ///< in the order of the columns
    bool replanned = true;                ///< each point has plans of its own, not those of the unchanged cluster
};

/// What people see of a sweep: "latency", "to_best_device", "to_bound", "throughput", "bytes", "messages", "rounds",
/// "redundant", "memory", "energy".
[[nodiscard]] std::vector<std::string_view> sweep_metrics();

/// A table of one metric, a row for each point and a column for each strategy, with curves over the first axis, a panel
/// for each combination of the others. @throws Error usage for an unknown metric
[[nodiscard]] Section sweep_section(const Sweep& sweep, std::string_view metric);

/// Everything for programs: a row for each point and strategy, with a column for each axis; one without a plan has its
/// reason in the last column, and nothing else.
[[nodiscard]] Table sweep_table(const Sweep& sweep);

}  // namespace convoy::report
