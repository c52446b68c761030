#pragma once

#include <optional>
#include <vector>

#include "engine/batch.hpp"
#include "engine/circumstances.hpp"
#include "samples/profile.hpp"

namespace convoy::engine {

/// When a piece was run often enough.
struct Enough {
    double stable = 0.03;        ///< half the 95 % confidence interval of the median, as a share of it
    std::size_t max_runs = 100;  ///< further runs are not kept
};

/// The runs of one piece, or of the whole model, under one condition.
class Runs {
  public:
    void add(const TimedRun& run, const Enough& enough);
    [[nodiscard]] std::size_t size() const noexcept { return wall_.size(); }
    /// The median over the runs. There must be some.
    [[nodiscard]] util::FlopsPerSecond pace() const;

    /// What the times are under the circumstances: wall time without load, CPU time times the slowdown under load.
    [[nodiscard]] std::vector<double> seconds(const Condition& condition, const Circumstances& circumstances) const;
    /// Whether that is stable, complete, or neither: `budget`.
    [[nodiscard]] samples::Stop stop(const Condition& condition, const Circumstances& circumstances,
                                     const Enough& enough) const;

  private:
    std::vector<double> wall_;
    std::vector<double> cpu_;
    std::vector<double> pace_;
};

/// What is known of a piece under one condition.
struct Record {
    Runs runs;
    std::vector<double> repeated;                   ///< seconds of second runs, right behind those in a pass
    const samples::LayerSample* earlier = nullptr;  ///< of the profile that is resumed
    bool given = false;                             ///< known from elsewhere

    /// Whether it was known before this run.
    [[nodiscard]] bool complete() const { return given || (earlier && earlier->stop != samples::Stop::budget); }
};

/// What is known of the whole model under one condition. Its runs' CPU time is not used: it is long enough to see all
/// that the load does, and what its operators' times are compared with.
struct ModelRecord {
    std::vector<double> seconds;
    std::vector<double> paces;  ///< one for each of the seconds
    const samples::ModelSample* earlier = nullptr;
    [[nodiscard]] samples::Stop stop(const Enough& enough) const;
    [[nodiscard]] bool complete() const { return earlier && earlier->stop != samples::Stop::budget; }
};

/// The sample of a record; the earlier one where that has more runs. Nothing where there are none.
[[nodiscard]] std::optional<samples::LayerSample> sample_of(const Target& target, const Record& record,
                                                            const Condition& condition,
                                                            const Circumstances& circumstances, const Enough& enough);
[[nodiscard]] std::optional<samples::ModelSample> sample_of(const ModelRecord& record, const Condition& condition,
                                                            const Circumstances& circumstances, const Enough& enough);

}  // namespace convoy::engine
