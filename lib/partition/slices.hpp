#pragma once

#include <map>
#include <span>
#include <tuple>
#include <vector>

#include "partition/assemble.hpp"
#include "partition/strategy.hpp"

namespace convoy::partition::detail {

/// Rows [a, b) of a range's output, as one piece.
struct Slice {
    std::vector<util::Seconds> times;  ///< by device of the bed, halo and overhead of the piece included
    struct Input {
        graph::TensorId tensor{};
        graph::Interval rows;  ///< that the piece reads
    };
    std::vector<Input> inputs;  ///< tensors from outside of the range
};

/// Predicted times of slices of ranges of operators, each worked out once.
class Slices {
  public:
    explicit Slices(const Problem& problem);

    /// @param range  one for which rows_possible() holds
    [[nodiscard]] const Slice& at(OperatorRange range, graph::Interval rows);
    /// All operators of a range on one device, the piece's overhead left out.
    [[nodiscard]] util::Seconds whole(OperatorRange range, std::size_t device);
    /// Rows of the range's output.
    [[nodiscard]] graph::Index height(OperatorRange range) const;

  private:
    [[nodiscard]] Slice grow(OperatorRange range, graph::Interval rows);
    /// An operator's time for as many rows, wherever they lie; by device of the bed.
    [[nodiscard]] const std::vector<util::Seconds>& times(const graph::Work& work);

    const Problem& problem_;
    std::size_t devices_;
    std::vector<std::map<graph::Index, std::vector<util::Seconds>>> times_;  ///< by operator and rows
    std::map<std::tuple<std::size_t, std::size_t, graph::Interval>, Slice> known_;
    std::vector<std::vector<util::Seconds>> whole_;  ///< by device: sums of the operators before each
};

/// As many rows for each device as for the others, from the top down. By device of the bed; an empty interval: none.
[[nodiscard]] std::vector<graph::Interval> equal_rows(graph::Index height, std::span<const std::size_t> devices,
                                                      std::size_t all);

/// Rows by capability: the smallest time tau in which the devices together get through all rows, each taking as many as
/// it is predicted to compute within tau, halo included. A device that is too slow for one row gets none.
///
/// Source: OPM of the OFPM thesis (Shen, 2023), as a search for the smallest maximum. We differ: transfers are left to
/// whoever compares the plans.
[[nodiscard]] std::vector<graph::Interval> weighted_rows(Slices& slices, OperatorRange range,
                                                         std::span<const std::size_t> devices, std::size_t all);

}  // namespace convoy::partition::detail
