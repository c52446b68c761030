#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "compress/calibration.hpp"
#include "engine/shard.hpp"

/// Private to module compress.
namespace convoy::compress::detail {

/// Whole tensors by name.
using Values = std::map<std::string, graph::Tensor, std::less<>>;

/// Computes some tensors of a graph from others, frame by frame, and nothing else.
class Runner {
  public:
    /// @throws Error data, when the graph cannot compute them from what is given, or the engine has no layer for them
    Runner(const graph::Graph& graph, const std::vector<graph::TensorId>& given,
           const std::vector<graph::TensorId>& wanted);

    /// Whether it needs this tensor.
    [[nodiscard]] bool reads(const std::string& tensor) const;
    /// Takes what it needs from `values` and adds what was wanted. The tensors' memory is new each time.
    void run(Values& values);

  private:
    struct Engine {
        explicit Engine(graph::Graph the_part);
        graph::Graph part;
        engine::Weights weights;
        engine::Shard shard;
    };
    std::unique_ptr<Engine> engine_;  ///< none when all that is wanted is given
};

/// The inputs of a frame by name. @throws Error data, when they do not fit the graph; no_input, when there are no
/// frames
[[nodiscard]] Values load(const graph::Graph& graph, const Frames& frames, std::size_t frame);
void require_frames(const Frames& frames);

}  // namespace convoy::compress::detail
