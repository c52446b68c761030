#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "samples/work.hpp"

namespace convoy::latency {

/// How a device is while it works.
struct DeviceState {
    double load = 0;  ///< CPU load by others, 0 to below 1
    double pace = 1;  ///< how fast it computes, relative to its usual pace; latency/pace.hpp
};

/// A number that a latency model may look at. Finite for every work, every load below 1 and every relative pace; not
/// negative, but for `log_pace`.
struct Feature {
    const char* name;
    double (*value)(const samples::WorkShape& work, const DeviceState& state);
    const char* meaning;
};

/// What a fit may look at.
enum class FeatureSet {
    all,   ///< everything that a sample tells
    fcpm,  ///< FLOPs and CPU load only, as FCPM of the OFPM thesis (Shen, 2023)
};
[[nodiscard]] const char* to_string(FeatureSet set) noexcept;
/// @throws Error internal for an unknown name
[[nodiscard]] FeatureSet feature_set(std::string_view name);
/// The features that times are sums of, by name as files have it. A name is never given another meaning.
[[nodiscard]] std::span<const Feature> features() noexcept;
/// The features that corrections look at: logarithms of sizes, the load, and the logarithm of the pace.
[[nodiscard]] std::span<const Feature> shape_features() noexcept;
/// Names of the shape features that a fit may look at.
[[nodiscard]] std::vector<std::string> shape_features(FeatureSet set);

/// Any feature; nullptr when there is none of that name.
[[nodiscard]] const Feature* find_feature(std::string_view name) noexcept;

/// Values of the named features, in their order. @throws Error internal for an unknown name
[[nodiscard]] std::vector<double> feature_vector(std::span<const std::string> names, const samples::WorkShape& work,
                                                 const DeviceState& state);

}  // namespace convoy::latency
