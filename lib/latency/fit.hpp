#pragma once

#include <span>
#include <string>
#include <vector>

#include "latency/model.hpp"

namespace convoy::latency {

struct Fitted {
    DeviceModel model;
    std::vector<std::string> notes;  ///< for the user, one sentence each: what could not be learnt, and what is done
};

/// Fits the models of one device from its profiles: for each operator type and number of threads, every candidate
/// (algorithm and features) is compared by its held-out error, and the best is fitted to all samples.
///
/// Held-out errors are by k-fold cross-validation, k = 5 or the number of layers, grouped by layer: all samples of one
/// layer (its slices, its loads) are held out together, since slices of a layer that was seen are too easy.
///
/// Without samples under different loads the effect of load cannot be learnt: times then grow with 1 / (1 - load).
///
/// @throws Error data: no layer samples, or profiles of different devices
[[nodiscard]] Fitted fit(std::span<const samples::Profile> profiles);

}  // namespace convoy::latency
