#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/timed_piece.hpp"
#include "samples/work.hpp"

namespace convoy::engine {

/// One piece that is to be timed.
struct Target {
    std::string op;
    samples::WorkShape shape;
    graph::Work work;
    std::size_t weights = 0;  ///< in Batch::weights
};

/// Pieces that are timed in turn. Holds the graphs of synthetic layers, but not a model's.
struct Batch {
    std::vector<std::unique_ptr<graph::Graph>> layers;
    std::vector<std::unique_ptr<Weights>> weights;
    std::vector<Target> targets;

    void add(const graph::Work& work, std::size_t of_weights);
};

/// Works of a model. @param graph  must outlive the batch
[[nodiscard]] Batch batch_of(const graph::Graph& graph, std::span<const graph::Work> works);
/// Synthetic layers, each whole, and behind all of them one slice of each that can be cut. Deterministic.
[[nodiscard]] Batch batch_of(std::uint64_t seed, std::int64_t number);

/// A batch as it runs: passes through all pieces, so that each run of a piece finds the caches as it does in a network.
///
/// A loop over one piece alone would have its weights, its output and its code in the caches, which in a network the
/// other operators have replaced meanwhile; real pieces then take 10 to 40 % more, small ones most. Here between two
/// runs of a piece all others run; and just before a run its tensors are brought into the caches as far as a network
/// has them there: see TimedPiece::prepare().
class Pass {
  public:
    explicit Pass(Batch& batch);
    [[nodiscard]] std::size_t size() const noexcept { return pieces_.size(); }
    /// Runs one piece in its turn.
    [[nodiscard]] TimedRun run(std::size_t piece);
    /// Runs a piece again right behind its turn, with warm caches.
    [[nodiscard]] TimedRun run_again(std::size_t piece) { return pieces_[piece].run(); }

  private:
    std::vector<TimedPiece> pieces_;
};

}  // namespace convoy::engine
