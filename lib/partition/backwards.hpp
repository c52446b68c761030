#pragma once

#include <array>
#include <optional>
#include <unordered_map>
#include <vector>

#include "partition/assemble.hpp"
#include "partition/strategy.hpp"

namespace convoy::partition::detail {

struct IntervalHash {
    [[nodiscard]] std::size_t operator()(const graph::Interval& interval) const noexcept;
};

/// Operators that an operator's output is computed from, backwards: the same ones for all tiles of it. Tensors that are
/// asked are what is needed from operators that are not among the steps yet.
struct Backwards {
    struct Step {
        graph::Slab output;  ///< that is computed when all rows and columns are asked
        std::size_t op = 0;
        std::size_t taken = 0;  ///< place of its output among the tensors asked so far, which loses it
        std::vector<std::optional<std::size_t>> inputs;  ///< places among those asked then; none: not needed
    };
    std::vector<Step> steps;
    std::vector<std::size_t> counts;                  ///< by length of a range - 1: its steps
    std::vector<std::vector<graph::TensorId>> asked;  ///< after so many steps
};

/// An interval along one axis of an operator's output, grown along the steps backwards.
struct GrownInterval {
    std::vector<graph::Interval> computed;            ///< by step, halo included
    std::vector<std::vector<graph::Interval>> asked;  ///< after so many steps, of the tensors asked then
};

/// Intervals of outputs, grown backwards operator by operator: once for all ranges that end there, since a longer one
/// goes on where a shorter one ends, and once for all tiles, since along one axis the others do not count. Of depth to
/// space, where single rows need some of the channels only, all of them are taken to be needed.
class BackwardGrowth {
  public:
    explicit BackwardGrowth(const graph::Graph& graph);

    /// Of the range's last operator; as far as the range begins, or further.
    [[nodiscard]] const Backwards& of(OperatorRange range);
    [[nodiscard]] std::size_t steps(OperatorRange range) { return of(range).counts[range.end - range.begin - 1]; }
    /// Grown so many steps, or further.
    [[nodiscard]] const GrownInterval& grown(OperatorRange range, graph::Axis axis, const graph::Interval& interval);

  private:
    /// Along one axis: what a piece computes when an interval is asked, and needs of each input.
    struct Reach {
        graph::Interval computed;
        std::vector<graph::Interval> needed;
    };
    template <class T>
    using ByInterval = std::unordered_map<graph::Interval, T, IntervalHash>;
    struct Known {
        Backwards backwards;
        std::vector<graph::Slab> asked;  ///< after the last step: all rows and columns of the channels that are needed
        std::array<ByInterval<GrownInterval>, 2> intervals;  ///< along h and w
    };

    void step(Known& known, std::size_t op);
    [[nodiscard]] const Reach& reach(std::size_t op, graph::Axis axis, const graph::Interval& asked);

    const graph::Graph& graph_;
    std::vector<Known> known_;                               ///< by last operator
    std::vector<std::array<ByInterval<Reach>, 2>> reaches_;  ///< by operator, along h and w
};

}  // namespace convoy::partition::detail
