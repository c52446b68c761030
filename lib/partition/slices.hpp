#pragma once

#include <array>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "partition/assemble.hpp"
#include "partition/strategy.hpp"

namespace convoy::partition::detail {

/// Works of one operator of one size, wherever they lie, and their times on the devices that were asked, ascending.
struct AlikeWorks {
    graph::Work first;
    std::vector<std::pair<std::size_t, util::Seconds>> times;
};

/// A tile of a range's output, as one piece.
struct Slice {
    std::vector<AlikeWorks*> works;  ///< of its operators, halo included
    struct Input {
        graph::TensorId tensor{};
        Tile tile;  ///< that the piece reads
    };
    std::vector<Input> inputs;  ///< tensors from outside of the range, ascending
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
    /// Of a range.
    struct Key {
        OperatorRange range;
        Tile tile;
        bool operator==(const Key& other) const {
            return range.begin == other.range.begin && range.end == other.range.end && tile == other.tile;
        }
    };
    struct Hash {
        [[nodiscard]] std::size_t operator()(const Key& key) const noexcept;
        [[nodiscard]] std::size_t operator()(const graph::Interval& interval) const noexcept;
    };
    /// Along one axis: what a piece computes when an interval is asked, and needs of each input.
    struct Reach {
        graph::Interval computed;
        std::vector<graph::Interval> needed;
    };
    using Reaches = std::unordered_map<graph::Interval, Reach, Hash>;

    [[nodiscard]] Slice grow(OperatorRange range, const Tile& tile);
    /// The same, when works of the sizes of all of its are known: most slices differ from others in their place only.
    [[nodiscard]] std::optional<Slice> grow_known(OperatorRange range, const Tile& tile);
    [[nodiscard]] const Reach& reach(std::size_t op, graph::Axis axis, const graph::Interval& asked);
    void ask(graph::TensorId tensor, const Tile& tile);
    /// One for all works of an operator of that size, wherever they lie.
    [[nodiscard]] AlikeWorks& alike(graph::Work work);

    const Problem& problem_;
    /// By operator, rows and columns.
    std::vector<std::map<std::pair<graph::Index, graph::Index>, AlikeWorks>> works_;
    std::unordered_map<Key, Slice, Hash> known_;
    std::vector<std::vector<util::Seconds>> whole_;  ///< by device: sums of the operators before each
    /// By operator, along h and w. What is needed along one axis does not depend on the others.
    std::vector<std::array<Reaches, 2>> reaches_;

    /// What the slice that grows asks of a tensor.
    struct Asked {
        std::size_t slice = 0;  ///< number of the slice that asked last, from 1
        Tile tile;
    };
    std::vector<Asked> asked_;  ///< by tensor
    std::size_t grown_ = 0;     ///< slices so far
};

}  // namespace convoy::partition::detail
