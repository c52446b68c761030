#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "transport/frame.hpp"
#include "util/error.hpp"

namespace convoy::transport {

/// What a peer is. Stored on the wire.
enum class Role : std::uint8_t { coordinator = 1, worker = 2, prober = 3 };

[[nodiscard]] std::string_view name(Role role) noexcept;

/// How a peer introduces itself, before anything else may be sent.
struct Hello {
    std::uint16_t protocol{kProtocolVersion};
    Role role{Role::worker};
    std::uint32_t folding_version{};  ///< of the deterministic graph folding, which fixes operator names and moves
    std::uint64_t session{};          ///< chosen by the coordinator; peers of one run carry the same number, else 0
    std::string build{};              ///< version text, logged only
    std::string name{};               ///< device name: 1 to 64 printable characters
    std::string plan_hash{};          ///< SHA-256 in hex, or empty
    std::string model_hash{};         ///< SHA-256 in hex, or empty
    std::string nonce{};              ///< random bytes that the other side's signature must cover
    std::string certificate{};        ///< PEM of the signing certificate, empty without TLS
    std::string signature{};          ///< binds name and nonces to the certificate, empty without TLS

    bool operator==(const Hello&) const = default;
};

/// @throws util::Error internal when a field exceeds what decode_hello accepts
[[nodiscard]] std::vector<std::byte> encode(const Hello& hello);

/// @throws util::Error protocol for another protocol version (naming both), fields out of range, bytes left over
[[nodiscard]] Hello decode_hello(std::span<const std::byte> bytes);

/// The payload of Kind::error: code and message, key, hint and context cut to what fits.
[[nodiscard]] std::vector<std::byte> encode_error(const util::Error& error);

/// The error that a peer reports; control characters in its text are replaced.
/// @throws util::Error protocol when the bytes are not an error
[[nodiscard]] util::Error decode_error(std::span<const std::byte> bytes);

}  // namespace convoy::transport
