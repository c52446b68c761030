#pragma once

#include <limits>
#include <optional>

#include "cli/parser.hpp"
#include "partition/documents.hpp"
#include "partition/goal.hpp"

namespace convoy::tools {

/// What all jobs of convoy-partition read: model, cluster, limits.
class Task {
  public:
    /// @throws Error usage, data, no_input
    explicit Task(const cli::Options& options);

    /// On the cluster as --what-if has it. Refers to the task.
    [[nodiscard]] partition::Problem problem();
    /// The cluster as its file has it.
    [[nodiscard]] const cluster::Cluster& cluster() const noexcept { return cluster_; }

    partition::Files files;

  private:
    Goal goal_;
    std::optional<std::size_t> least_devices_;
    std::size_t most_devices_ = std::numeric_limits<std::size_t>::max();
    cluster::Cluster cluster_;
    std::optional<latency::Bed> bed_;
    std::optional<graph::Graph> graph_;
    std::optional<cost::Predictor> predictor_;
};

/// A task's problem on another bed. Refers to the task.
class Scenario {
  public:
    Scenario(const partition::Problem& base, latency::Bed bed);
    Scenario(const Scenario&) = delete;
    Scenario& operator=(const Scenario&) = delete;
    [[nodiscard]] const partition::Problem& problem() const noexcept { return problem_; }

  private:
    latency::Bed bed_;
    cost::Predictor predictor_;
    partition::Problem problem_;
};

}  // namespace convoy::tools
