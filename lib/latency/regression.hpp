#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace convoy::latency {

/// Samples of one operator type as numbers.
struct TrainingSet {
    std::vector<std::vector<double>> rows;  ///< shape [samples][features]
    std::vector<double> targets;            ///< shape [samples], seconds
    std::vector<double> scales;             ///< shape [samples], above 0: errors are divided by these
};

/// A way to learn times from features. Parameters are plain numbers, whose meaning the algorithm defines.
struct Algorithm {
    const char* name;
    /// @throws Error data, when nothing can be learnt from the set
    std::vector<double> (*fit)(const TrainingSet& set);
    /// Seconds; finite and not negative when check() accepted the parameters.
    double (*predict)(std::span<const double> parameters, std::span<const double> features);
    /// Why these parameters cannot be used with so many features; empty when they can.
    std::string (*check)(std::span<const double> parameters, std::size_t features);
};

/// Every algorithm, by name as files have it.
///
/// `least_squares`: parameters are the features' coefficients, none negative; errors are weighed relative to the
/// prediction, and outliers less (iteratively reweighted).
[[nodiscard]] std::span<const Algorithm> algorithms() noexcept;
[[nodiscard]] const Algorithm* find_algorithm(std::string_view name) noexcept;

/// The linear combination with coefficients >= 0 of least sum of ((predicted - target) / scale)^2.
///
/// Exact: solves every subset of the features without bounds and keeps the best solution that has no negative
/// coefficient; O(2^features), so for at most 12 of them. A feature that is 0 in all rows gets the coefficient 0.
[[nodiscard]] std::vector<double> non_negative_least_squares(const TrainingSet& set);

}  // namespace convoy::latency
