#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "samples/profile.hpp"
#include "transport/address.hpp"
#include "transport/connection.hpp"

namespace convoy::runtime {

/// How a link is measured.
struct LinkProbeOptions {
    transport::Security security{};
    util::Seconds budget{10};      ///< larger messages are left out when smaller ones take too long
    std::string name = "profile";  ///< of this device
    std::stop_token stop{};
    std::function<void(std::size_t done, std::size_t total)> progress{};  ///< sizes; may be empty
};

/// Measures the link to a serving device, each direction apart: messages of 256 bytes to 4 MB with an empty answer, and
/// empty questions with such answers, one at a time; and bursts of small messages.
///
/// One way counts as the round trip less half of the smallest message's: what start-up and delay are in each direction
/// cannot be told without a common clock. How much they vary can, as both devices' clocks run alike for so long.
///
/// @throws Error usage, unavailable naming the url, protocol, permission, interrupted; data, when the times do not grow
///         with the size
[[nodiscard]] samples::LinkProfile measure_link(const std::string& url, const LinkProbeOptions& options);

/// Answers the messages of one who measures the link to this device. For one connection, from its reader thread.
class LinkAnswers {
  public:
    /// Other kinds of messages are dropped. @throws Error protocol, when more is asked for than a measurement needs
    void answer(transport::Connection& to, const transport::Header& header, transport::Buffer payload);

  private:
    std::shared_ptr<const std::vector<std::byte>> filler_;  ///< made when first asked for
};

}  // namespace convoy::runtime
