#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace convoy::transport {

/// Where a peer listens: `tcp://HOST:PORT` or `tls+tcp://HOST:PORT`, IPv6 in brackets.
struct Address {
    bool tls{};
    std::string host{};  ///< without brackets; "*" listens on every interface
    std::uint16_t port{};

    /// @throws util::Error usage, with what is wrong and an example
    static Address parse(const std::string& url);
    [[nodiscard]] std::string url() const;
    /// Whether only this machine can be meant: 127.0.0.0/8, ::1 or localhost.
    [[nodiscard]] bool loopback() const;

    bool operator==(const Address&) const = default;
};

/// PEM files of one device. Both sides show a certificate and accept only those that `ca` signed.
struct TlsOptions {
    std::string cert;  ///< own certificate, or chain
    std::string key;   ///< its private key, without a password
    std::string ca;    ///< who signs the others
    /// The name that a listener's certificate must carry, as a DNS entry or as common name; empty: the host of its
    /// url. The TLS library compares no IP entries, so that an address as host needs a DNS entry of the same text.
    std::string server_name;
};

/// How a link is protected. Without TLS only loopback addresses are used, unless `insecure` says otherwise.
struct Security {
    std::optional<TlsOptions> tls{};
    bool insecure{false};
};

/// @throws util::Error usage when `address` and `security` do not go together
void check(const Address& address, const Security& security);

}  // namespace convoy::transport
