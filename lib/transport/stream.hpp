#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "transport/address.hpp"

struct nng_aio;
struct nng_stream;
struct nng_tls_config;

namespace convoy::transport::detail {

struct FreeAio {
    void operator()(nng_aio* aio) const noexcept;
};
using Aio = std::unique_ptr<nng_aio, FreeAio>;

/// An asynchronous operation of nng; `done`, when given, is called from nng's threads and must be short.
/// @throws util::Error internal, when out of memory
[[nodiscard]] Aio make_aio(void (*done)(void*) = nullptr, void* argument = nullptr);

/// What nng says about an error number of its own.
[[nodiscard]] std::string describe(int nng_code);

struct FreeTlsConfig {
    void operator()(nng_tls_config* config) const noexcept;
};
using TlsConfig = std::unique_ptr<nng_tls_config, FreeTlsConfig>;

/// Mutual TLS from PEM files. `server_name` is what the listener's certificate must carry; empty on the listening side.
/// @throws util::Error no_input, permission, data when a file is unusable
[[nodiscard]] TlsConfig make_tls_config(const TlsOptions& options, const std::string& server_name);

/// What became of a send or receive.
struct Outcome {
    int code{};           ///< nng's error number, 0 for success
    std::size_t bytes{};  ///< transferred; 0 with code 0 is the end of the stream
    [[nodiscard]] bool ok() const noexcept { return code == 0 && bytes > 0; }
};

/// Whether the peer ended the stream, rather than the network or this side.
[[nodiscard]] bool closed_by_peer(const Outcome& outcome) noexcept;

/// One established byte stream of nng.
///
/// One thread may receive and one may send at a time; cancel() and close() may be called from any thread.
///
/// nng 1.5.2 hangs when a TCP stream is closed while an operation is pending on it: end the operations first, see
/// end_operations(). On TLS an operation that is cancelled or fails breaks the whole stream, and one that is started
/// on a broken stream ends only by close(), which there is safe.
class Stream {
  public:
    Stream(nng_stream* stream, bool tls);
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream();

    /// Waits until some bytes came, at most into.size().
    [[nodiscard]] Outcome receive(std::span<std::byte> into);
    /// Sends some bytes from the front of `first` then `second`, which count as one. Blocks while the peer is slow.
    [[nodiscard]] Outcome send(std::span<const std::byte> first, std::span<const std::byte> second);
    /// Sends all of both.
    [[nodiscard]] Outcome send_all(std::span<const std::byte> first, std::span<const std::byte> second);

    /// Ends a pending receive and send, if there is one right now.
    void cancel() noexcept;
    /// Ends the stream; further calls do nothing.
    void close() noexcept;
    [[nodiscard]] bool tls() const noexcept { return tls_; }
    /// Address and port of the peer, for the log.
    [[nodiscard]] std::string remote() const;

  private:
    nng_stream* stream_;
    bool tls_;
    std::atomic<bool> closed_{false};
    Aio receive_;
    Aio send_;
};

/// Ends what other threads do on the stream: cancels until wait_done() says that they have stopped using it.
///
/// @param wait_done  waits a few milliseconds, returns whether all users of the stream are done
void end_operations(Stream& stream, const std::function<bool()>& wait_done);

}  // namespace convoy::transport::detail
