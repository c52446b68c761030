#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// How single scalars are written and read; shared by the emitters and the reader.
namespace convoy::yaml::detail {

/// A decimal integer with an optional sign; nothing for anything else, or outside 64 bits.
[[nodiscard]] std::optional<std::int64_t> read_integer(std::string_view text);

/// A decimal number; NaN or infinity when it is written as one or too large; nothing for anything else.
[[nodiscard]] std::optional<double> read_number(std::string_view text);

/// The shortest text that reads back as the same double, by YAML 1.1 readers too: 1.0e-05, .nan, -.inf.
[[nodiscard]] std::string write_number(double number);

/// A text as a YAML scalar that reads back as this text in block and flow: plain where that is safe, else quoted.
[[nodiscard]] std::string write_text(std::string_view text);

/// A text in double quotes, valid in JSON and YAML. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string write_quoted(std::string_view text);

/// The bytes of the UTF-8 character at the beginning of a non-empty text, 0 when it is not valid.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

}  // namespace convoy::yaml::detail
