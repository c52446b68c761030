#pragma once

#include "cli/parser.hpp"
#include "engine/profiler.hpp"

namespace convoy::tools {

/// Profiles every device of a cluster file and every link between them, and writes a new cluster file with the profiles
/// and latency models beside it.
///
/// @param plan  loads and budget; threads where they are given on the command line
/// @return      the exit status
int profile_cluster(const cli::Options& options, const engine::ProfilePlan& plan);

}  // namespace convoy::tools
