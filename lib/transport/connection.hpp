#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "transport/buffer.hpp"
#include "transport/frame.hpp"
#include "transport/hello.hpp"
#include "transport/traffic.hpp"
#include "util/error.hpp"
#include "util/units.hpp"

namespace convoy::transport {

namespace detail {
struct Channel;
}

/// What a connection may use and how long it waits.
struct ConnectionOptions {
    Budget budget{};                                   ///< of one received message
    util::Bytes receive_limit{std::int64_t{1} << 31};  ///< received buffers that live at the same time
    util::Bytes send_limit{std::int64_t{1} << 31};     ///< queued messages, headers included
    util::Seconds send_patience{10};                   ///< how long send() waits for room in a full queue
    util::Seconds heartbeat_interval{1};
    util::Seconds liveness_timeout{10};  ///< a peer from which no byte comes for so long is lost
};

/// What a connection tells its owner. Set before start(); any may be empty.
struct Handlers {
    /// Every message but bye and bye_ack, in order, from the reader thread. It must only take note: while it runs,
    /// nothing is read. What it throws ends the connection and goes to on_lost.
    std::function<void(Header, Buffer)> on_message{};
    /// The peer said bye and left; from the supervisor thread, after the last on_message.
    std::function<void()> on_closed{};
    /// The connection broke: code unavailable (vanished, silent), protocol (nonsense), impossible (receive_limit).
    /// The message starts with the peer's name. From the supervisor thread, after the last on_message.
    std::function<void(const util::Error&)> on_lost{};
    /// Makes the payload of the next heartbeat; from the supervisor thread.
    std::function<std::vector<std::byte>()> heartbeat{};
};

/// An established, authenticated stream of messages to one peer.
///
/// Three threads serve it: the reader always drains the stream, the writer sends the queue in order, the supervisor
/// sends heartbeats, notices silence and ends the other two. So a peer that computes for long is alive, a killed one
/// is noticed by the end of its stream, and a frozen or unplugged one by its silence.
///
/// At the end exactly one of on_closed and on_lost is called, exactly once, unless this side ended the connection by
/// close() or the destructor: then neither.
///
/// Threads: every member may be called from any thread, but close() and the destructor not from a handler.
/// Handlers may send. nng forbids fork() in a process that has used this module; fork followed by exec is fine.
class Connection {
  public:
    /// Made by dial() and Listener.
    Connection(std::unique_ptr<detail::Channel> channel, Hello peer, const ConnectionOptions& options);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    /// Ends the connection at once; what is still queued is dropped.
    ~Connection();

    /// Starts to read, to write and to send heartbeats. Until then messages of the peer wait in the network.
    void start(Handlers handlers);

    /// Queues a message and returns its sequence number; sequence, sent_ns and payload_bytes are filled in.
    ///
    /// Returns at once, without a copy, as long as the queue is within send_limit; an empty queue takes a message of
    /// any size. A full queue is waited for up to send_patience, not at all in on_message, which must not wait.
    /// @throws util::Error unavailable when the connection is lost or closed, or the queue stays full
    std::uint64_t send(Header header, Payload payload = {});

    /// Waits until everything queued so far is handed to the network. False when the time is over or the peer is lost.
    [[nodiscard]] bool flush(util::Seconds patience);

    /// Sends the queue and a bye, waits until the peer confirms that it read everything, and ends the connection.
    /// on_message goes on being called meanwhile, no handler is called after it. False when the peer did not confirm.
    bool close(util::Seconds patience);

    [[nodiscard]] const Hello& peer() const noexcept;
    /// Whether messages can still be sent.
    [[nodiscard]] bool alive() const;
    /// Bytes queued and not yet handed to the network, headers included.
    [[nodiscard]] util::Bytes queued() const;
    [[nodiscard]] TrafficByKind sent() const;
    [[nodiscard]] TrafficByKind received() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace convoy::transport
