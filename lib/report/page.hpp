#pragma once

#include <string_view>

namespace convoy::report::detail {

/// The page's style sheet. Light and dark by the reader's preference; stages take their colours from it.
[[nodiscard]] std::string_view style_sheet() noexcept;

}  // namespace convoy::report::detail
