#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace convoy::latency::detail {

/// The sum of squared differences; four sums, since additions to one would wait for each other.
///
/// @param a  at least as long as b
[[nodiscard]] inline double squared_distance(const double* a, std::span<const double> b) noexcept {
    std::array<double, 4> sums{};
    std::size_t i = 0;
    for (; i + sums.size() <= b.size(); i += sums.size()) {
        for (std::size_t lane = 0; lane < sums.size(); ++lane) {
            const double difference = a[i + lane] - b[i + lane];
            sums[lane] += difference * difference;
        }
    }
    for (; i < b.size(); ++i) sums[i % sums.size()] += (a[i] - b[i]) * (a[i] - b[i]);
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/// The least and the largest sum of squared differences between `a` and any place from `low` to `high`, but for
/// rounding.
[[nodiscard]] inline std::pair<double, double> squared_distances(const double* a, std::span<const double> low,
                                                                 std::span<const double> high) noexcept {
    constexpr double kRounding = 1e-12;
    double near = 0;
    double far = 0;
    for (std::size_t i = 0; i < low.size(); ++i) {
        const double inside = std::clamp(a[i], low[i], high[i]) - a[i];
        const double outside = std::max(a[i] - low[i], high[i] - a[i]);
        near += inside * inside;
        far += outside * outside;
    }
    return {near * (1 - kRounding), far * (1 + kRounding)};
}

}  // namespace convoy::latency::detail
