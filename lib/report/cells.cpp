#include "report/cells.hpp"

#include <cmath>

#include "samples/timeline.hpp"

namespace convoy::report::detail {

Cell time_cell(util::Seconds time) { return samples::written_ms(time); }

Cell time_cell(std::optional<util::Seconds> time) { return time ? time_cell(*time) : Cell{}; }

Cell bytes_cell(util::Bytes amount) { return amount.value; }

Cell rate_cell(util::BytesPerSecond rate) { return ratio_cell(util::mbit_per_s(rate)); }

Cell ratio_cell(double value) { return std::round(value * 1e6) / 1e6; }

Cell ratio_cell(std::optional<double> value) { return value ? ratio_cell(*value) : Cell{}; }

Cell count_cell(std::uint64_t number) { return static_cast<std::int64_t>(number); }

Cell text_cell(const std::string& text) { return text.empty() ? Cell{} : Cell(text); }

std::optional<double> difference(std::optional<util::Seconds> predicted, std::optional<util::Seconds> measured) {
    if (!predicted || !measured || predicted->count() <= 0) return std::nullopt;
    return *measured / *predicted - 1;
}

Cell difference_cell(std::optional<util::Seconds> predicted, std::optional<util::Seconds> measured) {
    return ratio_cell(difference(predicted, measured));
}

}  // namespace convoy::report::detail
