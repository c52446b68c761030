#pragma once

#include "cli/parser.hpp"

namespace convoy::tools {

/// Runs a model unsplit on this device. @return the exit status
int run_local(const cli::Options& options);

/// Runs a plan on its devices. @return the exit status
int run_plan(const cli::Options& options);

}  // namespace convoy::tools
