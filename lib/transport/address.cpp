#include "transport/address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "util/error.hpp"

namespace convoy::transport {

using util::Errc;
using util::Error;

namespace {

constexpr std::size_t kHostLimit = 255;

bool is_ipv6(const std::string& host) {
    in6_addr address{};
    return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool host_character(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
           c == '_';
}

[[noreturn]] void refuse(const std::string& url, std::string_view why) {
    throw Error(Errc::usage, fmt::format("'{}' is no address: {}", url, why))
        .hint("write tcp://HOST:PORT or tls+tcp://HOST:PORT, IPv6 as tcp://[::1]:PORT");
}

std::string_view take_scheme(const std::string& url, bool& tls) {
    std::string_view rest = url;
    for (const auto& [prefix, secure] : {std::pair{std::string_view("tls+tcp://"), true}, {"tcp://", false}}) {
        if (!rest.starts_with(prefix)) continue;
        tls = secure;
        return rest.substr(prefix.size());
    }
    refuse(url, "it starts with neither tcp:// nor tls+tcp://");
}

std::uint16_t parse_port(const std::string& url, std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        refuse(url, "the port must be a number from 0 to 65535");
    return port;
}

}  // namespace

Address Address::parse(const std::string& url) {
    Address address;
    const auto rest = take_scheme(url, address.tls);
    const auto colon = rest.rfind(':');
    if (colon == std::string_view::npos) refuse(url, "the port is missing");
    address.port = parse_port(url, rest.substr(colon + 1));
    const auto host = rest.substr(0, colon);
    if (host.empty() || host.size() > kHostLimit) refuse(url, "the host is missing or too long");
    if (host.front() == '[') {
        address.host = host.substr(1, host.size() - 2);
        if (host.back() != ']' || !is_ipv6(address.host)) refuse(url, "no IPv6 address is between [ and ]");
        return address;
    }
    if (host != "*" && !std::all_of(host.begin(), host.end(), host_character))
        refuse(url, "the host is neither a name nor an address");
    address.host = host;
    return address;
}

std::string Address::url() const {
    const bool brackets = host.find(':') != std::string::npos;
    return fmt::format("{}tcp://{}{}{}:{}", tls ? "tls+" : "", brackets ? "[" : "", host, brackets ? "]" : "", port);
}

bool Address::loopback() const {
    in_addr v4{};
    if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
    in6_addr v6{};
    if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
    return host == "localhost";
}

void check(const Address& address, const Security& security) {
    if (address.tls && !security.tls)
        throw Error(Errc::usage, fmt::format("{} needs a certificate", address.url()))
            .hint("give --tls-cert, --tls-key and --tls-ca");
    if (!address.tls && security.tls)
        throw Error(Errc::usage, fmt::format("{} is not protected although a certificate is given", address.url()))
            .hint("write tls+tcp://");
    if (address.tls || address.loopback() || security.insecure) return;
    throw Error(Errc::usage, fmt::format("{} can be reached by others and is not protected", address.url()))
        .hint("give --tls-cert, --tls-key and --tls-ca with tls+tcp://, or --insecure on a network that you trust");
}

}  // namespace convoy::transport
