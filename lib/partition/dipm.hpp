#pragma once

#include <array>
#include <optional>
#include <vector>

#include "partition/dipm_times.hpp"
#include "partition/settings.hpp"
#include "partition/strategy.hpp"

namespace convoy::partition::detail {

inline constexpr Setting kDipmBound{
    .name = "bound",
    .choices = "corrected|published",
    .fallback = "corrected",
    .about = "estimate of a layer's speed-up: with what a p x q grid moves, or as printed"};
inline constexpr Setting kDipmThreshold{
    .name = "threshold", .fallback = "1", .about = "speed-up from which a layer is distributed", .most = 1e6};
inline constexpr Setting kDipmChannels{.name = "min_channels",
                                       .fallback = "60",
                                       .about = "only layers with more input and output channels are distributed",
                                       .most = 1e6,
                                       .whole = true};
inline constexpr Setting kDipmShares{.name = "shares",
                                     .choices = "capacity|equal",
                                     .fallback = "capacity",
                                     .about = "workers' parts by their speed, or alike as in the paper"};
inline constexpr Setting kDipmMaster{.name = "master",
                                     .choices = "joins|computes",
                                     .fallback = "joins",
                                     .about = "the master only sends and joins as in the paper, or is a worker too"};
inline constexpr std::array kDipmSettings{kDipmBound, kDipmThreshold, kDipmChannels, kDipmShares, kDipmMaster};

/// A convolution as DIPM sees it.
struct DipmLayer {
    double kernel = 1;      ///< K^2
    double inputs = 0;      ///< c, input channels
    double outputs = 0;     ///< f, filters
    double in_pixels = 0;   ///< of one input map
    double out_pixels = 0;  ///< M, of one output map
    [[nodiscard]] double operations() const noexcept { return kernel * inputs * outputs * out_pixels; }
};

/// What the master and its link take.
struct DipmUnits {
    double gamma = 0;  ///< seconds for one multiply-add: the whole layer's time over M K^2 c f
    double alpha = 0;  ///< seconds to start a message
    double beta = 0;   ///< seconds for a pixel
};

/// `S = K^2 c f gamma / ((c + f) (alpha / M + beta))`: the speed-up of very many workers, each map one message, nothing
/// sent twice. With strides M is that of the inputs for c, that of the outputs for f.
[[nodiscard]] double published_bound(const DipmLayer& layer, const DipmUnits& units);
/// What it becomes when p groups of input channels and q groups of filters are counted: inputs go out q times, partial
/// sums come back p times, each of the p q workers gets one message and sends one.
[[nodiscard]] double corrected_bound(const DipmLayer& layer, const DipmUnits& units, std::size_t p, std::size_t q);
/// `S_n = T_1 / (T_part + n (T_tx + T_rx) + T_1 / n + T_join)` with T_part = T_join = 0, the transfers as published.
[[nodiscard]] double published_speed_up(const DipmLayer& layer, const DipmUnits& units, std::size_t workers);

/// How one layer is distributed.
struct DipmGrid {
    std::size_t p = 1;                 ///< groups of input channels
    std::size_t q = 1;                 ///< groups of filters
    std::vector<std::size_t> workers;  ///< of the bed: [p][q]
    bool equal = false;
};
/// The layer as a stage: each worker's filters, summed over its input channels.
[[nodiscard]] plan::Stage dipm_stage(const Problem& problem, graph::OperatorId op, const DipmGrid& grid);
/// Predicted.
[[nodiscard]] DipmTimes dipm_times(const Problem& problem, graph::OperatorId op, const DipmGrid& grid);

/// Empty for what is no convolution of all input channels.
[[nodiscard]] std::optional<DipmLayer> dipm_layer(const graph::Graph& graph, graph::OperatorId op);

}  // namespace convoy::partition::detail
