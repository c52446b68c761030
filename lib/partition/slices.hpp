#pragma once

#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "partition/assemble.hpp"
#include "partition/strategy.hpp"

namespace convoy::partition::detail {

/// A tile of a range's output, as one piece.
struct Slice {
    std::vector<util::Seconds> times;  ///< by device of the bed, halo and overhead of the piece included
    struct Input {
        graph::TensorId tensor{};
        Tile tile;  ///< that the piece reads
    };
    std::vector<Input> inputs;  ///< tensors from outside of the range
};

/// Predicted times of slices of ranges of operators, each worked out once.
class Slices {
  public:
    explicit Slices(const Problem& problem);

    /// @param range  one that can be cut along the axes along which the tile is a part: see cut_axes()
    [[nodiscard]] const Slice& at(OperatorRange range, const Tile& tile);
    /// All operators of a range on one device, the piece's overhead left out.
    [[nodiscard]] util::Seconds whole(OperatorRange range, std::size_t device);
    /// The whole of the range's output.
    [[nodiscard]] Tile extent(OperatorRange range) const;

  private:
    [[nodiscard]] Slice grow(OperatorRange range, const Tile& tile);
    /// An operator's time for a tile of that size, wherever it lies; by device of the bed.
    [[nodiscard]] const std::vector<util::Seconds>& times(const graph::Work& work);

    const Problem& problem_;
    std::size_t devices_;
    /// By operator, rows and columns.
    std::vector<std::map<std::pair<graph::Index, graph::Index>, std::vector<util::Seconds>>> times_;
    std::map<std::tuple<std::size_t, std::size_t, Tile>, Slice> known_;
    std::vector<std::vector<util::Seconds>> whole_;  ///< by device: sums of the operators before each
};

}  // namespace convoy::partition::detail
