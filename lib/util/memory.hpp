#pragma once

#include "util/units.hpp"

namespace convoy::util {

/// Largest resident size of this process since its start or the last forget_peak_memory() (VmHWM).
[[nodiscard]] Bytes peak_resident_memory();
/// Lets peak_resident_memory() begin anew with the present size, where the system allows it.
void forget_peak_memory();
/// Resident size of this process now.
[[nodiscard]] Bytes resident_memory();

}  // namespace convoy::util
