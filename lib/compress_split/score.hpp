#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cost/compression.hpp"
#include "graph/graph.hpp"

namespace convoy::compress_split {

using cost::Metric;

/// What a changed model does worse than the original, measured on images.
struct Loss {
    double drop = 0;   ///< as a ratio: 0.01 is one point; negative when it gains
    double error = 0;  ///< standard error of `drop`, as a ratio
    /// What is not exceeded, `errors` standard errors being allowed for.
    [[nodiscard]] double at_most(double errors) const noexcept { return drop + errors * error; }
};

/// How many classes there are, where the first output of a model is one vector of their scores; else 0.
[[nodiscard]] std::size_t classes_of(const graph::Graph& graph);

/// What a model makes of one image, compared with what the original makes of it.
struct Verdict {
    bool right = false;           ///< its best class is the label; with labels only
    bool original_right = false;  ///< likewise the original's
    bool agrees = false;          ///< both have the same best class
    double relative_error = 0;    ///< infinite when an output is not finite
};
/// @param output, original  all outputs, one after another
/// @param classes  how many values, from the first on, are class scores; 0: only the relative error is set
/// @param label    empty without labels
[[nodiscard]] Verdict judge(std::span<const float> output, std::span<const float> original, std::size_t classes,
                            std::optional<std::int64_t> label);

/// Many verdicts in numbers.
struct Score {
    std::size_t images = 0;
    std::optional<double> accuracy;           ///< with labels
    std::optional<double> original_accuracy;  ///< with labels
    std::optional<double> agreement;          ///< with classes
    double relative_error = 0;                ///< mean over the images
    double squared_error = 0;                 ///< likewise, of its square
    Loss loss;                                ///< by the metric
};
/// The standard error of a drop is that of the paired comparison: the root of the number of images on which the two
/// models differ, over the number of images.
[[nodiscard]] Score score(std::span<const Verdict> verdicts, Metric metric);

}  // namespace convoy::compress_split
