#include "util/statistics.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <vector>

namespace convoy::util {

double quantile(std::span<const double> sample, double p) {
    assert(!sample.empty() && p >= 0 && p <= 1);
    std::vector<double> sorted(sample.begin(), sample.end());
    std::sort(sorted.begin(), sorted.end());
    const double position = p * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

std::optional<double> median_error(std::span<const double> sample) {
    constexpr std::size_t kLeast = 6;
    constexpr double kSure = 1.96;  // standard deviations of a normal distribution within which 95 % are
    if (sample.size() < kLeast) return std::nullopt;
    std::vector<double> sorted(sample.begin(), sample.end());
    std::sort(sorted.begin(), sorted.end());
    const auto count = static_cast<double>(sorted.size());
    // How many values are below the median is binomially distributed; for few values the interval is all of them.
    const double rank = std::floor((count - 1 - kSure * std::sqrt(count)) / 2);
    const auto low = static_cast<std::size_t>(std::max(0.0, rank));
    return (sorted[sorted.size() - 1 - low] - sorted[low]) / 2;
}

double mean(std::span<const double> sample) {
    assert(!sample.empty());
    return std::accumulate(sample.begin(), sample.end(), 0.0) / static_cast<double>(sample.size());
}

double standard_deviation(std::span<const double> sample) {
    if (sample.size() < 2) return 0;
    const double centre = mean(sample);
    double squares = 0;
    for (const double value : sample) squares += (value - centre) * (value - centre);
    return std::sqrt(squares / static_cast<double>(sample.size() - 1));
}

}  // namespace convoy::util
