#pragma once

#include <opencv2/dnn.hpp>

#include "engine/kernel.hpp"

namespace convoy::engine {

/// Type names of our layers in cv::dnn.
inline constexpr const char* kKernelLayer = "Convoy.Kernel";
inline constexpr const char* kPointwiseLayer = "Convoy.Pointwise";

/// Registers our layers with cv::dnn and silences OpenCV's own log. Once per process; thread-safe.
void prepare_opencv();

/// Parameters of a layer that runs `kernel`, which must outlive the net.
[[nodiscard]] cv::dnn::LayerParams layer_params(Kernel& kernel);
/// Parameters of an activation layer that convolutions and Gemms fuse. `function` must outlive the net.
[[nodiscard]] cv::dnn::LayerParams layer_params(const Pointwise& function);

}  // namespace convoy::engine
