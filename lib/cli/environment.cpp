#include "cli/environment.hpp"

#include <cstdlib>

namespace convoy::cli {
namespace {

std::string absolute_path(const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr && value[0] == '/' ? value : "";
}

}  // namespace

std::string user_cache_folder() {
    if (const std::string cache = absolute_path("XDG_CACHE_HOME"); !cache.empty()) return cache + "/convoy";
    if (const std::string home = absolute_path("HOME"); !home.empty()) return home + "/.cache/convoy";
    return "";
}

}  // namespace convoy::cli
