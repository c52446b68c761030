#pragma once

#include <string>

#include "engine/profiler.hpp"
#include "util/log.hpp"

namespace convoy::tools {

/// Warns when the device did not work at one speed while it was profiled.
/// @param device  "b: " where several are profiled, else empty
inline void warn_of_pace(const std::string& device, const samples::Profile& profile) {
    if (!profile.pace || profile.pace->variation() <= engine::kMostPaceVariation) return;
    util::log_warning("{}the device's speed varied by {:.0f} %: throttling, or others on the same core", device,
                      100 * profile.pace->variation());
}

}  // namespace convoy::tools
