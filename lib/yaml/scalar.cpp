#include "yaml/scalar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace convoy::yaml::detail {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

/// Words that YAML 1.1 or 1.2 reads as null, a boolean or a number.
bool is_reserved(std::string_view text) {
    constexpr std::array<std::string_view, 9> kWords{"yes", "no", "on", "off", "true", "false", "null", "nan", "inf"};
    return std::find(kWords.begin(), kWords.end(), lower(text)) != kWords.end();
}

bool is_plain(std::string_view text) {
    if (text.empty() || is_reserved(text)) return false;
    if (!is_letter(text.front()) && text.front() != '_' && text.front() != '/') return false;
    if (text.back() == ' ') return false;
    constexpr std::string_view kSafe = "_./+-() =@%;";
    return std::all_of(text.begin(), text.end(),
                       [&](char c) { return is_letter(c) || is_digit(c) || kSafe.find(c) != std::string_view::npos; });
}

char32_t decode(std::string_view bytes) {
    constexpr std::array<unsigned char, 5> kLeadBits{0, 0x7f, 0x1f, 0x0f, 0x07};
    char32_t code = static_cast<unsigned char>(bytes[0]) & kLeadBits[bytes.size()];
    for (const char byte : bytes.substr(1)) code = code << 6 | (static_cast<unsigned char>(byte) & 0x3fU);
    return code;
}

/// Characters that some reader takes for a line end, a byte order mark, or not for a character at all.
bool needs_escape(char32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 || code == 0xfeff ||
           code == 0xfffe || code == 0xffff;
}

std::string escape(char32_t code) {
    switch (code) {
        case '\n':
            return "\\n";
        case '\t':
            return "\\t";
        case '\r':
            return "\\r";
        default:
            return fmt::format("\\u{:04x}", static_cast<unsigned>(code));
    }
}

}  // namespace

std::optional<std::int64_t> read_integer(std::string_view text) {
    if (text.starts_with('+') && text.size() > 1 && is_digit(text[1])) text.remove_prefix(1);
    std::int64_t number{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<double> read_number(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    const std::string word = lower(text.starts_with('.') ? text.substr(1) : text);
    if (word == "nan") return std::numeric_limits<double>::quiet_NaN();
    const double sign = negative ? -1 : 1;
    if (word == "inf" || word == "infinity") return sign * std::numeric_limits<double>::infinity();
    if (text.empty() || !(is_digit(text[0]) || text[0] == '.')) return std::nullopt;
    double number{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (end != text.data() + text.size()) return std::nullopt;
    if (failure == std::errc::result_out_of_range) {
        // Too large and too small come with the same code; a negative exponent tells them apart.
        const bool tiny = lower(text).find("e-") != std::string::npos;
        return sign * (tiny ? 0 : std::numeric_limits<double>::infinity());
    }
    if (failure != std::errc{}) return std::nullopt;
    return sign * number;
}

std::string write_number(double number) {
    if (std::isnan(number)) return ".nan";
    if (std::isinf(number)) return number > 0 ? ".inf" : "-.inf";
    std::string text = fmt::format("{}", number);
    const std::size_t exponent = text.find('e');
    if (exponent != std::string::npos && text.find('.') == std::string::npos) text.insert(exponent, ".0");
    return text;
}

std::string write_text(std::string_view text) { return is_plain(text) ? std::string(text) : write_quoted(text); }

std::string write_quoted(std::string_view text) {
    std::string result = "\"";
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
        text.remove_prefix(character.size());
        if (length == 0) {
            result += "\xef\xbf\xbd";
        } else if (const char32_t code = decode(character); needs_escape(code)) {
            result += escape(code);
        } else {
            if (code == '"' || code == '\\') result += '\\';
            result += character;
        }
    }
    return result + '"';
}

std::size_t utf8_length(std::string_view text) noexcept {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
    const char32_t code = decode(text.substr(0, length));
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    const bool surrogate = code >= 0xd800 && code < 0xe000;
    return overlong || surrogate || code > 0x10ffff ? 0 : length;
}

}  // namespace convoy::yaml::detail
