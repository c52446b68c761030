#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "transport/channel.hpp"
#include "transport/hello.hpp"
#include "util/clock.hpp"

namespace convoy::transport::detail {

/// Sends one message without queue or threads, before a Connection exists.
/// @throws util::Error unavailable
void send_now(Channel& channel, Kind kind, std::vector<std::byte> payload);

/// Waits for the peer's hello.
/// @throws util::Error what the peer reports, protocol, unavailable when the stream ends
[[nodiscard]] Hello receive_hello(Channel& channel, Kind expected);

/// Work on a new stream in a thread of its own, so that somebody else can put an end to it.
class Handshake {
  public:
    /// @param work  runs in the new thread; it may take the channel; it must not throw
    /// @param done  called from the new thread at its end
    Handshake(std::unique_ptr<Channel> channel, std::function<void(Handshake&)> work, std::function<void()> done);
    /// Ends and joins.
    ~Handshake();

    /// For the work only, until it takes the channel.
    [[nodiscard]] Channel& channel() { return *channel_; }
    [[nodiscard]] bool has_channel() const { return channel_ != nullptr; }
    /// The channel, for a Connection. Null when the handshake was ended meanwhile.
    [[nodiscard]] std::unique_ptr<Channel> take();
    /// Breaks what the work waits for. To be repeated until done(): an operation that starts just now is missed.
    void end();
    [[nodiscard]] bool done() const;
    [[nodiscard]] util::Seconds age() const { return util::now() - began_; }

  private:
    const util::Seconds began_ = util::now();
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::unique_ptr<Channel> channel_;
    std::optional<util::Seconds> ended_at_;
    bool done_{false};
    std::thread thread_;
};

}  // namespace convoy::transport::detail
