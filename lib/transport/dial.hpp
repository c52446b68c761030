#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "transport/address.hpp"
#include "transport/connection.hpp"

namespace convoy::transport {

struct DialOptions {
    Security security{};
    util::Seconds patience{10};  ///< for connecting, with retries, and the hellos together
    std::stop_token stop{};      ///< ends the attempt, with Error interrupted
    ConnectionOptions connection{};
};

/// Connects to a listener and exchanges hellos. Blocks up to options.patience; the connection is not yet started.
///
/// Until somebody listens the attempt is repeated; once connected, a failure is final.
/// @throws util::Error usage (bad or unprotected url), unavailable naming the url, protocol (other version),
///         permission (TLS refused), interrupted, or what the listener's `greet` threw
[[nodiscard]] std::unique_ptr<Connection> dial(const std::string& url, const Hello& mine, const DialOptions& options);

}  // namespace convoy::transport
