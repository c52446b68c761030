#include "util/version.hpp"

namespace convoy::util {

std::string_view version() noexcept { return CONVOY_VERSION; }

}  // namespace convoy::util
