#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "util/error.hpp"
#include "util/precise_timer.hpp"
#include "util/units.hpp"

namespace convoy::runtime {

/// How a link's messages occupy the sender's interface: for start_up + bytes / rate.
struct EmulatedLink {
    util::Seconds start_up{};
    util::BytesPerSecond rate;
    bool operator==(const EmulatedLink&) const = default;
};

/// When messages may go out of an interface that one message occupies at a time.
class InterfaceClock {
  public:
    /// When the start-up of a message is over that is handed over at `now`: the interface takes it as soon as those
    /// before it are through.
    [[nodiscard]] util::Seconds departure(const EmulatedLink& link, util::Bytes bytes, util::Seconds now);

  private:
    util::Seconds free_at_{-1e18};
};

/// A device's network interface on a test bed whose network has rates and delays, but no start-up per message: each
/// message waits for its start-up here, in a thread of the interface's own, so that neither the computing thread nor
/// other kinds of messages are held up.
///
/// All members but the destructor may be called from any thread.
class Interface {
  public:
    /// @param failed  called once, from the interface's thread, with what a send has thrown; later messages are dropped
    explicit Interface(std::function<void(const util::Error&)> failed);
    /// Drops what still waits.
    ~Interface();
    Interface(const Interface&) = delete;
    Interface& operator=(const Interface&) = delete;

    /// Calls `send` once the message's start-up is over, in the order of the calls. A link without start-up sends at
    /// once, but occupies the interface for those after it.
    void post(const EmulatedLink& link, util::Bytes bytes, std::function<void()> send);
    /// Waits until everything posted so far is sent; false when the time is over or the interface has stopped.
    bool flush(util::Seconds patience);
    /// Drops what waits and ends the thread.
    void stop();

  private:
    struct Waiting {
        util::Seconds departure{};
        std::function<void()> send;
    };
    void run();
    std::function<void()> next();

    std::function<void(const util::Error&)> failed_;
    util::PreciseTimer timer_;
    std::mutex mutex_;
    std::condition_variable changed_;
    InterfaceClock clock_;
    std::deque<Waiting> queue_;
    bool sending_ = false;
    bool stopped_ = false;
    std::thread thread_;
};

}  // namespace convoy::runtime
