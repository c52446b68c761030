#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "report/report.hpp"
#include "util/units.hpp"

// Quantities as cells: the key's unit, rounded far below what anybody measures so that files stay readable.
namespace convoy::report::detail {

/// In the place of the best single device, when there is none.
inline constexpr std::string_view kNoSingleDevice = "none has memory for the whole model";

[[nodiscard]] Cell time_cell(util::Seconds time);
[[nodiscard]] Cell time_cell(std::optional<util::Seconds> time);
[[nodiscard]] Cell bytes_cell(util::Bytes amount);
[[nodiscard]] Cell rate_cell(util::BytesPerSecond rate);
/// Also for other plain numbers.
[[nodiscard]] Cell ratio_cell(double value);
[[nodiscard]] Cell ratio_cell(std::optional<double> value);
[[nodiscard]] Cell count_cell(std::uint64_t number);
/// Nothing for an empty text.
[[nodiscard]] Cell text_cell(const std::string& text);
/// measured / predicted - 1; nothing where either is missing or the prediction is 0.
[[nodiscard]] std::optional<double> difference(std::optional<util::Seconds> predicted,
                                               std::optional<util::Seconds> measured);
[[nodiscard]] Cell difference_cell(std::optional<util::Seconds> predicted, std::optional<util::Seconds> measured);

}  // namespace convoy::report::detail
