#pragma once

#include "graph/region.hpp"
#include "graph/tensor.hpp"

/// How far the outputs of a split run lie from those of the whole model. Tensors of one box each. Thread-safe.
namespace convoy::runtime {

[[nodiscard]] bool equal_bytes(const graph::Tensor& a, const graph::Tensor& b);

/// Largest difference relative to the largest magnitude of `expected`; infinite when only one side is NaN or infinite.
[[nodiscard]] double relative_error(const graph::Tensor& actual, const graph::Tensor& expected);

/// The same before a softmax along `axis`: of what `probabilities` say about the logits, against `expected_logits`.
///
/// A softmax hides errors: it turns most of its inputs into nearly 0, and what is added to all of them into nothing.
/// The logarithm undoes it, with the normalisation of the expected logits. A probability that underflowed float only
/// says that its logit is small, and four units in the last place of a probability (4.8e-7 of a logit, absolute) are
/// the softmax's own rounding.
[[nodiscard]] double relative_error_of_logits(const graph::Tensor& probabilities, const graph::Tensor& expected_logits,
                                              graph::Axis axis);

}  // namespace convoy::runtime
