#include "transport/dial.hpp"

#include <fmt/format.h>
#include <nng/nng.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "transport/handshake.hpp"
#include "util/clock.hpp"

namespace convoy::transport {

using util::Errc;
using util::Error;
using util::Seconds;

namespace {

constexpr Seconds kFirstPause{0.01};
constexpr Seconds kLongestPause{0.25};
constexpr Seconds kLongestAttempt{5};

struct FreeDialer {
    void operator()(nng_stream_dialer* dialer) const noexcept {
        nng_stream_dialer_close(dialer);
        nng_stream_dialer_free(dialer);
    }
};
using Dialer = std::unique_ptr<nng_stream_dialer, FreeDialer>;

Error interrupted(const std::string& url) {
    return Error(Errc::interrupted, fmt::format("interrupted while connecting to {}", url));
}

Dialer make_dialer(const Address& address, const detail::TlsConfig& tls) {
    nng_stream_dialer* raw = nullptr;
    int code = nng_stream_dialer_alloc(&raw, address.url().c_str());
    Dialer dialer(raw);
    if (code == 0 && tls) code = nng_stream_dialer_set_ptr(raw, NNG_OPT_TLS_CONFIG, tls.get());
    if (code != 0) throw Error(Errc::unavailable, fmt::format("{}: {}", address.url(), detail::describe(code)));
    return dialer;
}

/// One attempt; null with `code` set when nobody answers.
nng_stream* attempt(nng_stream_dialer* dialer, Seconds patience, const std::stop_token& stop, int& code) {
    const auto aio = detail::make_aio();
    const auto time = std::clamp(patience, Seconds(0.001), kLongestAttempt);
    nng_aio_set_timeout(aio.get(), static_cast<nng_duration>(util::milliseconds(time)) + 1);
    nng_stream_dialer_dial(dialer, aio.get());
    {
        const std::stop_callback cancel(stop, [&] { nng_aio_cancel(aio.get()); });
        nng_aio_wait(aio.get());
    }
    code = nng_aio_result(aio.get());
    return code == 0 ? static_cast<nng_stream*>(nng_aio_get_output(aio.get(), 0)) : nullptr;
}

/// Waits, unless stopped.
void pause(Seconds time, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, time, [] { return false; });
}

std::unique_ptr<detail::Channel> connect(const Address& address, const DialOptions& options,
                                         const util::Deadline& deadline) {
    detail::TlsConfig tls;
    if (address.tls) {
        const auto& own = *options.security.tls;
        tls = detail::make_tls_config(own, own.server_name.empty() ? address.host : own.server_name);
    }
    const auto dialer = make_dialer(address, tls);
    Seconds wait = kFirstPause;
    for (;;) {
        int code = 0;
        if (auto* stream = attempt(dialer.get(), deadline.left(), options.stop, code))
            return std::make_unique<detail::Channel>(stream, address.tls);
        if (options.stop.stop_requested()) throw interrupted(address.url());
        if (deadline.left() <= wait)
            throw Error(Errc::unavailable,
                        fmt::format("cannot connect to {}: {}", address.url(), detail::describe(code)));
        pause(wait, options.stop);
        wait = std::min(wait * 2, kLongestPause);
    }
}

/// What the handshake's thread leaves behind.
struct Result {
    std::optional<Hello> peer;
    std::optional<Error> error;
    std::unique_ptr<detail::Channel> channel;
};

void introduce(detail::Handshake& handshake, const Hello& mine, Result& result) {
    try {
        detail::send_now(handshake.channel(), Kind::hello, encode(mine));
        result.peer = detail::receive_hello(handshake.channel(), Kind::hello_ack);
        result.channel = handshake.take();
    } catch (const Error& error) {
        result.error = error;
    } catch (const std::exception& error) {
        result.error = Error(Errc::internal, error.what());
    }
}

Error explain(const Error& error, const Address& address) {
    if (error.code() == Errc::unavailable && address.tls)
        return Error(Errc::permission, fmt::format("{}: TLS failed: {}", address.url(), error.message()))
            .hint(
                "both certificates must be signed by the other side's --tls-ca, and the listener's must name its host");
    Error named(error.code(), fmt::format("{}: {}", address.url(), error.message()));
    named.key(error.key()).hint(error.hint());
    for (const auto& line : error.context()) named.context(line);
    return named;
}

}  // namespace

std::unique_ptr<Connection> dial(const std::string& url, const Hello& mine, const DialOptions& options) {
    const auto address = Address::parse(url);
    check(address, options.security);
    const util::Deadline deadline(options.patience);
    auto channel = connect(address, options, deadline);

    Result result;
    std::mutex mutex;
    std::condition_variable_any finished;
    bool done = false;
    {
        detail::Handshake handshake(
            std::move(channel), [&](detail::Handshake& self) { introduce(self, mine, result); },
            [&] {
                const std::lock_guard lock(mutex);
                done = true;
                finished.notify_all();
            });
        std::unique_lock lock(mutex);
        finished.wait_for(lock, options.stop, deadline.left(), [&] { return done; });
    }
    if (result.channel)
        return std::make_unique<Connection>(std::move(result.channel), *result.peer, options.connection);
    if (options.stop.stop_requested()) throw interrupted(address.url());
    if (deadline.passed())
        throw Error(Errc::unavailable, fmt::format("{} does not answer: no hello within {:.1f} s", address.url(),
                                                   options.patience.count()));
    throw explain(*result.error, address);
}

}  // namespace convoy::transport
