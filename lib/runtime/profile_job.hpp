#pragma once

#include <functional>
#include <optional>
#include <thread>

#include "runtime/mailbox.hpp"
#include "runtime/profile_request.hpp"
#include "transport/address.hpp"

namespace convoy::runtime {

/// What a request does not say: what belongs to the device that measures.
struct ProfileSettings {
    const graph::Graph* graph = nullptr;  ///< the model of a request that has one
    transport::Security security{};       ///< for links
    std::optional<int> threads{};         ///< of the engine, whatever the request asks for
    double stretch = 1;                   ///< how many times slower the device pretends to be
};

/// Tells how far measurements are; may throw to end them.
using ProfileSteps = std::function<void(std::size_t done, std::size_t total)>;

/// Does what a request asks for, on this device and in this thread. A device that is stretched gives a stretched
/// profile; a link is never stretched.
///
/// @throws Error interrupted, when `stop` is requested: after the measurement that is under way, at once for a link;
///         whatever measuring throws
[[nodiscard]] Measured measure(const ProfileRequest& request, const ProfileSettings& settings,
                               const std::stop_token& stop, const ProfileSteps& progress);

/// A measurement in a thread of its own, which reports to a mailbox: ProfileStep now and then, ProfileEnded at last.
class ProfileJob {
  public:
    /// Keeps references to the mailbox and to the settings' graph.
    ProfileJob(Mailbox& mailbox, const ProfileRequest& request, const ProfileSettings& settings);
    /// Asks it to end, and waits until it has.
    ~ProfileJob() = default;
    ProfileJob(const ProfileJob&) = delete;
    ProfileJob& operator=(const ProfileJob&) = delete;

  private:
    std::jthread thread_;
};

/// In the header of Kind::profile_result, `piece` tells Measured::disturbance in these parts of 1, and `frame` how
/// many measurements were left out. Its payload is the profile as in its file.
inline constexpr double kDisturbanceUnits = 1000;

/// The payload of Kind::profile_step.
[[nodiscard]] std::vector<std::byte> encode(const ProfileStep& step);
/// @throws Error protocol
[[nodiscard]] ProfileStep decode_profile_step(std::span<const std::byte> bytes);

}  // namespace convoy::runtime
