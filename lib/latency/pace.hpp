#pragma once

#include <optional>
#include <span>
#include <vector>

#include "samples/profile.hpp"

namespace convoy::latency {

/// The pace at which a device usually works with so many threads while others take a load. Load lowers the pace itself
/// where the device's cores are threads of fewer ones.
struct UsualPace {
    int threads = 1;
    double load = 0;
    util::FlopsPerSecond pace;
    bool operator==(const UsualPace&) const = default;
};

/// Beyond this many times faster or slower than usual a pace counts as that: no throttling does so much.
inline constexpr double kLargestRelativePace = 16;

/// For each number of threads and load that was asked for, by threads and load: the median over the samples of each
/// profile, of these the median. So a large profile counts as much as a small one. Empty where no sample has a pace.
[[nodiscard]] std::vector<UsualPace> usual_paces(std::span<const samples::Profile> profiles);

/// How many times faster than usual a device works at a pace: than with the nearest number of threads, between the
/// nearest loads. 1 when the pace or what is usual is not known. No allocation.
/// @param usual  by threads and load, each once
[[nodiscard]] double relative_pace(const std::optional<util::FlopsPerSecond>& pace, int threads, double load,
                                   std::span<const UsualPace> usual) noexcept;

}  // namespace convoy::latency
