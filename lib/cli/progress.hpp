#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "cli/parser.hpp"
#include "util/units.hpp"

namespace convoy::cli {

/// A progress bar on stderr with the time that is left; only on a terminal and without --quiet, else it does nothing.
///
/// Erases itself at the end, so that nothing of it stays between results. For one thread.
class Progress {
  public:
    Progress(const Options& options, std::string what, std::size_t total);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    /// `done` of `total` are done; draws at most ten times a second.
    void update(std::size_t done);
    void step() { update(done_ + 1); }
    /// The same when the total turns out on the way.
    void update(std::size_t done, std::size_t total) {
        total_ = total;
        update(done);
    }
    /// The same when the total is not fixed, and somebody knows better how long it takes still.
    void update(std::size_t done, std::size_t total, util::Seconds left);

  private:
    [[nodiscard]] bool due() const;
    void draw(const std::string& line);

    std::string what_;
    std::size_t total_;
    std::size_t done_ = 0;
    util::Seconds start_;
    util::Seconds drawn_{};
    bool shown_;
};

/// The line that Progress draws, `columns` wide at most.
[[nodiscard]] std::string progress_line(const std::string& what, std::size_t done, std::size_t total,
                                        util::Seconds elapsed, std::size_t columns);
/// The same with the time that is left, in place of what `elapsed` says about it.
[[nodiscard]] std::string progress_line_left(const std::string& what, std::size_t done, std::size_t total,
                                             std::optional<util::Seconds> left, std::size_t columns);

}  // namespace convoy::cli
