#pragma once

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

/// A proposal with where it comes from: hashes of the model, and of what planning read of cluster and latency models.
[[nodiscard]] plan::PlanDocument document(const Problem& problem, const Files& files, std::string_view strategy,
                                          const Proposal& proposal);

/// The strategies side by side, with the lower bound and the best single device. One that has no plan is left out with
/// its reason. @throws Error impossible, when the model fits into no single device
/// @param kept  plans that were made for another cluster, to be judged on this one; nullptr: plans are made for this
/// one
[[nodiscard]] cost::Comparison compare(const Problem& problem, const Files& files, std::span<const Choice> choices,
                                       Proposals* kept = nullptr);

}  // namespace convoy::partition
