#include "cli/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "util/clock.hpp"

namespace convoy::cli {
namespace {

constexpr util::Seconds kBetweenDrawings{0.1};

std::size_t terminal_columns() {
    winsize size{};
    const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : 80;
}

double share_of(std::size_t done, std::size_t total) {
    return total == 0 ? 1 : static_cast<double>(std::min(done, total)) / static_cast<double>(total);
}

std::string clock_text(util::Seconds time) {
    constexpr double kLongestShown = 359999;  // 99 hours
    const auto seconds = static_cast<long>(std::min(time.count(), kLongestShown) + 0.5);
    if (seconds >= 3600) return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

}  // namespace

std::string progress_line(const std::string& what, std::size_t done, std::size_t total, util::Seconds elapsed,
                          std::size_t columns) {
    std::optional<util::Seconds> left;
    if (done > 0) left = elapsed * (1 / share_of(done, total) - 1);
    return progress_line_left(what, done, total, left, columns);
}

std::string progress_line_left(const std::string& what, std::size_t done, std::size_t total,
                               std::optional<util::Seconds> left, std::size_t columns) {
    const double share = share_of(done, total);
    std::string line = fmt::format("{} {}/{}", what, done, total);
    if (left) line += fmt::format(" {} left", clock_text(*left));
    constexpr std::size_t kSmallestBar = 10;
    constexpr std::size_t kLargestBar = 40;
    if (line.size() + kSmallestBar + 3 <= columns) {
        const std::size_t bar = std::min(columns - line.size() - 3, kLargestBar);
        const auto filled = static_cast<std::size_t>(share * static_cast<double>(bar));
        line += fmt::format(" [{}{}]", std::string(filled, '#'), std::string(bar - filled, ' '));
    }
    return line.substr(0, columns);
}

Progress::Progress(const Options& options, std::string what, std::size_t total)
    : what_(std::move(what)),
      total_(total),
      start_(util::now()),
      shown_(!options.quiet() && ::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
    if (shown_ && drawn_.count() > 0) std::fputs("\r\x1b[K", stderr);
}

void Progress::update(std::size_t done) {
    done_ = done;
    if (!due()) return;
    draw(progress_line(what_, done, total_, util::now() - start_, terminal_columns() - 1));
}

void Progress::update(std::size_t done, std::size_t total, util::Seconds left) {
    done_ = done;
    total_ = total;
    if (!due()) return;
    draw(progress_line_left(what_, done, total, left, terminal_columns() - 1));
}

bool Progress::due() const { return shown_ && util::now() - drawn_ >= kBetweenDrawings; }

void Progress::draw(const std::string& line) {
    drawn_ = util::now();
    std::fputs(fmt::format("\r{}\x1b[K", line).c_str(), stderr);
}

}  // namespace convoy::cli
