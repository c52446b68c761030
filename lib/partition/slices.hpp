#pragma once

#include <unordered_map>
#include <utility>
#include <vector>

#include "partition/backwards.hpp"
#include "partition/tile.hpp"

namespace convoy::partition::detail {

/// Works of one operator of one size, wherever they lie, and their times on the devices that were asked, ascending.
struct AlikeWorks {
    graph::Work first;
    std::vector<std::pair<std::size_t, util::Seconds>> times;
};

/// A tile of an operator's output: once for all ranges that end there.
struct GrownTile {
    Tile tile;
    std::vector<AlikeWorks*> works;  ///< by step backwards; nullptr where nothing is computed
    /// Of the devices that were asked, ascending: of the piece with its first works, one after another.
    std::vector<std::pair<std::size_t, std::vector<util::Seconds>>> times;
};

/// A tile of a range's output, as one piece.
struct Slice {
    GrownTile* grown = nullptr;
    OperatorRange range;
    struct Input {
        graph::TensorId tensor{};
        Tile tile;  ///< that the piece reads
    };
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
    struct KeyHash {
        [[nodiscard]] std::size_t operator()(const Key& key) const noexcept;
    };

    /// Of a work.
    struct Size {
        graph::Index rows = 0;
        graph::Index columns = 0;
        graph::Index channels = 0;
        bool operator==(const Size&) const = default;
    };
    struct SizeHash {
        [[nodiscard]] std::size_t operator()(const Size& size) const noexcept {
            return IntervalHash{}({size.rows, (size.columns << 24) + size.channels});
        }
    };

    [[nodiscard]] GrownTile& tile_of(std::size_t end, const Tile& tile);
    [[nodiscard]] util::Seconds time(GrownTile& grown, OperatorRange range, std::size_t device);
    void add_works(GrownTile& grown, OperatorRange range);
    /// One for all works of an operator of that size, wherever they lie; nullptr where there is nothing to compute.
    [[nodiscard]] AlikeWorks* alike(const Backwards::Step& step, const graph::Interval& h, const graph::Interval& w);

    const Problem& problem_;
    BackwardGrowth growth_;
    std::vector<std::unordered_map<Size, AlikeWorks, SizeHash>> works_;  ///< by operator
    std::unordered_map<Key, GrownTile, KeyHash> grown_;                  ///< of the operators up to one
    std::unordered_map<Key, Slice, KeyHash> known_;
    std::vector<std::vector<util::Seconds>> whole_;  ///< by device: sums of the operators before each
};

}  // namespace convoy::partition::detail
