#pragma once

#include "util/units.hpp"

namespace convoy::util {

/// Largest resident size that this process ever had (VmHWM).
[[nodiscard]] Bytes peak_resident_memory();
/// Resident size of this process now.
[[nodiscard]] Bytes resident_memory();

}  // namespace convoy::util
