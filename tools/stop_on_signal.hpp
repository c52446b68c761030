#pragma once

#include <poll.h>

#include <stop_token>
#include <thread>

#include "cli/interruption.hpp"

namespace convoy::tools {

/// Turns Ctrl-C and SIGTERM into a stop token, for library calls that wait.
class StopOnSignal {
  public:
    StopOnSignal() : watcher_([this](const std::stop_token& done) { watch(done); }) {}

    [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

  private:
    void watch(const std::stop_token& done) {
        constexpr int kGlanceMs = 100;
        pollfd event{.fd = interruption_.descriptor(), .events = POLLIN, .revents = 0};
        while (!done.stop_requested() && !cli::Interruption::requested()) ::poll(&event, 1, kGlanceMs);
        if (cli::Interruption::requested()) stop_.request_stop();
    }

    cli::Interruption interruption_;
    std::stop_source stop_;
    std::jthread watcher_;
};

}  // namespace convoy::tools
