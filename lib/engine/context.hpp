#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "samples/profile.hpp"

namespace convoy::engine {

/// This device as profiles describe it: CPU model, cores, kernel, governor, limits of the container, versions; and its
/// frequency and temperature as they are now, where the system shows them.
[[nodiscard]] samples::Context context_of_this_device(std::string name);

/// How often the CPU slowed itself down since the machine was started, because of heat or too little power.
/// @return nothing where the system does not tell
[[nodiscard]] std::optional<std::int64_t> throttle_count(const std::filesystem::path& root = "/");

/// How many cores' worth of time the container may use, by cgroups of version 2 or 1; the least of all levels.
/// @param root  of the file system, for tests
/// @return nothing without a limit
[[nodiscard]] std::optional<double> cpu_limit(const std::filesystem::path& root = "/");

}  // namespace convoy::engine
