// Values with units: the parse_... functions of parser.hpp.
#include <array>
#include <charconv>
#include <cmath>

#include "cli/parser.hpp"

namespace convoy::cli {
namespace {

struct Unit {
    std::string_view name;
    double factor;
};

/// A number that one of the units may follow; "" among them is a bare number.
template <std::size_t N>
std::optional<double> with_unit(std::string_view text, const std::array<Unit, N>& units) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789.eE+-"), text.size());
    for (const Unit& unit : units) {
        if (!text.ends_with(unit.name)) continue;
        const std::string_view number_text = text.substr(0, text.size() - unit.name.size());
        if (unit.name.empty() && digits != text.size()) continue;
        const std::optional<double> number = parse_number(number_text);
        if (number && *number >= 0 && std::isfinite(*number * unit.factor)) return *number * unit.factor;
    }
    return std::nullopt;
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    double number{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
    return number;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t number{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<util::Seconds> parse_duration(std::string_view text) {
    constexpr std::array<Unit, 6> kUnits{{{"us", 1e-6}, {"ms", 1e-3}, {"min", 60}, {"s", 1}, {"h", 3600}, {"", 1}}};
    const std::optional<double> seconds = with_unit(text, kUnits);
    if (!seconds) return std::nullopt;
    return util::Seconds(*seconds);
}

std::optional<util::Bytes> parse_bytes(std::string_view text) {
    constexpr std::array<Unit, 9> kUnits{{{"KiB", 1024},
                                          {"MiB", 1048576},
                                          {"GiB", 1073741824},
                                          {"kB", 1e3},
                                          {"KB", 1e3},
                                          {"MB", 1e6},
                                          {"GB", 1e9},
                                          {"B", 1},
                                          {"", 1}}};
    const std::optional<double> amount = with_unit(text, kUnits);
    if (!amount || *amount >= 0x1p63) return std::nullopt;
    return util::Bytes(static_cast<std::int64_t>(std::llround(*amount)));
}

std::optional<double> parse_percentage(std::string_view text) {
    constexpr std::array<Unit, 2> kUnits{{{"%", 0.01}, {"", 1}}};
    return with_unit(text, kUnits);
}

}  // namespace convoy::cli
