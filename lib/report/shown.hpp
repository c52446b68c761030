#pragma once

#include <string>
#include <variant>
#include <vector>

#include "report/report.hpp"
#include "util/units.hpp"

namespace convoy::report {

/// A number as people see it: scaled to the column's unit, and digits after the point.
struct ShownNumber {
    double value{};
    int digits{};
    bool sign = false;  ///< also when positive
    bool operator==(const ShownNumber&) const = default;
};
using ShownCell = std::variant<std::string, ShownNumber>;  ///< an empty text where there is nothing

/// A table as people see it: units in the header, one scale for all columns of times, of bytes and so on.
struct ShownTable {
    std::vector<std::string> header;
    std::vector<std::vector<ShownCell>> rows;
};
[[nodiscard]] ShownTable show(const Table& table);

/// All facts and tables as one tidy table: columns `file` and `table` ("overview" for the facts), then the union of
/// all keys; a row has values only in the columns of its own table.
struct FlatTable {
    std::vector<std::string> header;
    std::vector<std::vector<Cell>> rows;
};
[[nodiscard]] FlatTable flatten(const Report& report);

/// A value as it stands in CSV: all digits, names with a space between.
[[nodiscard]] std::string plain_text(const Cell& cell);

// Quantities in sentences, three significant digits: "21.2 ms", "1.20 MB", "+13 %".
[[nodiscard]] std::string time_text(util::Seconds time);
[[nodiscard]] std::string bytes_text(util::Bytes bytes);
[[nodiscard]] std::string rate_text(util::BytesPerSecond rate);
[[nodiscard]] std::string flops_text(util::Flops flops);
[[nodiscard]] std::string number_text(double number);  ///< "2", "2.50"
[[nodiscard]] std::string percent_text(double ratio);
[[nodiscard]] std::string difference_text(double ratio);
/// "1 frame", "12 frames".
[[nodiscard]] std::string count_text(std::uint64_t count, const std::string& singular);

}  // namespace convoy::report
