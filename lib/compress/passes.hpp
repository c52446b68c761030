#pragma once

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "compress/calibration.hpp"
#include "compress/runner.hpp"

/// Private to module compress.
namespace convoy::compress::detail {

/// Passes over the frames while a graph is being changed from its inputs on. What is in front of the next change is
/// computed once, not once for each layer behind it: of every frame the tensors there are kept.
///
/// Memory: up to kMostKept; where the tensors would take more, later passes begin farther in front. Not thread-safe.
class Passes {
  public:
    static constexpr util::Bytes kMostKept{512LL << 20};

    /// Keeps references to frames and sampling. @param most  only so many frames are run, the first ones; their samples
    ///                                                       are those that they have among all
    Passes(const Frames& frames, const Sampling& sampling, Progress progress,
           std::size_t most = std::numeric_limits<std::size_t>::max())
        : frames_(frames), sampling_(sampling), progress_(std::move(progress)), kept_(std::min(most, frames.count)) {}

    /// As sample(). Operators in front of the tensors that were kept before must be as they were then.
    /// @param keep  tensors that are kept of each frame: those between what is final and what is not
    Activations sample(const graph::Graph& graph, const Wanted& wanted, const std::vector<std::string>& keep = {});
    /// Forgets what no pass needs that samples these tensors only, in this graph.
    void forget_all_but(const graph::Graph& graph, const std::vector<graph::TensorId>& sampled);

  private:
    [[nodiscard]] bool fit(const graph::Graph& graph, const std::vector<graph::TensorId>& more) const;

    const Frames& frames_;
    const Sampling& sampling_;
    Progress progress_;
    std::set<std::string, std::less<>> names_;  ///< of what is kept
    std::vector<Values> kept_;                  ///< by frame that is run
};

}  // namespace convoy::compress::detail
