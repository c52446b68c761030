#pragma once

#include <functional>

#include "util/units.hpp"

namespace convoy::runtime {

/// Makes a device pretend that it is slower, so that one machine can stand in for several slow ones.
///
/// A piece of work takes `factor` times its CPU time: after it the device waits, asleep. CPU time, because what other
/// processes on the machine take is not the emulated device's; and all of the wait at once after the work, because a
/// quota of CPU time would let communication hide inside the throttled part of its period and leave short work as it
/// is.
class Stretch {
  public:
    /// What time is measured and waited with.
    struct Clock {
        std::function<util::Seconds()> now;
        /// Starts to count CPU time per thread; the result gives what was used since.
        std::function<std::function<util::Seconds()>()> count_cpu_time;
        /// Waits until a moment of now(). False when interrupted.
        std::function<bool(util::Seconds)> wait_until;
        std::function<void()> interrupt;
    };

    /// After engine::set_threads().
    /// @param factor  1 or more; 1 changes nothing and measures nothing
    explicit Stretch(double factor);
    Stretch(double factor, Clock clock) : factor_(factor), clock_(std::move(clock)) {}

    [[nodiscard]] double factor() const noexcept { return factor_; }

    /// Does the work, then waits until `factor` times its CPU time has passed since it began. Time that the work took
    /// beyond its CPU time, because other processes had the cores, comes off the wait.
    ///
    /// @return how long it waited
    util::Seconds run(const std::function<void()>& work);

    /// Ends the wait, and all later ones at once. From any thread.
    void interrupt() {
        if (clock_.interrupt) clock_.interrupt();
    }

  private:
    double factor_;
    Clock clock_;
};

}  // namespace convoy::runtime
