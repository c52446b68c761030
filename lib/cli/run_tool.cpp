#include "cli/run_tool.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>

#include "cli/help.hpp"
#include "cli/interruption.hpp"
#include "util/file.hpp"
#include "util/log.hpp"
#include "util/version.hpp"

namespace convoy::cli {
namespace {

void set_log_level(const Tool& tool, const Options& options) {
    util::LogLevel level = util::LogLevel::warning;
    if (options.count("verbose") == 1) level = util::LogLevel::info;
    if (options.count("verbose") > 1) level = util::LogLevel::debug;
    if (options.quiet()) level = util::LogLevel::error;
    util::set_log(level, std::string(tool.name));
}

/// Writes what stdio still holds; a full disk or a closed pipe shows only here.
void flush_stdout() {
    errno = 0;
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
    throw util::Error(errno == EPIPE ? util::Errc::closed_output : util::Errc::io,
                      fmt::format("cannot write '<stdout>': {}", std::strerror(errno)));
}

int run(const Tool& tool, const std::vector<std::string>& arguments, const std::function<int(const Options&)>& body) {
    const Options options = parse(tool, arguments);
    if (options.flag("help")) return util::write_file("-", help_text(tool)), 0;
    if (options.flag("version")) return util::write_file("-", fmt::format("{} {}\n", tool.name, util::version())), 0;
    set_log_level(tool, options);
    const int status = body(options);
    flush_stdout();
    return status;
}

int report(const Tool& tool, const util::Error& error) {
    std::fputs(error_text(tool.name, error).c_str(), stderr);
    if (error.code() == util::Errc::usage && error.hint().empty())
        std::fputs(fmt::format("hint: {} --help shows all options\n", tool.name).c_str(), stderr);
    if (error.code() == util::Errc::interrupted && Interruption::signal() == SIGTERM) return 128 + SIGTERM;
    return util::exit_code(error.code());
}

int report_bug(const Tool& tool, std::string_view what) {
    return report(tool, util::Error(util::Errc::internal, fmt::format("internal error: {}", what))
                            .hint("this is a bug in convoy; please report it with the command line"));
}

}  // namespace

int run_tool(const Tool& tool, int argc, const char* const* argv, const std::function<int(const Options&)>& body) {
    std::signal(SIGPIPE, SIG_IGN);
    try {
        const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
        try {
            return run(tool, arguments, body);
        } catch (const util::Error& error) {
            if (error.code() == util::Errc::usage && arguments.empty()) std::fputs(usage_text(tool).c_str(), stderr);
            return report(tool, error);
        }
    } catch (const std::bad_alloc&) {
        return report(tool, util::Error(util::Errc::impossible, "out of memory"));
    } catch (const std::exception& error) {
        return report_bug(tool, error.what());
    }
}

}  // namespace convoy::cli
