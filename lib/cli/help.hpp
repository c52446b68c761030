#pragma once

#include <string>

#include "cli/option.hpp"

namespace convoy::cli {

/// What --help prints: synopsis, summary, positionals, options by group, examples.
[[nodiscard]] std::string help_text(const Tool& tool);

/// The synopsis lines with the tool's name: "usage: convoy-serve [options]".
[[nodiscard]] std::string usage_text(const Tool& tool);

}  // namespace convoy::cli
