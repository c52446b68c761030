#include "report/shown.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace convoy::report {
namespace {

constexpr int kTextDigits = 3;  ///< significant ones, in sentences

/// Digits after the point that give a number so many significant ones.
int digits_after_point(double value, int significant) {
    if (value == 0 || !std::isfinite(value)) return 0;
    return std::max(0, significant - 1 - static_cast<int>(std::floor(std::log10(std::abs(value)))));
}

struct Unit {
    double from{};  ///< the smallest number, in the quantity's own unit, that is shown in this one
    double factor{};
    const char* name = "";
};

std::string scaled(double value, std::span<const Unit> units) {
    const auto unit =
        std::find_if(units.begin(), units.end(), [&](const Unit& each) { return std::abs(value) >= each.from; });
    const double number = value * unit->factor;
    return fmt::format("{:.{}f} {}", number, digits_after_point(number, kTextDigits), unit->name);
}

constexpr std::array kTableTimes{Unit{1e5, 1e-3, "s"}, Unit{0.1, 1, "ms"}, Unit{0, 1e3, "us"}};
constexpr std::array kTableBytes{Unit{1e10, 1e-9, "GB"}, Unit{1e7, 1e-6, "MB"}, Unit{1e4, 1e-3, "kB"}, Unit{0, 1, "B"}};

/// How the numbers of one column are shown.
struct Scale {
    double factor = 1;
    const char* unit = "";
    int digits = 0;
    bool sign = false;
};

bool whole(double number) { return std::abs(number) < 1e9 && number == std::round(number); }

std::optional<double> number_of(const Cell& cell) {
    if (const auto* whole = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*whole);
    if (const auto* real = std::get_if<double>(&cell)) return *real;
    return std::nullopt;
}

double largest(const Table& table, std::size_t column) {
    double magnitude = 0;
    for (const auto& row : table.rows) magnitude = std::max(magnitude, std::abs(number_of(row[column]).value_or(0)));
    return magnitude;
}

bool all_whole(const Table& table, std::size_t column) {
    return std::all_of(table.rows.begin(), table.rows.end(),
                       [&](const auto& row) { return whole(number_of(row[column]).value_or(0)); });
}

/// Digits after the point for a column: enough for its largest number, few enough to be read.
int column_digits(double magnitude) { return magnitude < 1 ? 3 : magnitude < 100 ? 2 : 1; }

/// Times of one table share a scale, so that columns can be compared at a glance.
double largest_time(const Table& table) {
    double magnitude = 0;
    for (std::size_t i = 0; i < table.columns.size(); ++i)
        if (table.columns[i].quantity == Quantity::milliseconds) magnitude = std::max(magnitude, largest(table, i));
    return magnitude;
}

/// The last word of a title: "memory" of "planned memory" and "peak memory".
std::string_view subject(const Column& column) {
    const std::string_view title = column.title;
    return title.substr(title.rfind(' ') + 1);
}

/// Amounts of one subject share a scale, too.
double largest_bytes(const Table& table, const Column& like) {
    double magnitude = 0;
    for (std::size_t i = 0; i < table.columns.size(); ++i)
        if (table.columns[i].quantity == Quantity::bytes && subject(table.columns[i]) == subject(like))
            magnitude = std::max(magnitude, largest(table, i));
    return magnitude;
}

Scale unit_scale(double magnitude, std::span<const Unit> units) {
    const auto unit =
        std::find_if(units.begin(), units.end(), [&](const Unit& each) { return magnitude >= each.from; });
    return {unit->factor, unit->name, column_digits(magnitude * unit->factor)};
}

Scale scale_of(const Table& table, std::size_t column) {
    const double magnitude = largest(table, column);
    switch (table.columns[column].quantity) {
        case Quantity::text:
        case Quantity::count:
            return {};
        case Quantity::real:
            return {.digits = all_whole(table, column) ? 0 : column_digits(magnitude)};
        case Quantity::milliseconds:
            return unit_scale(largest_time(table), kTableTimes);
        case Quantity::bytes: {
            Scale scale = unit_scale(largest_bytes(table, table.columns[column]), kTableBytes);
            if (scale.factor == 1) scale.digits = 0;
            return scale;
        }
        case Quantity::mbit_per_s:
            return {.unit = "Mbit/s", .digits = column_digits(magnitude)};
        case Quantity::per_second:
            return {.unit = "1/s", .digits = column_digits(magnitude)};
        case Quantity::ratio:
            return {.factor = 100, .unit = "%", .digits = 1};
        case Quantity::difference:
            return {.factor = 100, .unit = "%", .digits = magnitude < 10 ? 1 : 0, .sign = true};
    }
    return {};
}

ShownCell shown(const Cell& cell, const Scale& scale) {
    const std::optional<double> number = number_of(cell);
    if (!number) return plain_text(cell);
    return ShownNumber{*number * scale.factor, scale.digits, scale.sign};
}

}  // namespace

ShownTable show(const Table& table) {
    ShownTable result;
    result.rows.resize(table.rows.size());
    std::vector<bool> repeats(table.rows.size(), true);  // in all leading group columns so far
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const Column& column = table.columns[i];
        for (std::size_t row = 0; row < table.rows.size(); ++row)
            repeats[row] = repeats[row] && column.group && row > 0 && table.rows[row][i] == table.rows[row - 1][i];
        if (!column.shown) continue;
        const Scale scale = scale_of(table, i);
        const std::string unit = scale.unit;
        result.header.push_back(column.title + (unit.empty() ? "" : " [" + unit + "]"));
        for (std::size_t row = 0; row < table.rows.size(); ++row)
            result.rows[row].push_back(repeats[row] ? ShownCell() : shown(table.rows[row][i], scale));
    }
    return result;
}

std::string plain_text(const Cell& cell) {
    if (const auto* text = std::get_if<std::string>(&cell)) return *text;
    if (const auto* whole_number = std::get_if<std::int64_t>(&cell)) return fmt::format("{}", *whole_number);
    if (const auto* number = std::get_if<double>(&cell)) return fmt::format("{}", *number);
    if (const auto* yes = std::get_if<bool>(&cell)) return *yes ? "true" : "false";
    if (const auto* names = std::get_if<std::vector<std::string>>(&cell))
        return fmt::format("{}", fmt::join(*names, " "));
    return "";
}

std::string number_text(double number) {
    return fmt::format("{:.{}f}", number, whole(number) ? 0 : digits_after_point(number, kTextDigits));
}

std::string time_text(util::Seconds time) {
    constexpr std::array kUnits{Unit{10, 1, "s"}, Unit{1e-4, 1e3, "ms"}, Unit{0, 1e6, "us"}};
    return scaled(time.count(), kUnits);
}

std::string bytes_text(util::Bytes bytes) {
    constexpr std::array kUnits{Unit{1e9, 1e-9, "GB"}, Unit{1e6, 1e-6, "MB"}, Unit{1e3, 1e-3, "kB"}};
    if (bytes.value < 1000) return fmt::format("{} B", bytes.value);
    return scaled(static_cast<double>(bytes.value), kUnits);
}

std::string rate_text(util::BytesPerSecond rate) {
    constexpr std::array kUnits{Unit{0, 1, "Mbit/s"}};
    return scaled(util::mbit_per_s(rate), kUnits);
}

std::string flops_text(util::Flops flops) {
    constexpr std::array kUnits{Unit{1e9, 1e-9, "GFLOP"}, Unit{1e6, 1e-6, "MFLOP"}, Unit{1e3, 1e-3, "kFLOP"},
                                Unit{0, 1, "FLOP"}};
    return scaled(flops.value, kUnits);
}

std::string percent_text(double ratio) { return fmt::format("{:.1f} %", ratio * 100); }

std::string difference_text(double ratio) {
    return fmt::format("{:+.{}f} %", ratio * 100, std::abs(ratio) < 0.0995 ? 1 : 0);
}

std::string count_text(std::uint64_t count, const std::string& singular) {
    return fmt::format("{} {}{}", count, singular, count == 1 ? "" : "s");
}

}  // namespace convoy::report
