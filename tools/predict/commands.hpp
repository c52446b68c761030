#pragma once

#include "cli/parser.hpp"

// The commands of convoy-predict. Each writes its result to --output and returns the exit status.
namespace convoy::tools {

[[nodiscard]] int predict_fit(const cli::Options& options);
[[nodiscard]] int predict_eval(const cli::Options& options);
[[nodiscard]] int predict_show(const cli::Options& options);

}  // namespace convoy::tools
