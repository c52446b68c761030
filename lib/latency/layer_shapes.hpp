#pragma once

#include <string>
#include <vector>

#include "samples/profile.hpp"

namespace convoy::latency {

/// For each layer sample of a profile, the shape of the whole layer that it is a part of: equal texts, equal layers, of
/// whatever model. Slices and loads of one layer have the same shape.
[[nodiscard]] std::vector<std::string> layer_shapes(const samples::Profile& profile);

}  // namespace convoy::latency
