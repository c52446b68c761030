#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "util/units.hpp"

namespace convoy::engine {

/// Makes CPU load for measurements: one thread on each core that the process may use, pinned to it, busy for `load` of
/// each period, counted in CPU time. Ends with its object, and with the process, however that ends: it is only threads.
///
/// Periods have random lengths around period(), others on each core, as the load of other programs has: with one rhythm
/// for all cores they would be busy at the same time or take turns, by accident, and a thread that may move to another
/// core would find one idle never or always.
class LoadGenerator {
  public:
    /// @param load  0 (no threads are started) to below 1
    /// @param seed  of the lengths of the periods
    explicit LoadGenerator(double load, std::uint64_t seed = 1);
    ~LoadGenerator();
    LoadGenerator(const LoadGenerator&) = delete;
    LoadGenerator& operator=(const LoadGenerator&) = delete;

    /// Starts measuring what obtained() gives.
    void restart();
    /// The share of all cores that it really took since the last restart(), 0 to 1.
    [[nodiscard]] double obtained() const;
    /// Mean length. Measurements must last several of them, or they see a part of the pattern only.
    [[nodiscard]] static util::Seconds period() noexcept;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// How busy the cores are that the process may use: what a planner can read of a device before it gives it work.
class Utilisation {
  public:
    Utilisation();
    /// The share of the cores' time since the construction in which they ran anything, this process included, 0 to 1.
    /// The system counts in ticks of up to 10 ms; this process' own share is exact.
    [[nodiscard]] double share() const;

  private:
    std::vector<int> cores_;
    util::Seconds busy_begin_{};
    util::Seconds own_begin_{};
    util::Seconds begin_{};
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

/// The cores that the process may use.
[[nodiscard]] std::vector<int> affinity();
/// How many they are.
[[nodiscard]] int usable_cores();

}  // namespace convoy::engine
