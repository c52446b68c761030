#pragma once

#include "yaml/schema.hpp"

namespace convoy::cluster {

/// Field table of the file kind `cluster`.
[[nodiscard]] const yaml::Schema& cluster_schema();

}  // namespace convoy::cluster
