#pragma once

#include "cli/parser.hpp"
#include "cluster/cluster.hpp"

namespace convoy::tools {

/// Changes a cluster as --what-if says. @throws Error usage for unknown keys, devices and values out of range
[[nodiscard]] cluster::Cluster what_if(cluster::Cluster cluster, const cli::Options& options);

/// The jobs of convoy-partition. @return the exit status
[[nodiscard]] int write_plan_file(const cli::Options& options);
[[nodiscard]] int compare_strategies(const cli::Options& options);
[[nodiscard]] int sweep_strategies(const cli::Options& options);
[[nodiscard]] int explain_strategy(const cli::Options& options);

}  // namespace convoy::tools
