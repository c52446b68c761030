#pragma once

#include <string>
#include <vector>

#include "engine/shard.hpp"
#include "support/naive.hpp"

namespace convoy::test {

/// The float32 values of some boxes of a tensor.
[[nodiscard]] graph::Tensor tensor_of(const graph::TensorInfo& info, const Values& values,
                                      const std::vector<graph::Box>& boxes);

/// Runs a piece on the parts that it reads of these tensors (by TensorId); one result per output.
[[nodiscard]] std::vector<graph::Tensor> run_piece(engine::Weights& weights, const plan::Run& piece,
                                                   const std::vector<Values>& tensors);

/// The largest |a - b| / max |b| over the boxes of `a`, 0 when b is 0 everywhere; infinity where one is NaN.
[[nodiscard]] double relative_difference(const graph::TensorInfo& info, const graph::Tensor& a, const Values& b);

/// A piece that computes `asked` of one operator's output 0 from stored inputs.
[[nodiscard]] plan::Run single(const graph::Graph& graph, graph::OperatorId op, const graph::Slab& asked,
                               const std::optional<graph::Box>& in = std::nullopt);

/// A piece that computes `asked` of a tensor from the graph inputs, grown backwards.
[[nodiscard]] plan::Run grown(const graph::Graph& graph, graph::TensorId tensor, const graph::Slab& asked);

/// A random non-empty part along the axes that allow it.
[[nodiscard]] graph::Slab random_slab(const graph::Box& full, const std::array<bool, graph::kAxes>& cut,
                                      util::Random& random);

}  // namespace convoy::test
