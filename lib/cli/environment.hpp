#pragma once

#include <string>

namespace convoy::cli {

/// The user's folder for what convoy keeps and can get again: $XDG_CACHE_HOME/convoy or ~/.cache/convoy. Empty where
/// neither is known. Relative paths in the environment are ignored, as the XDG specification wants it.
[[nodiscard]] std::string user_cache_folder();

}  // namespace convoy::cli
