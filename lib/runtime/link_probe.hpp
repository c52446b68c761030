#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "samples/profile.hpp"
#include "transport/address.hpp"

namespace convoy::runtime {

/// How a link is measured.
struct LinkProbeOptions {
    transport::Security security{};
    util::Seconds budget{10};  ///< larger messages are left out when smaller ones take too long
    std::stop_token stop{};
    std::function<void(std::size_t done, std::size_t total)> progress{};  ///< sizes; may be empty
};

/// Measures the link to a serving device: messages of 256 bytes to 4 MB are sent and come back, one at a time.
///
/// One way counts as half the round trip: the device's clock is not known.
///
/// @throws Error usage, unavailable naming the url, protocol, permission, interrupted; data, when the budget does not
///         do for two sizes
[[nodiscard]] samples::LinkProfile measure_link(const std::string& url, const LinkProbeOptions& options);

}  // namespace convoy::runtime
