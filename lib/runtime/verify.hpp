#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/shard.hpp"
#include "plan/program.hpp"
#include "samples/trace.hpp"

namespace convoy::runtime {

/// What a plan promises against the unsplit model, relative to the largest magnitude of an output.
///
/// 1e-5 for cuts of space and output channels, 1e-4 where partial sums are added up, and eight times the codec's own
/// bound where a lossy codec is on a link (a network may amplify what is lost). The weakest one counts.
[[nodiscard]] double promised_bound(const plan::Plan& plan, const plan::Compiled& compiled);

/// Compares the outputs of a split run with those of the whole model, which shares only the kernels with the pieces.
///
/// An output that is a softmax or a sigmoid is compared before it (see runtime/compare.hpp). NaN on one side only is a
/// mismatch. Not thread-safe.
class Verifier {
  public:
    /// Keeps references to all three.
    Verifier(engine::Weights& weights, const plan::Plan& plan, const plan::Compiled& compiled);

    /// Runs the whole model on `inputs` and compares. @return whether the outputs are within the bound
    bool check(std::span<const graph::Tensor> inputs, std::span<const graph::Tensor> outputs);

    /// Of all checks so far; names the operators whose pieces are not bit-equal, when any output was not.
    [[nodiscard]] samples::VerifySummary summary();

  private:
    [[nodiscard]] plan::Run whole_with(std::span<const graph::TensorId> wanted) const;
    [[nodiscard]] std::vector<graph::Tensor> run(engine::Shard& shard, std::span<const graph::Tensor> inputs,
                                                 std::span<const graph::TensorId> wanted) const;
    /// Of one output that is not bit-equal; `expected` are the values of wanted_.
    [[nodiscard]] double error_of(std::size_t output, const graph::Tensor& actual,
                                  std::span<const graph::Tensor> expected) const;
    void find_inexact();
    [[nodiscard]] bool piece_is_exact(const graph::Work& work, std::span<const graph::Tensor> every);

    engine::Weights& weights_;
    const plan::Plan& plan_;
    const plan::Compiled& compiled_;
    std::vector<graph::TensorId> wanted_;            ///< the outputs, then the logits of those that are a softmax
    std::map<graph::TensorId, std::size_t> logits_;  ///< of an output: where in wanted_
    std::optional<engine::Shard> whole_;             ///< computes wanted_
    samples::VerifySummary summary_;
    bool bit_equal_ = true;
    std::vector<graph::Tensor> suspicious_inputs_;  ///< of the first frame that is not bit-equal
};

}  // namespace convoy::runtime
