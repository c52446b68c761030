#pragma once

#include <vector>

#include "util/units.hpp"

namespace convoy::engine {

/// Has the threads noted that OpenCV's loops run on, for CpuStopwatch. Call it after set_threads(); process-wide.
void watch_threads();

/// CPU time of the engine's work since the object was made: of the calling thread, and of the threads that were noted.
/// Used by one thread, while no other thread uses the engine.
class CpuStopwatch {
  public:
    CpuStopwatch();
    /// The sum of all threads' times over the number of those that took part: with a tenth of the busiest one's time
    /// or more. That is how long the work takes where every thread has a core and an even part of it.
    [[nodiscard]] util::Seconds per_thread() const;

  private:
    util::Seconds own_{};
    std::vector<util::Seconds> others_;
};

}  // namespace convoy::engine
