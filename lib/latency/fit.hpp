#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "latency/features.hpp"
#include "latency/model.hpp"

namespace convoy::latency {

/// Instead of the name of an algorithm: the best for each operator type.
inline constexpr const char* kAutomatic = "auto";

struct FitOptions {
    FeatureSet features = FeatureSet::all;
    std::string algorithm = kAutomatic;  ///< latency/algorithm.hpp
    std::uint64_t seed = 1;              ///< which layers are held out together
    bool held_out = true;                ///< false: a named algorithm is not cross-validated, which takes time
};

struct Fitted {
    DeviceModel model;
    std::vector<std::string> notes;  ///< for the user, one sentence each: what
                                     ///< could not be learnt, and what is done
};

/// Fits the models of one device from its profiles: for each operator type and number of threads the best form of least
/// squares, and, where it is clearly better, the correction of it that an algorithm learns.
///
/// Held-out errors are by k-fold cross-validation, k = 5 or the number of different layers: all samples of layers of
/// one shape (their slices, their loads) are held out together, since slices of a layer that was seen are too easy.
/// Among algorithms whose errors do not differ clearly the simplest is taken. An operator type with few shapes of
/// layers gets least squares, and a note when another algorithm was asked for. Equal seeds give equal results.
///
/// Where the samples were taken at different paces, what depends on the pace is learnt as well; samples without a pace
/// count as taken at the usual one.
///
/// Without samples under different loads the effect of load cannot be learnt: times then grow with 1 / (1 - load).
///
/// @throws Error data: no layer samples, or profiles of different devices
[[nodiscard]] Fitted fit(std::span<const samples::Profile> profiles, const FitOptions& options = {});

}  // namespace convoy::latency
