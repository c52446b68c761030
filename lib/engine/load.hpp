#pragma once

#include <memory>

#include "util/units.hpp"

namespace convoy::engine {

/// Makes CPU load for measurements: one thread on each core that the process may use, busy for `load` of each period,
/// counted in CPU time. Ends with its object, and with the process.
class LoadGenerator {
  public:
    /// @param load  0 (no threads are started) to below 1
    explicit LoadGenerator(double load);
    ~LoadGenerator();
    LoadGenerator(const LoadGenerator&) = delete;
    LoadGenerator& operator=(const LoadGenerator&) = delete;

    /// Starts measuring what obtained() gives.
    void restart();
    /// The share of all cores that it really took since the last restart(), 0 to 1.
    [[nodiscard]] double obtained() const;
    /// Measurements must last a multiple of this, or they see a part of the pattern only.
    [[nodiscard]] static util::Seconds period() noexcept;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Watches how much of the machine other processes take.
class OtherProcesses {
  public:
    OtherProcesses();
    /// Their share of all cores since the construction, 0 to 1; 0 where the system does not tell.
    [[nodiscard]] double share() const;

  private:
    util::Seconds busy_begin_{};
    util::Seconds own_begin_{};
    util::Seconds begin_{};
};

/// How many cores the process may use.
[[nodiscard]] int usable_cores();

}  // namespace convoy::engine
