#pragma once

#include <optional>
#include <span>

namespace convoy::util {

/// The p-quantile (0 <= p <= 1) of a non-empty sample, linear between neighbours. O(n log n).
[[nodiscard]] double quantile(std::span<const double> sample, double p);
[[nodiscard]] inline double median(std::span<const double> sample) { return quantile(sample, 0.5); }
[[nodiscard]] double mean(std::span<const double> sample);
/// Half the 95 % confidence interval of the median, by order statistics: whatever the distribution is. Nothing for
/// fewer than six values, of which no two enclose the median so surely. O(n log n).
[[nodiscard]] std::optional<double> median_error(std::span<const double> sample);
/// Standard deviation with n - 1; 0 for fewer than two values.
[[nodiscard]] double standard_deviation(std::span<const double> sample);

}  // namespace convoy::util
