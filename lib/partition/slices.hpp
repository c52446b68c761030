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
    std::vector<const graph::Work*> works;  ///< of its operators, halo included; of equal ones the place may differ
    struct Input {
        graph::TensorId tensor{};
        Tile tile;  ///< that the piece reads
    };
    std::vector<Input> inputs;  ///< tensors from outside of the range
    /// Of the devices that were asked, ascending: see Slices::time().
    mutable std::vector<std::pair<std::size_t, util::Seconds>> times;
};

/// Predicted times of slices of ranges of operators, each worked out once.
class Slices {
  public:
    explicit Slices(const Problem& problem);

    /// @param range  one that can be cut along the axes along which the tile is a part: see cut_axes()
    [[nodiscard]] const Slice& at(OperatorRange range, const Tile& tile);
    /// Of a slice on one device of the bed, the piece's overhead included.
    [[nodiscard]] util::Seconds time(const Slice& slice, std::size_t device);
    [[nodiscard]] util::Seconds time(OperatorRange range, const Tile& tile, std::size_t device) {
        return time(at(range, tile), device);
    }
    /// All operators of a range on one device, the piece's overhead left out.
    [[nodiscard]] util::Seconds whole(OperatorRange range, std::size_t device);
    /// The whole of the range's output.
    [[nodiscard]] Tile extent(OperatorRange range) const;

  private:
    [[nodiscard]] Slice grow(OperatorRange range, const Tile& tile);
    /// One for all works of an operator of that size, wherever they lie.
    [[nodiscard]] const graph::Work& alike(graph::Work work);

    const Problem& problem_;
    /// By operator, rows and columns.
    std::vector<std::map<std::pair<graph::Index, graph::Index>, graph::Work>> works_;
    std::map<std::tuple<std::size_t, std::size_t, Tile>, Slice> known_;
    std::vector<std::vector<util::Seconds>> whole_;  ///< by device: sums of the operators before each
};

}  // namespace convoy::partition::detail
