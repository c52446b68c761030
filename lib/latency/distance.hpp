#pragma once

#include <array>
#include <span>

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

}  // namespace convoy::latency::detail
