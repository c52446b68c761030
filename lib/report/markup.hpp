#pragma once

#include <string>
#include <string_view>

namespace convoy::report::detail {

/// Text as it may stand between tags and in quoted attributes. What neither HTML nor XML can hold (control characters,
/// bytes that are not UTF-8) becomes U+FFFD.
[[nodiscard]] std::string escaped(std::string_view text);

/// Coordinates: two digits after the point at most, "12", "12.5".
[[nodiscard]] std::string coordinate(double value);

}  // namespace convoy::report::detail
