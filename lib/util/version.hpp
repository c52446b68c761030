#pragma once

#include <string_view>

namespace convoy::util {

/// The version of convoy: "0.1.0".
[[nodiscard]] std::string_view version() noexcept;

}  // namespace convoy::util
