#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "util/random.hpp"

namespace convoy::engine {

/// A family of synthetic layers: "conv3x3", "depthwise", "max_pool". Each is one operator in a graph of its own, put
/// together as the reader of ONNX would.
///
/// Shapes are drawn as CNNs have them: channels, map sizes and features log-uniformly, mostly multiples of 8 and halves
/// of 224; kernels, strides and pads from those in use; windows with a bias and an activation behind them.
struct LayerFamily {
    const char* name;
    graph::Graph (*draw)(util::Random& random, const std::string& name);
};
[[nodiscard]] const std::vector<LayerFamily>& layer_families();

/// Limits of a synthetic layer.
struct LayerLimits {
    util::Bytes memory{std::int64_t{64} << 20};  ///< of inputs, output and weights
    util::Flops flops{4e9};
};

/// The bytes of a one-operator graph's tensors and weights.
[[nodiscard]] util::Bytes memory_of(const graph::Graph& layer);

/// Layer number `number` of each family, named "sweep/<family>/<number>". Equal seeds give equal layers, and the number
/// of layers that are drawn changes none of them.
///
/// A layer within the limits is drawn again and again until there is one; together they stay below 256 MB: behind three
/// quarters of that the limit of each is 2 MB.
[[nodiscard]] std::vector<graph::Graph> draw_layers(std::uint64_t seed, std::int64_t number,
                                                    const LayerLimits& limits = {});

}  // namespace convoy::engine
