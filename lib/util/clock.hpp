#pragma once

#include <algorithm>
#include <chrono>

#include "util/units.hpp"

namespace convoy::util {

/// Seconds on the machine's monotonic clock; only differences mean something, across processes of one machine too.
[[nodiscard]] inline Seconds now() { return std::chrono::steady_clock::now().time_since_epoch(); }

/// CPU time that the calling process has used, all threads.
[[nodiscard]] Seconds process_cpu_time();
/// CPU time that the calling thread has used.
[[nodiscard]] Seconds thread_cpu_time();

/// A moment by which something must have happened.
class Deadline {
  public:
    explicit Deadline(Seconds from_now) : end_(now() + from_now) {}
    [[nodiscard]] Seconds left() const { return std::max(Seconds{0}, end_ - now()); }
    [[nodiscard]] bool passed() const { return now() >= end_; }

  private:
    Seconds end_;
};

}  // namespace convoy::util
