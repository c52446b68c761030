#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "samples/work.hpp"

namespace convoy::latency {

/// A number that a latency model may look at. Finite and not negative for every work and every load below 1.
struct Feature {
    const char* name;
    double (*value)(const samples::WorkShape& work, double load);
    const char* meaning;
};

/// Every feature, by name as files have it. A name is never given another meaning.
[[nodiscard]] std::span<const Feature> features() noexcept;
/// nullptr when there is none of that name.
[[nodiscard]] const Feature* find_feature(std::string_view name) noexcept;

/// Values of the named features, in their order. @throws Error internal for an unknown name
[[nodiscard]] std::vector<double> feature_vector(std::span<const std::string> names, const samples::WorkShape& work,
                                                 double load);

}  // namespace convoy::latency
