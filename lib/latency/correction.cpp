#include "latency/correction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "latency/learners.hpp"

namespace convoy::latency {

namespace {

constexpr double kLeastRange = 1e-9;

/// [low, high] to [-1, 1].
double scaled(double value, double low, double high) noexcept {
    if (!(high > low)) return 0;
    return 2 * (std::clamp(value, low, high) - low) / (high - low) - 1;
}

/// Seven significant digits: as many as the samples' own.
double rounded(double value) { return detail::rounded(value, 7); }

/// A correction of these samples without its parameters: the features that vary, and their ranges.
Correction frame(std::span<const std::string> names, const std::vector<std::vector<double>>& rows,
                 std::vector<std::size_t>& columns) {
    Correction correction;
    for (std::size_t column = 0; column < names.size(); ++column) {
        double low = rows.front()[column];
        double high = low;
        for (const auto& row : rows) {
            low = std::min(low, row[column]);
            high = std::max(high, row[column]);
        }
        // The first stays even when nothing varies: no algorithm learns from no feature.
        if (high - low < kLeastRange && (column + 1 < names.size() || !columns.empty())) continue;
        columns.push_back(column);
        correction.features.push_back(names[column]);
        correction.low.push_back(rounded(low));
        correction.high.push_back(rounded(high));
    }
    return correction;
}

}  // namespace

Correction fit_correction(const Algorithm& algorithm, std::span<const std::string> names,
                          const std::vector<std::vector<double>>& rows, const std::vector<double>& factors) {
    std::vector<std::size_t> columns;
    Correction correction = frame(names, rows, columns);
    TrainingSet set;
    set.targets = factors;
    set.scales.assign(rows.size(), 1);
    for (const auto& row : rows) {
        std::vector<double> values;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            values.push_back(scaled(row[columns[i]], correction.low[i], correction.high[i]));
        }
        set.rows.push_back(std::move(values));
    }
    correction.parameters = algorithm.fit(set);
    for (double& parameter : correction.parameters) parameter = rounded(parameter);
    correction.least = std::numeric_limits<double>::infinity();
    correction.most = -correction.least;
    for (const auto& row : set.rows) {
        const double factor = algorithm.predict(correction.parameters, row);
        correction.least = std::min(correction.least, factor);
        correction.most = std::max(correction.most, factor);
    }
    correction.least = rounded(std::clamp(correction.least, -kLargestLogFactor, kLargestLogFactor));
    correction.most = rounded(std::clamp(correction.most, correction.least, kLargestLogFactor));
    return correction;
}

double log_factor(const Correction& correction, const Algorithm& algorithm, std::span<const double> values) noexcept {
    std::array<double, kMostFeaturesOfModel> features;
    for (std::size_t i = 0; i < values.size(); ++i) {
        features[i] = scaled(values[i], correction.low[i], correction.high[i]);
    }
    const double factor = algorithm.predict(correction.parameters, {features.data(), values.size()});
    // Finite parameters can still overflow to what is not a number.
    return std::isnan(factor) ? correction.least : std::clamp(factor, correction.least, correction.most);
}

double least_log_factor(const Correction& correction, const Algorithm& algorithm, std::span<const double> low,
                        std::span<const double> high) {
    constexpr double kRounding = 1e-9;
    std::vector<double> from;
    std::vector<double> to;
    for (std::size_t i = 0; i < low.size(); ++i) {
        from.push_back(scaled(low[i], correction.low[i], correction.high[i]));
        to.push_back(scaled(high[i], correction.low[i], correction.high[i]));
    }
    const double factor = algorithm.least(correction.parameters, from, to);
    if (!std::isfinite(factor)) return correction.least;
    return std::clamp(factor - kRounding * (1 + std::abs(factor)), correction.least, correction.most);
}

std::string check_correction(const Correction& correction, const Algorithm& algorithm) {
    const std::size_t features = correction.features.size();
    if (features == 0 || features > kMostFeaturesOfModel) return "a correction has 1 to 64 features";
    if (correction.low.size() != features || correction.high.size() != features)
        return fmt::format("{} features need as many lower and upper ends, not {} and {}", features,
                           correction.low.size(), correction.high.size());
    const auto usable = [](double value) { return std::abs(value) <= 1e15; };
    for (std::size_t i = 0; i < features; ++i) {
        if (!usable(correction.low[i]) || !usable(correction.high[i]) || correction.low[i] > correction.high[i])
            return fmt::format("the range of {} is not one", correction.features[i]);
    }
    if (!(correction.least >= -kLargestLogFactor && correction.least <= correction.most &&
          correction.most <= kLargestLogFactor))
        return "the least and the most of a correction are not a range";
    const auto finite = [](double value) { return std::isfinite(value); };
    if (!std::all_of(correction.parameters.begin(), correction.parameters.end(), finite))
        return "the parameters of a correction are finite";
    return algorithm.check(correction.parameters, features);
}

}  // namespace convoy::latency
