#include "util/random.hpp"

#include <cmath>
#include <numbers>

namespace convoy::util {

std::int64_t Random::integer(std::int64_t low, std::int64_t high) {
    const auto span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
    if (span == 0) return static_cast<std::int64_t>(bits_());
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + bits_() % span);
}

double Random::normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
}

}  // namespace convoy::util
