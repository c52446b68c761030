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

/// The same before a sigmoid, of logits that both sides' probabilities say.
///
/// A sigmoid distorts errors: far below 0 the relative error of the probability is the absolute one of the logit, so
/// that a map of nearly impossible pixels looks worse than its logits are; far above 0 it hides them. A probability
/// that underflowed float, or is nearly 1, says little of its logit: four units in the last place are the sigmoid's own
/// rounding.
[[nodiscard]] double relative_error_before_sigmoid(const graph::Tensor& actual, const graph::Tensor& expected);

}  // namespace convoy::runtime
