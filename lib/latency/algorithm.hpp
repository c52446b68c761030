#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "latency/regression.hpp"

namespace convoy::latency {

/// A way to learn from features. Parameters are plain numbers, whose meaning the algorithm defines.
///
/// `least_squares` learns seconds from features that add up. Every other algorithm learns a correction of it: the
/// logarithm of the factor between the measured time and that of least squares, from features scaled to [-1, 1].
struct Algorithm {
    const char* name;
    const char* meaning;
    bool corrects;
    /// Deterministic. @throws Error data, when nothing can be learnt from the set
    std::vector<double> (*fit)(const TrainingSet& set);
    /// For parameters that check() accepted: takes bounded time and touches nothing beyond the spans. May overflow.
    double (*predict)(std::span<const double> parameters, std::span<const double> features);
    /// What predict() does not go below, but for rounding, while each feature is from `low` to `high`. For
    /// parameters that check() accepted. May overflow. nullptr where nothing is corrected.
    double (*least)(std::span<const double> parameters, std::span<const double> low, std::span<const double> high);
    /// Why these parameters cannot be used with so many features; empty when they can.
    std::string (*check)(std::span<const double> parameters, std::size_t features);
};

/// Every algorithm, by name as files have it, the simpler before the more complex.
[[nodiscard]] std::span<const Algorithm> algorithms() noexcept;
/// nullptr when there is none of that name.
[[nodiscard]] const Algorithm* find_algorithm(std::string_view name) noexcept;

}  // namespace convoy::latency
