#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compress/calibration.hpp"
#include "wire/codec.hpp"

namespace convoy::compress {

/// A tensor that crosses a link, and how its elements are written there.
struct Crossing {
    std::string tensor;
    wire::Codec codec = wire::Codec::fp32;
};

/// Runs the graph on every frame and keeps its outputs, with what the codecs do to the tensors that cross: what a split
/// run would answer. One pass. Threads as engine::set_threads().
///
/// @return per frame the float32 outputs, one after another
/// @throws Error no_input without frames; data for inputs that do not fit, or a crossing tensor the graph has not
[[nodiscard]] std::vector<std::vector<float>> answers(const graph::Graph& graph, const Frames& frames,
                                                      const std::vector<Crossing>& crossings = {},
                                                      const Progress& progress = {});

/// How far answers are from those of another model for the same frames.
struct Difference {
    double relative_error = 0;  ///< Euclidean norm of the difference over that of `wanted`, all frames together
    double agreement = 0;       ///< share of frames whose largest value is at the same place
};
/// @throws Error internal, when they are not of the same frames and sizes
[[nodiscard]] Difference difference(const std::vector<std::vector<float>>& wanted,
                                    const std::vector<std::vector<float>>& given);

}  // namespace convoy::compress
