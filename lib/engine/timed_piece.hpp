#pragma once

#include <vector>

#include "engine/shard.hpp"
#include "graph/tensor.hpp"
#include "util/units.hpp"

namespace convoy::engine {

/// A piece of one operator, with its fused tail, and of nothing else: what it computes leaves it by no copy, if the
/// views of its outputs have no boxes.
[[nodiscard]] plan::Run piece_of(const graph::Graph& graph, const graph::Work& work);

/// One run of a piece.
struct TimedRun {
    util::Seconds wall{};
    util::Seconds cpu{};          ///< of each thread that took part: see CpuStopwatch
    util::Seconds around{};       ///< wall time with that of reading the CPU time
    util::FlopsPerSecond pace{};  ///< of the device meanwhile, where that was read (engine/yardstick.hpp)
};

/// A piece with tensors of its own, to be timed among others. For one thread.
class TimedPiece {
  public:
    /// Builds the shard, draws its inputs and runs it once, which allocates.
    /// @throws Error data, when an operator has no layer in the engine
    /// @param keep  copies its outputs, as whole models do
    TimedPiece(Weights& weights, const plan::Run& piece, bool keep);

    /// Makes tensors lie in the caches as they do in a network: the memory of the output was that of a tensor that
    /// nobody needs any more, and then the operator before wrote the inputs.
    void prepare();
    [[nodiscard]] TimedRun run();

    /// Of inputs and outputs.
    [[nodiscard]] static util::Bytes memory(const graph::Graph& graph, const graph::Work& work);

  private:
    std::vector<graph::Tensor> tensors_;
    std::vector<std::vector<graph::TensorView>> inputs_;
    std::vector<graph::Tensor> results_;  ///< where outputs are kept
    std::vector<graph::TensorView> outputs_;
    std::vector<std::span<float>> floats_;  ///< of the inputs that are float32
    Shard shard_;
};

}  // namespace convoy::engine
