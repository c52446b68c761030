#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "samples/profile.hpp"

namespace convoy::graph {
class Graph;
}

namespace convoy::engine {

/// What may be asked of a profile, on the command line and by another device.
inline constexpr double kLargestProfileLoad = 0.95;
inline constexpr int kMostProfileThreads = 1024;
inline constexpr std::int64_t kMostProfileRuns = 1'000'000;
inline constexpr std::int64_t kMostSweepLayers = 100'000;

/// Share of all cores that others may take while a device is profiled; a machine at rest has less.
inline constexpr double kMostDisturbance = 0.1;

/// How much more than the least pace of its samples a device's largest one may be; beyond it throttles, or shares its
/// cores.
inline constexpr double kMostPaceVariation = 0.1;

/// What a profile is to cover.
struct ProfilePlan {
    std::vector<double> loads{0};
    std::vector<int> threads{1};
    util::Seconds budget{600};
    double stable = 0.03;        ///< half the confidence interval of a median that is narrow enough, as a share of it
    std::size_t max_runs = 100;  ///< of one piece under one condition
    std::optional<samples::Sweep> sweep{};  ///< synthetic layers to time
    std::string device{};                   ///< its name; empty is the host's
};

/// How far a profile is.
struct ProfileProgress {
    std::size_t done = 0;  ///< samples that need no more runs
    std::size_t total = 0;
    util::Seconds left{};  ///< until the end, by what was done so far and by the budget
};

/// Times a model, synthetic layers, or both, under each number of threads and load.
///
/// Pieces are timed in passes (engine/batch.hpp): first the model and all of its operators whole, then slices of them,
/// then synthetic layers with a slice of each. Each batch is visited under all conditions before the next one is; what
/// is not stable after its share of the time is visited again when all others have had theirs. So any budget gives
/// samples of all conditions, and a longer one gives more of them, better ones.
///
/// Before each visit the engine sleeps while the load generator runs, and the utilisation of the cores is read: all
/// that a planner can know of the load. Times under load: engine/circumstances.hpp. Before and after each run the
/// device's pace is read, at most every 2 ms: engine/yardstick.hpp.
///
/// Afterwards the engine keeps the last number of threads.
class Profiler {
  public:
    /// @param model  nullptr: synthetic layers only; must outlive the profiler
    Profiler(const graph::Graph* model, ProfilePlan plan);
    ~Profiler();
    Profiler(const Profiler&) = delete;
    Profiler& operator=(const Profiler&) = delete;

    /// Keeps the samples of an earlier profile that had all the runs that they needed, and takes only the others.
    /// @throws Error data, when it is of another device, model or sweep, or of other versions
    void resume(const samples::Profile& earlier);

    /// Measures until all is stable, the budget is over, or `go_on` says false, which is asked after each run.
    /// @throws Error data, when an operator has no layer in the engine
    void run(const std::function<bool(const ProfileProgress&)>& go_on);

    /// What was measured so far. What is missing is counted.
    [[nodiscard]] samples::Profile profile() const;
    /// Share of all cores that other processes took meanwhile; with much of it the times are too long.
    [[nodiscard]] double disturbance() const;

  private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace convoy::engine
