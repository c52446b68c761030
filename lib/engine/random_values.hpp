#pragma once

#include <span>

namespace convoy::engine {

/// Fills with values between -limit and limit that repeat after a few thousand, always the same: quickly, for timings.
void fill_randomly(std::span<float> values, float limit);

}  // namespace convoy::engine
