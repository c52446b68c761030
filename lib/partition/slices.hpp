#pragma once

#include <array>
#include <map>
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

/// A tile of an operator's output, grown backwards operator by operator: once for all ranges that end there, since a
/// longer one goes on where a shorter one ends.
struct GrownTile {
    std::size_t next = 0;             ///< operators from here on are grown
    std::vector<AlikeWorks*> works;   ///< halo included, the last operator's first
    std::vector<std::size_t> counts;  ///< by length of a range - 1: its works
    struct Input {
        graph::TensorId tensor{};
        Tile tile;  ///< that the piece reads
    };
    std::vector<Input> asked;  ///< of what operators before `next` make, or the graph's inputs
    /// Of the devices that were asked, ascending: of the piece with its first works, one after another.
    std::vector<std::pair<std::size_t, std::vector<util::Seconds>>> times;
};

/// A tile of a range's output, as one piece.
struct Slice {
    GrownTile* grown = nullptr;
    std::size_t works = 0;  ///< of grown->works
    using Input = GrownTile::Input;
    std::vector<Input> inputs;  ///< tensors from outside of the range, ascending
};

/// Predicted times of slices of ranges of operators, each worked out once.
class Slices {
  public:
    explicit Slices(const Problem& problem);

    /// @param range  one that can be cut along the axes along which the tile is a part: see cut_axes()
    [[nodiscard]] const Slice& at(OperatorRange range, const Tile& tile);
    /// Of a slice on one device of the bed, the piece's overhead included.
    [[nodiscard]] util::Seconds time(const Slice& slice, std::size_t device);
    /// The same without looking at what the slice reads.
    [[nodiscard]] util::Seconds time(OperatorRange range, const Tile& tile, std::size_t device);
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

    /// The tile of the operator in front of `end`, grown as far as `begin`, or further.
    [[nodiscard]] GrownTile& tile_of(OperatorRange range, const Tile& tile);
    void grow_until(GrownTile& grown, OperatorRange range, const Tile& tile);
    /// The works of a range's tile, by operator; nullptr where nothing of it is needed.
    [[nodiscard]] std::vector<AlikeWorks*> make_works(OperatorRange range, const Tile& tile);
    [[nodiscard]] util::Seconds time(GrownTile& grown, std::size_t works, std::size_t device);
    [[nodiscard]] const Reach& reach(std::size_t op, graph::Axis axis, const graph::Interval& asked);
    /// One for all works of an operator of that size, wherever they lie.
    [[nodiscard]] AlikeWorks& alike(graph::Work work);

    const Problem& problem_;
    /// By operator, rows and columns.
    std::vector<std::map<std::pair<graph::Index, graph::Index>, AlikeWorks>> works_;
    std::unordered_map<Key, GrownTile, Hash> grown_;  ///< of the operators up to one
    std::unordered_map<Key, Slice, Hash> known_;
    std::vector<std::vector<util::Seconds>> whole_;  ///< by device: sums of the operators before each
    /// By operator, along h and w. What is needed along one axis does not depend on the others.
    std::vector<std::array<Reaches, 2>> reaches_;
};

}  // namespace convoy::partition::detail
