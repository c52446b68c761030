#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/option.hpp"
#include "cli/parser.hpp"
#include "util/error.hpp"

namespace convoy::cli {

/// The main of every tool: parses, answers --help and --version, sets up the log, calls body, and turns whatever it
/// throws into a message on stderr and an exit status. The only catch of the program.
///
///     int main(int argc, char** argv) { return cli::run_tool(kTool, argc, argv, [](const cli::Options& options) {
///         ...
///         return 0;
///     }); }
///
/// Ignores SIGPIPE, so that writing to a closed pipe is an error of code closed_output (exit status 74, silent).
///
/// @param body  returns 0, or 1 for a valid answer "no"
[[nodiscard]] int run_tool(const Tool& tool, int argc, const char* const* argv,
                           const std::function<int(const Options&)>& body);

/// What run_tool prints for an error: `tool: error: file:line:column: key: message`, the source line with a caret, the
/// hint, further problems, context. Reads the file again for the line; control characters are shown as '?'.
[[nodiscard]] std::string error_text(std::string_view tool, const util::Error& error);

}  // namespace convoy::cli
