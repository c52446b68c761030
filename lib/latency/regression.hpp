#pragma once

#include <optional>
#include <vector>

namespace convoy::latency {

/// Samples of one operator type as numbers.
struct TrainingSet {
    std::vector<std::vector<double>> rows;  ///< shape [samples][features]
    std::vector<double> targets;            ///< shape [samples], seconds or logarithms of factors
    std::vector<double> scales;             ///< shape [samples], above 0: errors are divided by these
};

/// The linear combination with coefficients >= 0 of least sum of ((predicted - target) / scale)^2.
///
/// Exact: solves every subset of the features without bounds and keeps the best solution that has no negative
/// coefficient; O(2^features), so for at most 12 of them. A feature that is 0 in all rows gets the coefficient 0.
[[nodiscard]] std::vector<double> non_negative_least_squares(const TrainingSet& set);

}  // namespace convoy::latency
