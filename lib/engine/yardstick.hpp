#pragma once

#include <vector>

#include "util/units.hpp"

namespace convoy::engine {

/// How fast the calling thread computes just now: its pace, the rate of a fixed piece of arithmetic on data that stay
/// in the first-level cache.
///
/// A device that throttles, or shares its cores with others, works faster or slower by a third for seconds to minutes.
/// What computes feels all of that, what waits for memory hardly any. With the pace beside each time, times that were
/// taken minutes apart can be compared. For one thread.
class Yardstick {
  public:
    /// Computes the same sum each time. @return the sum
    using Arithmetic = float (*)(const float* values, const float* factors);

    Yardstick();

    /// The latest reading; a new one when that is older than 2 ms. It lasts a fiftieth of the time since then, 40 us to
    /// 1 ms, after 40 us to warm up; by CPU time, so waiting for the CPU does not count.
    [[nodiscard]] util::FlopsPerSecond recent();
    /// What the arithmetic came to; 0 before the first reading.
    [[nodiscard]] float result() const noexcept { return result_; }

  private:
    void read(util::Seconds least);
    /// For at least so much CPU time. @return the rate
    util::FlopsPerSecond compute(util::Seconds least);

    Arithmetic arithmetic_;
    std::vector<float> values_;
    std::vector<float> factors_;
    float result_ = 0;
    util::FlopsPerSecond rate_;
    util::Seconds read_at_{};
};

}  // namespace convoy::engine
