#pragma once

#include <optional>

#include "cli/interruption.hpp"
#include "cli/progress.hpp"
#include "partition/strategy.hpp"
#include "util/clock.hpp"

namespace convoy::tools {

/// What the options ask of `auto`: --objective, --deadline, --accuracy-budget.
struct Goal {
    partition::Objective objective = partition::Objective::latency;
    std::optional<util::Seconds> deadline{};
    double accuracy_budget = 0;
    void apply(partition::Problem& problem) const;
};
[[nodiscard]] Goal goal_of(const cli::Options& options);

/// No device has more memory than --memory-limit.
[[nodiscard]] cluster::Cluster limit_memory(cluster::Cluster cluster, const cli::Options& options);

/// The strategies of --strategy, `auto` without seeds where --no-seeds says so.
/// @throws Error usage for an option that is only for `auto`, when that is not among them
[[nodiscard]] std::vector<partition::Choice> chosen_strategies(const cli::Options& options);

/// Follows auto's search: progress, the time that it has (--time-budget), Ctrl-C.
class Search {
  public:
    explicit Search(const cli::Options& options);

    /// For Problem::go_on.
    [[nodiscard]] bool go_on(double done);
    /// Takes the bar away, so that others may write.
    void finish() { progress_.reset(); }
    /// @throws Error interrupted, when the search was ended by Ctrl-C or SIGTERM
    static void throw_if_interrupted() { cli::Interruption::throw_if_requested(); }

  private:
    cli::Interruption interruption_;
    std::optional<cli::Progress> progress_;
    std::optional<util::Deadline> end_;
};

}  // namespace convoy::tools
