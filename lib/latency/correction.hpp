#pragma once

#include <span>
#include <string>
#include <vector>

#include "latency/algorithm.hpp"
#include "latency/model.hpp"

namespace convoy::latency {

/// Features that stay beyond this are refused in a file: predictions look at all of them on the stack.
inline constexpr std::size_t kMostFeaturesOfModel = 64;

/// Learns a correction. Features that are the same in all rows are left out.
///
/// @param names    of the columns
/// @param rows     shape [samples][names], as the features' functions give them
/// @param factors  shape [samples], logarithms of measured over predicted
[[nodiscard]] Correction fit_correction(const Algorithm& algorithm, std::span<const std::string> names,
                                        const std::vector<std::vector<double>>& rows,
                                        const std::vector<double>& factors);

/// The logarithm of the factor, between `least` and `most` of the correction, whatever the features.
///
/// Features beyond the sampled range count as its nearest end: there the form that is corrected alone says how times
/// grow. No allocation.
///
/// @param values  shape [correction.features]
[[nodiscard]] double log_factor(const Correction& correction, const Algorithm& algorithm,
                                std::span<const double> values) noexcept;

/// What log_factor() does not go below while each value is from `low` to `high`.
[[nodiscard]] double least_log_factor(const Correction& correction, const Algorithm& algorithm,
                                      std::span<const double> low, std::span<const double> high);

/// Why an operator's model cannot be used; empty when it can. Names of features are not looked at.
[[nodiscard]] std::string check_model(const OperatorModel& model);
/// Why a correction cannot be used; empty when it can.
[[nodiscard]] std::string check_correction(const Correction& correction, const Algorithm& algorithm);

}  // namespace convoy::latency
