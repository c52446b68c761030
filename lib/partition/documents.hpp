#pragma once

#include <functional>
#include <span>
#include <string>

#include "cost/comparison.hpp"
#include "partition/proposals.hpp"
#include "plan/plan_file.hpp"

namespace convoy::partition {

/// Paths as the user gave them; "-" for stdin and stdout.
struct Files {
    std::string model;
    std::string cluster;
    std::string output;  ///< the others are written relative to it
};

/// Told how many plans of how many are made.
using OnPlan = std::function<void(std::size_t done, std::size_t all)>;

/// A proposal with where it comes from: hashes of the model, and of what planning read of cluster and latency models.
[[nodiscard]] plan::PlanDocument document(const Problem& problem, const Files& files, std::string_view strategy,
                                          const Proposal& proposal);

/// The strategies side by side, with the lower bound and the best single device. One that has no plan is left out with
/// its reason.
/// @param kept  plans that were made for another cluster, to be judged on this one; nullptr: plans are made for this
/// one
[[nodiscard]] cost::Comparison compare(const Problem& problem, const Files& files, std::span<const Choice> choices,
                                       Proposals* kept = nullptr, const OnPlan& on_plan = {});

}  // namespace convoy::partition
