#pragma once

#include <optional>

#include "planning.hpp"

namespace convoy::test {

/// The fastest of all plans of a chain of operators, each a stage of its own: whole on a device, or in quarters along
/// h or c of its output or c of its input; sums gathered on one device, on all of them, or in the same quarters of the
/// channels; every tensor between two operators left where it is, or gathered on one device. Plans that a lower bound
/// shows to be no better than `known` are left out.
struct BruteForce {
    util::Seconds latency{};
    std::size_t plans = 0;  ///< that were played on the simulator
};
[[nodiscard]] BruteForce brute_force(const partition::Problem& problem, util::Seconds known);

}  // namespace convoy::test
