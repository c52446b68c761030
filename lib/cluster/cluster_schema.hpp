#pragma once

#include "yaml/schema.hpp"

namespace convoy::cluster {

/// No file holds more: times beyond would be none.
inline constexpr double kLargestDilation = 1e6;

/// Field table of the file kind `cluster`.
[[nodiscard]] const yaml::Schema& cluster_schema();

}  // namespace convoy::cluster
