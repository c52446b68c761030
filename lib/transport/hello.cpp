#include "transport/hello.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "transport/bytes.hpp"

namespace convoy::transport {

using util::Errc;
using util::Error;

namespace {

constexpr std::size_t kNameLimit = 64;
constexpr std::size_t kBuildLimit = 256;
constexpr std::size_t kHashSize = 64;
constexpr std::size_t kNonceLimit = 64;
constexpr std::size_t kCertificateLimit = 32768;
constexpr std::size_t kSignatureLimit = 4096;
constexpr std::size_t kErrorTextLimit = 4096;

/// Numbers of the codes on the wire, never reused.
constexpr std::array<std::pair<Errc, std::uint8_t>, 13> kErrorCodes{{
    {Errc::usage, 1},
    {Errc::data, 2},
    {Errc::no_input, 3},
    {Errc::unavailable, 4},
    {Errc::internal, 5},
    {Errc::cannot_create, 6},
    {Errc::io, 7},
    {Errc::closed_output, 8},
    {Errc::timed_out, 9},
    {Errc::protocol, 10},
    {Errc::permission, 11},
    {Errc::impossible, 12},
    {Errc::interrupted, 13},
}};

bool printable(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; }

std::string without_controls(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return !printable(c); }, '?');
    return text;
}

bool is_hash(const std::string& text) {
    const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return text.empty() || (text.size() == kHashSize && std::all_of(text.begin(), text.end(), hex));
}

/// The rule that a hello breaks, or "".
std::string_view broken_rule(const Hello& hello) {
    if (name(hello.role).empty()) return "unknown role";
    if (hello.name.empty() || hello.name.size() > kNameLimit) return "name of 0 or more than 64 characters";
    if (!std::all_of(hello.name.begin(), hello.name.end(), printable)) return "control character in the name";
    if (hello.build.size() > kBuildLimit) return "build text above 256 characters";
    if (!is_hash(hello.plan_hash) || !is_hash(hello.model_hash)) return "hash that is not SHA-256 in hex";
    if (hello.nonce.size() > kNonceLimit) return "nonce above 64 bytes";
    if (hello.certificate.size() > kCertificateLimit) return "certificate above 32768 bytes";
    if (hello.signature.size() > kSignatureLimit) return "signature above 4096 bytes";
    return "";
}

}  // namespace

std::string_view name(Role role) noexcept {
    switch (role) {
        case Role::coordinator:
            return "coordinator";
        case Role::worker:
            return "worker";
        case Role::prober:
            return "prober";
    }
    return "";
}

std::vector<std::byte> encode(const Hello& hello) {
    if (const auto rule = broken_rule(hello); !rule.empty())
        throw Error(Errc::internal, fmt::format("cannot introduce '{}': {}", hello.name, rule));
    ByteWriter out;
    out.number(hello.protocol);
    out.number(static_cast<std::uint8_t>(hello.role));
    out.number(hello.folding_version);
    out.number(hello.session);
    for (const auto* text : {&hello.build, &hello.name, &hello.plan_hash, &hello.model_hash, &hello.nonce,
                             &hello.certificate, &hello.signature})
        out.text(*text);
    return out.take();
}

Hello decode_hello(std::span<const std::byte> bytes) {
    ByteReader in(bytes);
    Hello hello;
    hello.protocol = in.number<std::uint16_t>();
    if (hello.protocol != kProtocolVersion)
        throw Error(Errc::protocol, fmt::format("the peer speaks protocol version {}, this is version {}",
                                                hello.protocol, kProtocolVersion));
    hello.role = static_cast<Role>(in.number<std::uint8_t>());
    hello.folding_version = in.number<std::uint32_t>();
    hello.session = in.number<std::uint64_t>();
    hello.build = without_controls(in.text(kBuildLimit));
    hello.name = in.text(kNameLimit);
    hello.plan_hash = in.text(kHashSize);
    hello.model_hash = in.text(kHashSize);
    hello.nonce = in.text(kNonceLimit);
    hello.certificate = in.text(kCertificateLimit);
    hello.signature = in.text(kSignatureLimit);
    in.finish();
    if (const auto rule = broken_rule(hello); !rule.empty())
        throw Error(Errc::protocol, fmt::format("the peer's hello is refused: {}", rule));
    return hello;
}

std::vector<std::byte> encode_error(const Error& error) {
    const auto* entry = std::find_if(kErrorCodes.begin(), kErrorCodes.end(),
                                     [&](const auto& pair) { return pair.first == error.code(); });
    std::string context;
    for (const auto& line : error.context()) context += (context.empty() ? "" : "; ") + line;
    ByteWriter out;
    out.number(entry->second);
    for (const auto* text : {&error.message(), &error.key(), &error.hint(), &std::as_const(context)})
        out.text(std::string_view(*text).substr(0, kErrorTextLimit));
    return out.take();
}

Error decode_error(std::span<const std::byte> bytes) {
    ByteReader in(bytes);
    const auto number = in.number<std::uint8_t>();
    const auto* entry =
        std::find_if(kErrorCodes.begin(), kErrorCodes.end(), [&](const auto& pair) { return pair.second == number; });
    if (entry == kErrorCodes.end()) throw Error(Errc::protocol, fmt::format("unknown error code {}", number));
    Error error(entry->first, without_controls(in.text(kErrorTextLimit)));
    error.key(without_controls(in.text(kErrorTextLimit)));
    error.hint(without_controls(in.text(kErrorTextLimit)));
    if (auto context = without_controls(in.text(kErrorTextLimit)); !context.empty()) error.context(std::move(context));
    in.finish();
    return error;
}

}  // namespace convoy::transport
