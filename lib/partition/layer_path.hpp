#pragma once

#include <optional>
#include <vector>

#include "partition/slices.hpp"
#include "partition/tile.hpp"
#include "partition/units.hpp"

namespace convoy::partition::detail {

/// How rows of a layer are shared among devices.
enum class Heights {
    equal,     ///< FPM
    compute,   ///< OPM: the slowest device computes as fast as possible
    transfers  ///< OPM: likewise, the way of its rows from and to the source counted
};

struct PathRules {
    std::vector<std::size_t> single;             ///< devices that may run whole layers, and gather
    std::vector<std::vector<std::size_t>> sets;  ///< of devices that may share a layer's rows
    Heights heights = Heights::equal;
    bool vertical = true;  ///< a layer that can be cut may run whole on one device
};

/// The shortest path over layers: each runs whole on one device, ONE(d), or in rows on a set of devices, ROWS(S). Exact
/// for chains under its own costs: one phase after the other, nothing overlaps (see Traffic); in a DAG everything that
/// is alive between two layers is taken to lie as the last layer left it.
///
///     ONE(a) -> ONE(b)      all that is alive
///     ONE(d) -> ROWS(S)     the rows that each device reads, halo included
///     ROWS(S) -> ONE(d)     gathered on d
///     ROWS(S) -> ROWS(S)    the rows that each device lacks; or gathered on the best d and scattered from there
///     ROWS(S) -> ROWS(T)    gathered on the best d and scattered from there
///
/// Source: FPM, OPM and OFPM in the thesis of Shen (Hunan University, 2023), also Yang et al., "OfpCNN", IEEE TPDS
/// 2023: execution position of each layer, degree of parallelism, and which device gathers and re-distributes. The
/// path itself is a reconstruction.
class LayerPath {
  public:
    LayerPath(const Problem& problem, Slices& slices, const std::vector<Unit>& layers, PathRules rules);

    /// ONE(single[s]) for s below the number of single devices, then ROWS(sets[s - that]).
    [[nodiscard]] std::size_t states() const noexcept { return rules_.single.size() + rules_.sets.size(); }
    [[nodiscard]] bool possible(std::size_t layer, std::size_t state) const;

    struct Path {
        std::vector<std::size_t> states;                  ///< by layer
        std::vector<std::optional<std::size_t>> gathers;  ///< by layer: device that gathers before it
        util::Seconds cost{};
    };
    /// O(layers (states^2 + sets^2 single)). Empty when some layer has no possible state.
    [[nodiscard]] Path shortest();
    /// Of given states, with the best gather devices. @param states  possible ones
    [[nodiscard]] Path along(const std::vector<std::size_t>& states);
    [[nodiscard]] plan::Plan plan(const Path& path) const;

  private:
    struct Step {
        util::Seconds time{};
        std::optional<std::size_t> gather;
    };
    [[nodiscard]] bool is_rows(std::size_t state) const noexcept { return state >= rules_.single.size(); }
    [[nodiscard]] Tiling deal(const OperatorRange& range, const std::vector<std::size_t>& devices);
    [[nodiscard]] util::Seconds compute(std::size_t layer, std::size_t state);
    /// Brings what layer `layer` reads from where the layer before, in state `before`, left it.
    [[nodiscard]] Step move(std::size_t layer, std::size_t before, std::size_t state);
    [[nodiscard]] Step start(std::size_t state);
    [[nodiscard]] util::Seconds scatter(std::size_t layer, std::size_t state, std::size_t from);
    [[nodiscard]] util::Seconds gather(std::size_t layer, std::size_t before, std::size_t to, util::Bytes bytes);
    [[nodiscard]] util::Seconds exchange(std::size_t layer, std::size_t before, std::size_t state);
    [[nodiscard]] util::Seconds finish(std::size_t state);

    const Problem& problem_;
    Slices& slices_;
    const std::vector<Unit>& layers_;
    PathRules rules_;
    std::vector<std::vector<Tiling>> tilings_;  ///< by layer and set
    std::vector<util::Bytes> alive_;            ///< in front of each layer
};

}  // namespace convoy::partition::detail
