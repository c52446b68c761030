#include "transport/stream.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>

#include <algorithm>
#include <array>

#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/file.hpp"

namespace convoy::transport::detail {

using util::Errc;
using util::Error;

namespace {

constexpr std::uint64_t kPemLimit = 1 << 20;

std::string read_pem(const std::string& path) {
    std::string text(util::FileView::open(path, kPemLimit).text());
    if (text.find("-----BEGIN ") == std::string::npos || text.find('\0') != std::string::npos)
        throw Error(Errc::data, fmt::format("{} is not a PEM file", path));
    return text;
}

Outcome outcome_of(nng_aio* aio) { return {nng_aio_result(aio), nng_aio_count(aio)}; }

}  // namespace

void FreeAio::operator()(nng_aio* aio) const noexcept { nng_aio_free(aio); }

Aio make_aio(void (*done)(void*), void* argument) {
    nng_aio* aio = nullptr;
    if (const int code = nng_aio_alloc(&aio, done, argument); code != 0)
        throw Error(Errc::internal, fmt::format("nng cannot start an operation: {}", describe(code)));
    return Aio(aio);
}

std::string describe(int nng_code) {
    switch (nng_code) {
        case NNG_ECLOSED:
        case NNG_ECONNSHUT:
        case NNG_ECONNRESET:
            return "the connection was closed";
        default:
            return nng_strerror(nng_code);
    }
}

bool closed_by_peer(const Outcome& outcome) noexcept {
    return outcome.code == NNG_ECONNSHUT || outcome.code == NNG_ECLOSED || (outcome.code == 0 && outcome.bytes == 0);
}

void FreeTlsConfig::operator()(nng_tls_config* config) const noexcept { nng_tls_config_free(config); }

TlsConfig make_tls_config(const TlsOptions& options, const std::string& server_name) {
    const auto cert = read_pem(options.cert);
    const auto key = read_pem(options.key);
    const auto ca = read_pem(options.ca);
    const auto require = [](int code, const std::string& path, std::string_view what) {
        if (code != 0) throw Error(Errc::data, fmt::format("{} is not a usable {}: {}", path, what, describe(code)));
    };
    nng_tls_config* raw = nullptr;
    const auto mode = server_name.empty() ? NNG_TLS_MODE_SERVER : NNG_TLS_MODE_CLIENT;
    require(nng_tls_config_alloc(&raw, mode), options.cert, "certificate");
    TlsConfig config(raw);
    require(nng_tls_config_ca_chain(raw, ca.c_str(), nullptr), options.ca, "certificate of an authority");
    require(nng_tls_config_own_cert(raw, cert.c_str(), key.c_str(), nullptr), options.key,
            fmt::format("key for {}", options.cert));
    require(nng_tls_config_auth_mode(raw, NNG_TLS_AUTH_MODE_REQUIRED), options.ca, "certificate of an authority");
    if (!server_name.empty())
        require(nng_tls_config_server_name(raw, server_name.c_str()), options.cert, "certificate");
    return config;
}

Stream::Stream(nng_stream* stream, bool tls) : stream_(stream), tls_(tls), receive_(make_aio()), send_(make_aio()) {
    // Ends come from cancel(): on TLS a time-out would break the stream, and the caller knows better what silence
    // means.
    nng_aio_set_timeout(receive_.get(), NNG_DURATION_INFINITE);
    nng_aio_set_timeout(send_.get(), NNG_DURATION_INFINITE);
    // Off by default for byte streams, unlike for nng's sockets: small messages would wait 40 ms for an
    // acknowledgement.
    nng_stream_set_bool(stream, NNG_OPT_TCP_NODELAY, true);
}

Stream::~Stream() {
    close();
    nng_stream_free(stream_);
}

Outcome Stream::receive(std::span<std::byte> into) {
    nng_iov part{into.data(), into.size()};
    nng_aio_set_iov(receive_.get(), 1, &part);
    nng_stream_recv(stream_, receive_.get());
    nng_aio_wait(receive_.get());
    return outcome_of(receive_.get());
}

Outcome Stream::send(std::span<const std::byte> first, std::span<const std::byte> second) {
    std::array<nng_iov, 2> parts{};
    unsigned count = 0;
    // nng's vectors are not const, it only reads what is sent.
    for (const auto bytes : {first, second})
        if (!bytes.empty()) parts[count++] = {const_cast<std::byte*>(bytes.data()), bytes.size()};
    nng_aio_set_iov(send_.get(), count, parts.data());
    nng_stream_send(stream_, send_.get());
    nng_aio_wait(send_.get());
    return outcome_of(send_.get());
}

Outcome Stream::send_all(std::span<const std::byte> first, std::span<const std::byte> second) {
    Outcome total;
    while (!first.empty() || !second.empty()) {
        const Outcome sent = send(first, second);
        if (!sent.ok()) return {sent.code != 0 ? sent.code : NNG_ECLOSED, total.bytes};
        total.bytes += sent.bytes;
        const std::size_t from_first = std::min(sent.bytes, first.size());
        first = first.subspan(from_first);
        second = second.subspan(sent.bytes - from_first);
    }
    return total;
}

void Stream::cancel() noexcept {
    nng_aio_cancel(receive_.get());
    nng_aio_cancel(send_.get());
}

std::string Stream::remote() const {
    nng_sockaddr address{};
    if (nng_stream_get_addr(stream_, NNG_OPT_REMADDR, &address) != 0) return "an unknown address";
    std::array<char, INET6_ADDRSTRLEN> text{};
    const bool v6 = address.s_family == NNG_AF_INET6;
    const void* bytes = v6 ? static_cast<const void*>(address.s_in6.sa_addr) : &address.s_in.sa_addr;
    if (inet_ntop(v6 ? AF_INET6 : AF_INET, bytes, text.data(), text.size()) == nullptr) return "an unknown address";
    const auto port = ntohs(v6 ? address.s_in6.sa_port : address.s_in.sa_port);
    return fmt::format("{}{}{}:{}", v6 ? "[" : "", text.data(), v6 ? "]" : "", port);
}

void Stream::close() noexcept {
    if (!closed_.exchange(true)) nng_stream_close(stream_);
}

void end_operations(Stream& stream, const std::function<bool()>& wait_done) {
    const util::Deadline patience(util::Seconds(0.3));
    do {
        stream.cancel();
        if (stream.tls() && patience.passed()) stream.close();
    } while (!wait_done());
}

}  // namespace convoy::transport::detail
