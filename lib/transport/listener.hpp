#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "transport/address.hpp"
#include "transport/connection.hpp"

namespace convoy::transport {

struct ListenerOptions {
    Security security{};
    std::size_t half_open{16};  ///< connections that have not said hello; one more drops the oldest of them
    util::Seconds hello_patience{5};
    ConnectionOptions connection{};
};

/// What a listener does with those who connect. Called from short-lived threads, several at a time; must be
/// quick, the listener cannot end or drop a peer meanwhile.
struct Welcome {
    /// Answers a hello with one's own, or throws the util::Error that refuses it and is sent to the peer.
    std::function<Hello(const Hello& theirs)> greet;
    /// Takes the connection, which is not yet started. Must not throw.
    std::function<void(std::unique_ptr<Connection>)> accept;
};

/// One port for the coordinator and all peers.
///
/// Whoever connects must say a valid hello of at most 64 KB in time; anything else is dropped with one line in the log.
/// Connections live on when the listener ends.
class Listener {
  public:
    /// Listens when it returns. Port 0 picks a free one.
    /// @throws util::Error usage (bad or unprotected url), data (TLS files), unavailable (address in use or not ours)
    Listener(const std::string& url, const ListenerOptions& options, Welcome welcome);
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    /// Stops accepting, drops who has not said hello; returns when no thread of it runs. Not from `welcome`.
    ~Listener();

    /// Where it listens, with the real port.
    [[nodiscard]] const std::string& url() const noexcept;
    /// Connections handed to accept, and those that were refused or dropped, so far.
    [[nodiscard]] std::size_t accepted() const noexcept;
    [[nodiscard]] std::size_t refused() const noexcept;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace convoy::transport
