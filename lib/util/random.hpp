#pragma once

#include <cstdint>
#include <random>

namespace convoy::util {

/// Seeded random numbers that are the same on every platform (the standard distributions are not).
class Random {
  public:
    explicit Random(std::uint64_t seed) : bits_(seed) {}

    [[nodiscard]] std::uint64_t bits() { return bits_(); }
    /// Uniform in [0, 1).
    [[nodiscard]] double uniform() { return static_cast<double>(bits_() >> 11) * 0x1.0p-53; }
    /// Uniform in [low, high], both included; needs low <= high.
    [[nodiscard]] std::int64_t integer(std::int64_t low, std::int64_t high);
    /// True with the given probability.
    [[nodiscard]] bool chance(double probability) { return uniform() < probability; }
    /// Normally distributed with mean 0 and standard deviation 1.
    [[nodiscard]] double normal();

  private:
    std::mt19937_64 bits_;
};

}  // namespace convoy::util
