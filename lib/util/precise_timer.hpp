#pragma once

#include <condition_variable>
#include <mutex>

#include "util/units.hpp"

namespace convoy::util {

/// Waits until a moment of util::now() to within microseconds, where a core is free: sleeps until shortly before, then
/// watches the clock. The kernel alone wakes a sleeper some 50 to 100 us late.
///
/// One thread waits, any thread may interrupt.
class PreciseTimer {
  public:
    /// False when it was interrupted first. A moment that has passed is not waited for.
    bool wait_until(Seconds moment);
    /// Ends the wait, and all later ones at once.
    void interrupt();

  private:
    [[nodiscard]] bool interrupted() const;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool interrupted_ = false;
};

}  // namespace convoy::util
