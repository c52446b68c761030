#pragma once

#include <cstdint>
#include <vector>

#include "engine/shard.hpp"

namespace convoy::test {

/// Element `i` of an input that every oracle computes alike: a hash (the last step of MurmurHash3), as one of 2^24
/// values in [-2, 2) that float32 holds exactly. tests/oracle/runtime.mjs has the same formula.
[[nodiscard]] float formula(std::uint32_t seed, std::uint32_t i);

/// Inputs of a graph by the formula; the seed of input k is `seed` + k. float32 only.
/// @throws Error impossible
[[nodiscard]] std::vector<graph::Tensor> formula_inputs(const graph::Graph& graph, std::uint32_t seed);

/// Runs the whole model: inputs and results in the order of the graph's inputs and outputs.
[[nodiscard]] std::vector<graph::Tensor> run_whole(const graph::Graph& graph, const plan::Run& piece,
                                                   engine::Shard& shard, const std::vector<graph::Tensor>& inputs);
/// Builds the shard, too.
[[nodiscard]] std::vector<graph::Tensor> run_whole(const graph::Graph& graph, const std::vector<graph::Tensor>& inputs);

}  // namespace convoy::test
