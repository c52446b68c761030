#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace convoy::transport {

/// Version of the wire protocol, sent in every header. A peer with another version is refused.
inline constexpr std::uint16_t kProtocolVersion = 1;

/// What a message is. Stored on the wire: numbered by hand, never reused.
enum class Kind : std::uint8_t {
    hello = 1,            ///< first message of the dialing side, see Hello
    hello_ack = 2,        ///< the listener's own hello
    error = 3,            ///< an encoded util::Error, see encode_error
    heartbeat = 4,        ///< "I am alive"; payload as the runtime likes
    bye = 5,              ///< nothing more will be sent
    bye_ack = 6,          ///< all messages before the bye were read; nothing more will be sent from here either
    link_probe = 7,       ///< to be answered by link_echo with the same payload
    link_echo = 8,        ///< reply_to is the probe's sequence number
    deploy = 9,           ///< plan and what else a device needs to build its shards
    deploy_ack = 10,      ///< the shards are built
    weights = 11,         ///< a chunk of the model, for devices that have no copy of it; `frame` is its number
    start = 12,           ///< an epoch begins: peers are connected, frames follow
    start_ack = 13,       ///< ready for frames of the epoch
    tensor = 14,          ///< regions of a tensor
    frame_done = 15,      ///< this device reached the end of its program for the frame
    cancel = 16,          ///< frames of earlier epochs are to be dropped
    profile = 17,         ///< asks the device to measure itself
    profile_result = 18,  ///< its measurements
    totals = 19,          ///< asks what the device counted since the start
    totals_result = 20,   ///< its counters
    frame_start = 21,     ///< a frame begins, for a device that waits for no tensor at first
    model_wanted = 22,    ///< asks for the model's manifest, or for chunks of the model
    model_manifest = 23,  ///< how the model is cut into chunks, and their hashes
    link_push = 24,       ///< dropped by the receiver; the last of a burst is answered by an empty link_echo
    link_pull = 25,       ///< to be answered by so many link_echo messages of so many bytes
    profile_step = 26     ///< how far the device's measurements are
};

[[nodiscard]] std::string_view name(Kind kind) noexcept;

/// Bits of Header::flags.
inline constexpr std::uint32_t kAddend = 1;    ///< the values are addends of a partial layout
inline constexpr std::uint32_t kLossless = 2;  ///< the payload is coded losslessly on top of its codec

/// A half-open box [begin, end) over [batch n, channel c, height h, width w].
struct Box {
    std::array<std::int32_t, 4> begin{};
    std::array<std::int32_t, 4> end{};
    bool operator==(const Box&) const = default;
};

/// Everything that a message says about its payload. Fields that a kind does not need stay 0.
struct Header {
    Kind kind{Kind::heartbeat};
    std::uint8_t codec{};           ///< how the payload is encoded, numbered by module wire
    std::uint32_t flags{};          ///< kAddend, kLossless
    std::uint32_t epoch{};          ///< counts deployments of this run
    std::uint64_t frame{};          ///< frame number within the run
    std::uint32_t stage{};          ///< producing stage
    std::uint32_t piece{};          ///< piece of the producing device's share
    std::uint32_t tensor{};         ///< tensor id within the plan
    std::uint32_t layout{};         ///< layout id within the plan
    std::uint32_t route{};          ///< which of the plan's routes the frame takes
    std::uint64_t sequence{};       ///< counts the messages of one direction from 1; set by Connection
    std::uint64_t reply_to{};       ///< sequence number of the message that this one answers, or 0
    std::uint64_t sent_ns{};        ///< sender's monotonic clock when the message went to the stream; set by Connection
    std::uint64_t payload_bytes{};  ///< bytes that follow this header; set by Connection
    std::uint64_t decoded_bytes{};  ///< bytes of the payload once decoded
    std::vector<Box> regions{};     ///< which boxes of the tensor, in payload order; disjoint, none empty

    bool operator==(const Header&) const = default;
};

/// What is accepted from a peer; checked before anything is allocated.
struct Budget {
    std::uint64_t payload_bytes{std::uint64_t{1} << 30};
    std::uint64_t decoded_bytes{std::uint64_t{1} << 30};
    std::uint32_t regions{1024};
};

/// For a peer that has not said who it is.
inline constexpr Budget kHelloBudget{.payload_bytes = 65536, .decoded_bytes = 0, .regions = 0};

inline constexpr std::size_t kFixedHeaderSize = 88;
inline constexpr std::size_t kBoxSize = 32;

/// Bytes that the header takes on the wire.
[[nodiscard]] inline std::size_t encoded_size(const Header& header) noexcept {
    return kFixedHeaderSize + header.regions.size() * kBoxSize;
}

/// The header as it crosses: little-endian, docs/protocol.md has the offsets.
[[nodiscard]] std::vector<std::byte> encode(const Header& header);

/// Size of the whole header whose first bytes are given; kFixedHeaderSize as long as fewer than that are there.
///
/// Pure and without allocation; refuses nonsense as early as the first four bytes allow.
/// @throws util::Error protocol: foreign magic, other version, unknown kind or flag, a number above its budget
[[nodiscard]] std::size_t header_size(std::span<const std::byte> start, const Budget& budget);

/// Reads a header from exactly header_size() bytes.
/// @throws util::Error protocol, as header_size, and for empty or negative boxes
[[nodiscard]] Header decode_header(std::span<const std::byte> bytes, const Budget& budget);

}  // namespace convoy::transport
