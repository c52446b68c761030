#pragma once

#include <map>
#include <optional>
#include <vector>

#include "compress_split/cuts.hpp"
#include "compress_split/menu.hpp"
#include "samples/work.hpp"

namespace convoy::compress_split {

/// Predicts how fast a model would be at any levels of a menu, cut in the best place, without making it: shapes of
/// layers are scaled. Remembers the times of every shape. Not thread-safe.
class SpeedModel {
  public:
    /// Keeps references to all of them. @param cloud  device of the bed that computes behind the cut
    SpeedModel(const Menu& menu, const graph::Graph& graph, const latency::Bed& bed, std::size_t cloud,
               InputCodec input);

    /// @param cut  only there: operators of the original before it, a narrow tensor in front of it included; nothing:
    ///             everywhere
    [[nodiscard]] util::Seconds latency(const Levels& levels, std::optional<std::size_t> cut = std::nullopt);
    /// Cuts at which one tensor crosses, the first before all operators, the last behind all of them.
    [[nodiscard]] const std::vector<std::size_t>& cuts() const noexcept { return cuts_; }

  private:
    struct Times {
        util::Seconds edge{};
        util::Seconds cloud{};
    };
    /// A layer as one or, with a rank, as two.
    struct LayerTimes {
        Times low;
        Times main;
    };
    struct Key {
        graph::Index inputs = 0;  ///< channels of all inputs
        graph::Index outputs = 0;
        graph::Index rank = 0;  ///< 0: one layer
        auto operator<=>(const Key&) const = default;
    };
    /// Walks along the model and keeps the least latency of the cuts on its way.
    class Walk;

    [[nodiscard]] Times times_of(const samples::WorkShape& shape) const;
    [[nodiscard]] const LayerTimes& layer(std::size_t op, const Key& key);
    [[nodiscard]] const LayerTimes& bottleneck(graph::TensorId tensor, graph::Index channels, graph::Index width);
    [[nodiscard]] util::Bytes crossing(graph::TensorId tensor, graph::Index channels, wire::Codec codec) const;

    const Menu& menu_;
    const graph::Graph& graph_;
    const latency::Bed& bed_;
    std::size_t edge_;
    std::size_t cloud_;
    InputCodec input_;
    cluster::Link up_;
    std::vector<samples::WorkShape> shapes_;               ///< by operator
    std::vector<std::vector<graph::TensorId>> alive_;      ///< by position
    std::vector<std::optional<std::size_t>> rank_place_;   ///< by operator
    std::vector<std::optional<std::size_t>> width_place_;  ///< by tensor
    util::Seconds from_edge_{};                            ///< of the outputs to the sink
    util::Seconds from_cloud_{};
    std::vector<std::map<Key, LayerTimes>> known_;  ///< by operator
    std::vector<std::map<Key, LayerTimes>> known_bottlenecks_;
    std::vector<std::size_t> cuts_;
};

namespace detail {

/// The same work with other numbers of channels.
[[nodiscard]] samples::WorkShape resized(samples::WorkShape shape, double inputs, double outputs);
/// The two layers of a factorised one: the first makes `rank` channels, the second reads them.
[[nodiscard]] samples::WorkShape low_layer(samples::WorkShape shape, graph::Index terms, graph::Index rank);
[[nodiscard]] samples::WorkShape restoring_layer(samples::WorkShape shape, graph::Index rank);

}  // namespace detail

}  // namespace convoy::compress_split
