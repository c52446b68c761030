#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "util/units.hpp"

namespace convoy::compress_split {

/// How far a model is shrunk: by place a level, 0 is as it is.
using Levels = std::vector<std::size_t>;

/// Something of a model that may be changed: a layer's rank, its channels, a bottleneck, the codec at the cut.
struct Place {
    std::string name;
    /// By level: the loss that it is estimated to put on the model if only this is changed. The first is 0; none is
    /// negative.
    std::vector<double> loss;
};

/// A model with everything that may be done to it. Not thread-safe.
class Subject {
  public:
    Subject() = default;
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;
    virtual ~Subject() = default;
    /// Their losses may be corrected.
    [[nodiscard]] virtual std::span<Place> places() = 0;
    /// Predicted, with the best cut there is then. Asked thousands of times.
    [[nodiscard]] virtual util::Seconds latency(const Levels& levels) = 0;
    /// Fits the model and runs it on images that the fit has not seen: takes seconds. A loss that grows steadily with
    /// what is changed; not the images that are taken for another class then, whose number says little while it is
    /// small.
    [[nodiscard]] virtual double measure(const Levels& levels) = 0;
};

/// A shrunk model.
struct Step {
    Levels levels;
    util::Seconds latency{};
    double loss = 0;  ///< measured, or estimated
};

/// The model that always the change with the least estimated loss per time saved leads to, of those with which all
/// changes are not estimated to lose more than this together; the first change is made in any case.
///
/// Source: greedy choice as in section 4.3 of ECNU's reconstruction ("lowest accuracy loss per saved ms").
[[nodiscard]] Step estimate(Subject& subject, double loss);

/// Measures models until one comes close to a loss: what was measured corrects the estimates, by which the next one is
/// chosen. Deterministic, as far as `stop` is.
/// @param stop  asked before each measurement: whether time is up
/// @return the last one; empty when nothing saves any time, or nothing was measured
[[nodiscard]] std::optional<Step> aim(Subject& subject, double loss, const std::function<bool()>& stop);

/// Corrects the estimates of what was changed, so that together they come to what was measured: the more, the larger
/// their part of it.
void learn(std::span<Place> places, const Levels& levels, double measured);

namespace detail {

struct Move {
    std::size_t place = 0;
    std::size_t level = 0;
    util::Seconds saved{};
    double loss = 0;  ///< estimated
};

/// The change with the least loss per time saved, of those that save any; of equal ones the one that saves more.
/// @param most  loss of a change
[[nodiscard]] std::optional<Move> best_move(Subject& subject, const Levels& levels,
                                            double most = std::numeric_limits<double>::infinity());

}  // namespace detail

}  // namespace convoy::compress_split
