#pragma once

#include <vector>

#include "engine/timed_piece.hpp"

namespace convoy::engine {

/// Under what samples are taken.
struct Condition {
    int threads = 1;
    double load = 0;  ///< offered
    bool operator==(const Condition&) const = default;
};

/// What all measurements under one condition have in common: the utilisation of the cores before they began, what the
/// generator obtained, and how much longer than its CPU time work takes under it.
///
/// Under load a single run of a short piece sees the generator at work, or does not: its wall time has two values, and
/// their mean is known only after thousands of runs. But the CPU time of a run is known after a few, and the wait for
/// the CPU strikes all pieces in proportion to it. So under load the time of a piece is its CPU time multiplied with
/// the ratio of the sums of wall and CPU time of all passes under the condition.
class Circumstances {
  public:
    /// The engine slept for `time` while the cores were busy for this share of it.
    void add_before(double utilisation, util::Seconds time);
    void add_obtained(double share, util::Seconds time);
    /// A run, or a whole pass: its wall time must have all the wait in it that its CPU time caused.
    void add(const TimedRun& run);

    [[nodiscard]] double before() const noexcept { return before_.mean(); }
    [[nodiscard]] double obtained() const noexcept { return obtained_.mean(); }
    /// Wall time over CPU time.
    [[nodiscard]] double slowdown() const noexcept;
    /// Half the 95 % confidence interval of slowdown(), as a share of it; 1 while it is not known.
    [[nodiscard]] double slowdown_error() const;
    /// Whether further runs need not make slowdown() surer: it is as sure as that, or there were very many.
    [[nodiscard]] bool known(double error) const;

  private:
    struct Mean {
        double sum = 0;
        double weight = 0;
        void add(double value, double of_weight);
        [[nodiscard]] double mean() const noexcept { return weight > 0 ? sum / weight : 0; }
    };
    Mean before_;
    Mean obtained_;
    TimedRun all_;
    TimedRun block_;
    std::vector<TimedRun> blocks_;  ///< of several periods of the load each, which are independent of each other
};

}  // namespace convoy::engine
