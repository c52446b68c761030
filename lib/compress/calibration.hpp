#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "util/units.hpp"

namespace convoy::compress {

/// Inputs to calibrate or to test with, loaded one by one (as dataset::Inputs does).
struct Frames {
    std::size_t count = 0;
    /// The graph inputs of one frame, each whole, in the order of Graph::inputs(); asked by the calling thread only.
    std::function<std::vector<graph::Tensor>(std::size_t frame)> load;
};

/// Called after every frame that was run, with how many of this pass are done. What it throws ends the pass.
using Progress = std::function<void(std::size_t done, std::size_t of)>;

/// How many responses are kept of each layer. The same seed takes the same positions of the same frames, whatever else
/// is sampled: so the responses of a layer before and after a change pair up row by row.
struct Sampling {
    std::uint64_t seed = 1;
    std::size_t rows = 5000;         ///< per layer or tensor, spread evenly over the frames
    util::Bytes memory{64LL << 20};  ///< per layer or tensor: very wide ones get fewer rows
};

/// Sampled values of one layer or tensor: each row is all channels at one position of one frame. Of a fully connected
/// layer a frame has one position.
struct Samples {
    graph::Index channels = 0;
    std::vector<float> values;  ///< [rows, channels]
    [[nodiscard]] std::size_t rows() const noexcept {
        return channels == 0 ? 0 : values.size() / static_cast<std::size_t>(channels);
    }
};

/// What to sample, by name.
struct Wanted {
    std::vector<std::string> layers{};   ///< convolutions and Gemms: W x + b, before scale, shift and activation
    std::vector<std::string> tensors{};  ///< feature maps and vectors: their complete values
};

struct Activations {
    std::map<std::string, Samples, std::less<>> responses;  ///< by layer
    std::map<std::string, Samples, std::less<>> tensors;
};

/// Runs the graph on every frame, as far as it is needed for what is wanted, and keeps random positions. Memory: one
/// frame's activations and the samples. Threads as engine::set_threads().
///
/// @throws Error no_input without frames; data for a value that is not finite (naming layer, frame), inputs that do not
///         fit the graph, names that it does not have
[[nodiscard]] Activations sample(const graph::Graph& graph, const Wanted& wanted, const Frames& frames,
                                 const Sampling& sampling, const Progress& progress = {});

}  // namespace convoy::compress
