#pragma once

#include <memory>
#include <span>
#include <vector>

#include "graph/calculus.hpp"
#include "plan/program.hpp"

namespace convoy::engine {

/// Weight slices in their final form, keyed by (operator, slice): shared between the shards of a process.
/// Thread-safe. Must live as long as the shards that were built with it, and the graph as long as it.
class Weights {
  public:
    explicit Weights(const graph::Graph& graph);
    ~Weights();
    Weights(const Weights&) = delete;
    Weights& operator=(const Weights&) = delete;
    [[nodiscard]] const graph::Graph& graph() const noexcept;

    struct Store;
    [[nodiscard]] Store& store() noexcept { return *store_; }

  private:
    std::unique_ptr<Store> store_;
};

/// One piece as a cv::dnn::Net, built layer by layer from the graph.
///
/// Not re-entrant: one run at a time; distinct shards may run in different threads.
class Shard {
  public:
    /// What a piece reads and writes: Run's works, input slabs and output slabs; its buffer ids do not matter here.
    /// @throws Error data, when an operator has no layer in the engine (named with its node and type)
    Shard(Weights& weights, const plan::Run& piece);
    ~Shard();
    Shard(Shard&&) noexcept;
    Shard& operator=(Shard&&) noexcept;

    /// Computes the piece. `inputs[i]` are views that together hold inputs[i].slab of the piece (other elements are
    /// ignored); `outputs[i]` gets exactly outputs[i].slab, in the order of Slab::boxes(), or nothing when it has no
    /// boxes.
    void run(std::span<const std::vector<graph::TensorView>> inputs, std::span<const graph::TensorView> outputs);
    /// Where the values of each output lay in the last run, before they were copied to `outputs`. May be the memory of
    /// an input.
    [[nodiscard]] std::span<const std::span<float>> values() const noexcept;

    struct Net;

  private:
    std::unique_ptr<Net> net_;
};

/// The whole model as one shard: reads the graph inputs, writes the graph outputs.
[[nodiscard]] plan::Run whole_model(const graph::Graph& graph);

/// Adds up addends in their order where each holds an element of `into`, then applies the tail of `op`.
void reduce(Weights& weights, graph::OperatorId op, std::span<const graph::TensorView> addends,
            const graph::TensorView& into);

/// Threads of the engine in this process (cv::setNumThreads and TBB), process-wide.
void set_threads(int threads);

}  // namespace convoy::engine
