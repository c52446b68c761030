#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "util/units.hpp"

namespace convoy::compress {

/// What a model, or a layer, costs.
struct Size {
    util::Flops flops;
    std::int64_t parameters = 0;  ///< weights and biases, and constants of the other operators
    bool operator==(const Size&) const = default;
};
[[nodiscard]] Size size_of(const graph::Graph& graph);

/// A layer that can be factorised: a convolution of one group, or a Gemm (also what was a MatMul by a constant).
/// Grouped and depthwise convolutions are left alone.
struct Layer {
    std::string name;
    std::string output;          ///< tensor
    graph::Index outputs = 0;    ///< channels f
    graph::Index terms = 0;      ///< of each sum: c * kh * kw, or features
    graph::Index positions = 0;  ///< elements of one channel of the output: n * h * w
    [[nodiscard]] graph::Index full_rank() const noexcept { return outputs < terms ? outputs : terms; }
    /// The layer alone, without its activation: as it is, and as two of this rank.
    [[nodiscard]] Size size() const noexcept;
    [[nodiscard]] Size size_at(graph::Index rank) const noexcept;
    /// The largest rank at which two layers cost fewer FLOPs than the one; 0 when none does.
    [[nodiscard]] graph::Index largest_useful_rank() const noexcept;
    /// Elements that cross where the narrow tensor is cut.
    [[nodiscard]] graph::Index narrow_elements(graph::Index rank) const noexcept { return rank * positions; }
};
/// In the order of the graph.
[[nodiscard]] std::vector<Layer> factorisable(const graph::Graph& graph);

/// One channel of one tensor.
struct ChannelOf {
    graph::TensorId tensor{};
    graph::Index channel = 0;
    auto operator<=>(const ChannelOf&) const = default;
};

/// Channels that the same layers make and that can be removed one by one, each together with what it is coupled to: the
/// same channel of the other summands of a residual sum, of what reads it element by element, of its part of a concat.
struct ChannelGroup {
    std::string name;  ///< of the first layer that makes them; of all, joined by `+`, where that is taken
    std::vector<std::string> makers;              ///< convolutions and Gemms that lose output channels
    std::vector<std::string> readers;             ///< those that lose input channels
    std::vector<std::vector<ChannelOf>> members;  ///< per channel of the group every channel that goes with it
    [[nodiscard]] graph::Index channels() const noexcept { return static_cast<graph::Index>(members.size()); }
};
/// In the order of the graph. Channels that reach a graph output, or an operator that needs all of them (Softmax, LRN,
/// grouped convolutions, operators that only run whole), are in no group.
[[nodiscard]] std::vector<ChannelGroup> channel_groups(const graph::Graph& graph);

/// Feature maps and vectors that alone separate the graph's inputs from its outputs: where a bottleneck may go, and
/// where cutting makes one tensor cross. In the order of the graph; neither its inputs nor its outputs.
[[nodiscard]] std::vector<std::string> single_cuts(const graph::Graph& graph);

}  // namespace convoy::compress
