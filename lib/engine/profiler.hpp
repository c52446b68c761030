#pragma once

#include <functional>

#include "engine/measure.hpp"

namespace convoy::engine {

/// What a profile of a model is to cover.
struct ProfilePlan {
    std::vector<double> loads{0};
    std::vector<int> threads{1};
    util::Seconds budget{600};
    std::string device;  ///< its name; empty is the host's
};

/// Times a model: for each number of threads and each load the whole model and every operator, then slices of them.
///
/// Afterwards the engine keeps the last number of threads. What the budget cuts off is left out and counted.
///
/// @param progress  called after each of the `total` measurements with how many are done; may throw to end
/// @throws Error data, when an operator has no layer in the engine
struct ProfileResult {
    samples::Profile profile;
    std::size_t left_out = 0;
    double disturbance = 0;  ///< share of all cores that other processes took meanwhile; the times are too long then
};
[[nodiscard]] ProfileResult profile_model(const graph::Graph& graph, const ProfilePlan& plan,
                                          const std::function<void(std::size_t done, std::size_t total)>& progress);

}  // namespace convoy::engine
