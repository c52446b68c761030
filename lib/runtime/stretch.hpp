#pragma once

#include <functional>
#include <optional>

#include "util/units.hpp"

namespace convoy::runtime {

/// How a device shall seem.
struct Slowdown {
    double factor = 1;                         ///< how many times slower than it is; 1 or more
    std::optional<util::FlopsPerSecond> pace;  ///< as if it always worked at this pace; see engine::Yardstick
};

/// Makes a device pretend that it is slower, so that one machine can stand in for several slow ones.
///
/// A piece of work takes `factor` times its CPU time: after it the device waits, asleep. CPU time, because what other
/// processes on the machine take is not the emulated device's; and all of the wait at once after the work, because a
/// quota of CPU time would let communication hide inside the throttled part of its period and leave short work as it
/// is.
///
/// Where the machine itself works at changing paces, a virtual one whose cores others use, too, the emulated device can
/// keep a steady one: CPU time then counts as much as its work would have taken at that pace. What waits for memory
/// does not feel the pace as arithmetic does, so such work comes out up to as much too long or too short as the pace
/// is off.
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
        /// The machine's pace at this moment, in this thread. Asked before and after the work.
        std::function<util::FlopsPerSecond()> pace;
    };

    /// After engine::set_threads(). A factor of 1 changes nothing and measures nothing, whatever the pace.
    explicit Stretch(const Slowdown& slowdown);
    Stretch(const Slowdown& slowdown, Clock clock) : slowdown_(slowdown), clock_(std::move(clock)) {}

    /// Does the work, then waits until `factor` times its CPU time, at the steady pace if there is one, has passed
    /// since it began. Time that the work took beyond that, because other processes had the cores or the pace was
    /// measured, comes off the wait.
    ///
    /// @return how long it waited
    util::Seconds run(const std::function<void()>& work);

    /// Ends the wait, and all later ones at once. From any thread.
    void interrupt() {
        if (clock_.interrupt) clock_.interrupt();
    }

  private:
    /// The machine's pace over the steady one.
    [[nodiscard]] double relative_pace() const;

    Slowdown slowdown_;
    Clock clock_;
};

}  // namespace convoy::runtime
