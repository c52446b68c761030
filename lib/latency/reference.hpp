#pragma once

#include <vector>

#include "latency/model.hpp"

namespace convoy::latency {

/// The operators of vgg16 at 224x224, batch 1: the yardstick of `gflop_per_s` in cluster files.
[[nodiscard]] std::vector<samples::WorkShape> reference_model();

/// vgg16's FLOPs over its predicted unsplit one-thread time without load.
[[nodiscard]] util::FlopsPerSecond reference_rate(const DeviceModel& model);

}  // namespace convoy::latency
