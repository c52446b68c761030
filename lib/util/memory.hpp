#pragma once

#include "util/units.hpp"

namespace convoy::util {

/// Largest resident size of this process since its start or the last forget_peak_memory() (VmHWM).
[[nodiscard]] Bytes peak_resident_memory();
/// Lets peak_resident_memory() begin anew with the present size, where the system allows it.
void forget_peak_memory();
/// Resident size of this process now.
[[nodiscard]] Bytes resident_memory();
/// From now on freed blocks of 128 KiB and more go back to the system at once. Otherwise glibc keeps, from the first
/// large block that is freed on, others of that size in the heap, where what lies behind them pins them: the process
/// then holds more than it uses. Costs page faults at each allocation. Acts on the whole process.
void return_large_blocks();

}  // namespace convoy::util
