#pragma once

#include <string>

#include "compress/low_rank.hpp"

/// Changes of single layers. Private to module compress.
namespace convoy::compress::detail {

/// Two layers in place of one; names as Compressor::build() says.
[[nodiscard]] graph::Graph factorised(const graph::Graph& graph, const std::string& layer, const LowRank& fit);

/// The same layer with other weights.
[[nodiscard]] graph::Graph corrected(const graph::Graph& graph, const std::string& layer, const Correction& correction);

/// @param rectified  whether the restored values are clipped at 0, as the tensor's own are
[[nodiscard]] graph::Graph narrowed(const graph::Graph& graph, const std::string& tensor, const LowRank& fit,
                                    bool rectified);

}  // namespace convoy::compress::detail
