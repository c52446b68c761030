#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>

#include "runtime/executor.hpp"
#include "samples/profile.hpp"
#include "transport/connection.hpp"
#include "util/clock.hpp"

namespace convoy::runtime {

/// Index of a link in the owner's list of links.
enum class LinkId : std::uint32_t {};

/// A message that is not a tensor, from a link.
struct ControlMessage {
    LinkId link{};
    transport::Header header;
    transport::Buffer payload;
};
/// The peer said goodbye.
struct LinkClosed {
    LinkId link{};
};
/// The peer vanished, fell silent, or sent nonsense.
struct LinkLost {
    LinkId link{};
    util::Error error;
};
/// Somebody connected to the worker's port.
struct PeerAccepted {
    std::unique_ptr<transport::Connection> connection;
};
/// The own executor reached the end of a frame.
struct FrameFinished {
    FinishedFrame frame;
};
/// The own executor failed.
struct ExecutorFailed {
    util::Error error;
};
/// How many measurements of this device, or of a link, are done.
struct ProfileStep {
    std::size_t done = 0;
    std::size_t total = 0;
    bool operator==(const ProfileStep&) const = default;
};
/// What was measured of a device or a link.
struct Measured {
    samples::Profile profile;
    std::size_t left_out = 0;  ///< measurements that the budget cut off
    double disturbance = 0;    ///< share of all cores that other processes took meanwhile
};
/// The own measurements have ended.
struct ProfileEnded {
    std::variant<Measured, util::Error> result;
};
/// Somebody wants the owner to look whether it shall stop.
struct WakeUp {};

using Event = std::variant<ControlMessage, LinkClosed, LinkLost, PeerAccepted, FrameFinished, ExecutorFailed,
                           ProfileStep, ProfileEnded, WakeUp>;

/// Events of all threads for the one that decides. Thread-safe; put() never blocks.
class Mailbox {
  public:
    void put(Event event) {
        {
            const std::lock_guard lock(mutex_);
            events_.push_back(std::move(event));
        }
        arrived_.notify_one();
    }

    /// The oldest event, or nothing when none comes in time.
    [[nodiscard]] std::optional<Event> take(util::Seconds patience) {
        std::unique_lock lock(mutex_);
        if (!arrived_.wait_for(lock, patience, [this] { return !events_.empty(); })) return std::nullopt;
        Event event = std::move(events_.front());
        events_.pop_front();
        return event;
    }

    /// Drops what came from links and executors that are no more; whoever has connected meanwhile stays.
    void forget_links() {
        const std::lock_guard lock(mutex_);
        std::erase_if(events_, [](const Event& event) { return !std::holds_alternative<PeerAccepted>(event); });
    }

  private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<Event> events_;
};

}  // namespace convoy::runtime
