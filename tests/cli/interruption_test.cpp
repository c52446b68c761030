#include "cli/interruption.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "cli/run_tool.hpp"

using namespace convoy;

namespace {

/// Runs a function in a child process; its exit status, or 1000 + the signal that ended it.
int status_of_child(const std::function<int()>& action) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(action());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

int tool_that_gets(int signal) {
    constexpr cli::Tool kTool{.name = "convoy-demo", .summary = "waits"};
    const char* const arguments[] = {"convoy-demo", "-q"};
    return cli::run_tool(kTool, 2, arguments, [signal](const cli::Options&) {
        const cli::Interruption interruption;
        ::raise(signal);
        interruption.wait();
        cli::Interruption::throw_if_requested();
        return 0;
    });
}

}  // namespace

TEST_CASE("cli: a signal is noted, wakes poll, and gives the exit status", "[cli]") {
    CHECK(status_of_child([] {
              const cli::Interruption interruption;
              pollfd event{.fd = interruption.descriptor(), .events = POLLIN, .revents = 0};
              if (::poll(&event, 1, 0) != 0 || cli::Interruption::requested()) return 1;
              ::raise(SIGTERM);
              if (cli::Interruption::signal() != SIGTERM) return 2;
              return ::poll(&event, 1, 0) == 1 ? 0 : 3;
          }) == 0);
    CHECK(status_of_child([] { return tool_that_gets(SIGINT); }) == 130);
    CHECK(status_of_child([] { return tool_that_gets(SIGTERM); }) == 143);
}

TEST_CASE("cli: a second signal, and one after the Interruption, ends the process", "[cli]") {
    CHECK(status_of_child([] {
              const cli::Interruption interruption;
              ::raise(SIGINT);
              ::raise(SIGINT);
              return 0;
          }) == 1000 + SIGINT);
    CHECK(status_of_child([] {
              { const cli::Interruption interruption; }
              ::raise(SIGTERM);
              return 0;
          }) == 1000 + SIGTERM);
}
