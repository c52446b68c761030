#pragma once

#include <functional>
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
    /// By level: how much accuracy it is estimated to cost if only this is changed. The first is 0; none is negative.
    /// Only their ratios count, and how they compare with the budget is learnt from measurements.
    std::vector<double> loss;
};

/// Accuracy that a shrunk model loses, measured on images.
struct Loss {
    double drop = 0;   ///< as a ratio: 0.01 is one point; negative when it gains
    double error = 0;  ///< standard error of `drop`, as a ratio
    /// What is not exceeded, `errors` standard errors being allowed for.
    [[nodiscard]] double at_most(double errors) const noexcept { return drop + errors * error; }
};

/// A model with everything that may be done to it. Not thread-safe.
class Subject {
  public:
    Subject() = default;
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;
    virtual ~Subject() = default;
    /// Do not change.
    [[nodiscard]] virtual std::span<const Place> places() const = 0;
    /// Predicted, with the best cut there is then. Asked thousands of times.
    [[nodiscard]] virtual util::Seconds latency(const Levels& levels) = 0;
    /// Fits the model and runs it on images that the fit has not seen: takes seconds.
    [[nodiscard]] virtual Loss measure(const Levels& levels) = 0;
};

struct SearchRules {
    double max_drop = 0.01;           ///< the budget, as a ratio
    double errors = 1;                ///< standard errors that are added to a measured drop
    std::size_t measurements = 1000;  ///< at most
    std::size_t refusals = 8;         ///< moves in a row that are too expensive end the search
    std::function<bool()> stop = {};  ///< asked before each measurement: whether time is up
};

/// A shrunk model that keeps to the budget.
struct Step {
    Levels levels;
    util::Seconds latency{};
    Loss loss;
};

struct Outcome {
    std::vector<Step> steps;  ///< each faster than the one before; the first is what it began with
    /// Of the models that exceeded the budget the one that lost least; for messages.
    std::optional<Step> refused;
    std::size_t measurements = 0;
    bool cut_short = false;  ///< by `stop`: it depends on how fast the machine is
};

/// The model that the search would come to if estimates were all there is: changes are made as long as they are not
/// estimated to cost more than `allowance` together.
[[nodiscard]] Step estimate(Subject& subject, double allowance);

/// Shrinks a model step by step: always the change with the least estimated loss per time that is saved.
///
/// Many changes are made before the loss is measured: as many as seem to fit the budget, twice as many when they do,
/// half as many when they do not. A single change that exceeds the budget is given up, with everything beyond it in its
/// place, and the search goes on without. After each measurement all changes are looked at anew from the model that was
/// accepted. Deterministic, as far as `stop` is.
///
/// Source: greedy choice as in section 4.3 of ECNU's reconstruction ("lowest accuracy loss per saved ms").
/// @param start  levels to begin with, whose loss is known to keep to the budget: the model as it is, and 0, or another
[[nodiscard]] Outcome search(Subject& subject, const SearchRules& rules, const Levels& start, Loss start_loss = {});
[[nodiscard]] Outcome search(Subject& subject, const SearchRules& rules);

namespace detail {

struct Move {
    std::size_t place = 0;
    std::size_t level = 0;
    util::Seconds saved{};
    double loss = 0;  ///< estimated
};

/// The change with the least loss per time saved, of those that save any; of equal ones the one that saves more.
/// @param highest  by place: levels above it are given up
[[nodiscard]] std::optional<Move> best_move(Subject& subject, const Levels& levels, const Levels& highest);

}  // namespace detail

}  // namespace convoy::compress_split
