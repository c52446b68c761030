#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace convoy::util {

/// SHA-256 as 64 lower-case hex digits.
[[nodiscard]] std::string sha256(std::span<const std::byte> data);
[[nodiscard]] std::string sha256(std::string_view text);

}  // namespace convoy::util
