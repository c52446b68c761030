#include "transport/frame.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "transport/bytes.hpp"
#include "util/error.hpp"

namespace convoy::transport {

using util::Errc;
using util::Error;

namespace {

constexpr std::array<std::byte, 4> kMagic{std::byte{'C'}, std::byte{'V'}, std::byte{'O'}, std::byte{'Y'}};
constexpr std::uint32_t kKnownFlags = kAddend | kLossless;

// Offsets of the fixed part; docs/protocol.md has the same table.
enum Offset : std::size_t {
    kVersionAt = 4,
    kKindAt = 6,
    kCodecAt = 7,
    kFlagsAt = 8,
    kEpochAt = 12,
    kFrameAt = 16,
    kStageAt = 24,
    kPieceAt = 28,
    kTensorAt = 32,
    kLayoutAt = 36,
    kRouteAt = 40,
    kRegionCountAt = 44,
    kSequenceAt = 48,
    kReplyToAt = 56,
    kSentAt = 64,
    kPayloadAt = 72,
    kDecodedAt = 80,
};
static_assert(kDecodedAt + sizeof(std::uint64_t) == kFixedHeaderSize);

[[noreturn]] void refuse(std::string why) { throw Error(Errc::protocol, std::move(why)); }

void check_limit(std::string_view what, std::uint64_t value, std::uint64_t limit) {
    if (value > limit) refuse(fmt::format("a message announces {} {}, more than the {} allowed", value, what, limit));
}

void check_identity(std::span<const std::byte> start) {
    const auto magic = start.first(std::min(start.size(), kMagic.size()));
    if (!std::equal(magic.begin(), magic.end(), kMagic.begin())) refuse("not a convoy message");
    if (start.size() < kKindAt) return;
    const auto version = get_le<std::uint16_t>(start.data() + kVersionAt);
    if (version != kProtocolVersion)
        refuse(fmt::format("the peer speaks protocol version {}, this is version {}", version, kProtocolVersion));
}

Box decode_box(const std::byte* at) {
    Box box;
    for (std::size_t axis = 0; axis < 4; ++axis) {
        box.begin[axis] = get_le<std::int32_t>(at + 4 * axis);
        box.end[axis] = get_le<std::int32_t>(at + 16 + 4 * axis);
        if (box.begin[axis] < 0 || box.end[axis] <= box.begin[axis]) refuse("a message names an empty or negative box");
    }
    return box;
}

}  // namespace

std::string_view name(Kind kind) noexcept {
    switch (kind) {
        case Kind::hello:
            return "hello";
        case Kind::hello_ack:
            return "hello_ack";
        case Kind::error:
            return "error";
        case Kind::heartbeat:
            return "heartbeat";
        case Kind::bye:
            return "bye";
        case Kind::bye_ack:
            return "bye_ack";
        case Kind::link_probe:
            return "link_probe";
        case Kind::link_echo:
            return "link_echo";
        case Kind::deploy:
            return "deploy";
        case Kind::deploy_ack:
            return "deploy_ack";
        case Kind::weights:
            return "weights";
        case Kind::start:
            return "start";
        case Kind::start_ack:
            return "start_ack";
        case Kind::tensor:
            return "tensor";
        case Kind::frame_done:
            return "frame_done";
        case Kind::cancel:
            return "cancel";
        case Kind::profile:
            return "profile";
        case Kind::profile_result:
            return "profile_result";
        case Kind::totals:
            return "totals";
        case Kind::totals_result:
            return "totals_result";
        case Kind::frame_start:
            return "frame_start";
        case Kind::model_wanted:
            return "model_wanted";
        case Kind::model_manifest:
            return "model_manifest";
        case Kind::link_push:
            return "link_push";
        case Kind::link_pull:
            return "link_pull";
        case Kind::profile_step:
            return "profile_step";
    }
    return "";
}

std::vector<std::byte> encode(const Header& header) {
    std::vector<std::byte> bytes(encoded_size(header));
    std::byte* at = bytes.data();
    std::copy(kMagic.begin(), kMagic.end(), at);
    put_le(at + kVersionAt, kProtocolVersion);
    put_le(at + kKindAt, static_cast<std::uint8_t>(header.kind));
    put_le(at + kCodecAt, header.codec);
    put_le(at + kFlagsAt, header.flags);
    put_le(at + kEpochAt, header.epoch);
    put_le(at + kFrameAt, header.frame);
    put_le(at + kStageAt, header.stage);
    put_le(at + kPieceAt, header.piece);
    put_le(at + kTensorAt, header.tensor);
    put_le(at + kLayoutAt, header.layout);
    put_le(at + kRouteAt, header.route);
    put_le(at + kRegionCountAt, static_cast<std::uint32_t>(header.regions.size()));
    put_le(at + kSequenceAt, header.sequence);
    put_le(at + kReplyToAt, header.reply_to);
    put_le(at + kSentAt, header.sent_ns);
    put_le(at + kPayloadAt, header.payload_bytes);
    put_le(at + kDecodedAt, header.decoded_bytes);
    at += kFixedHeaderSize;
    for (const Box& box : header.regions) {
        for (std::size_t axis = 0; axis < 4; ++axis) {
            put_le(at + 4 * axis, box.begin[axis]);
            put_le(at + 16 + 4 * axis, box.end[axis]);
        }
        at += kBoxSize;
    }
    return bytes;
}

std::size_t header_size(std::span<const std::byte> start, const Budget& budget) {
    check_identity(start);
    if (start.size() < kFixedHeaderSize) return kFixedHeaderSize;
    const std::byte* at = start.data();
    const auto kind = get_le<std::uint8_t>(at + kKindAt);
    if (name(static_cast<Kind>(kind)).empty()) refuse(fmt::format("a message has the unknown kind {}", kind));
    const auto flags = get_le<std::uint32_t>(at + kFlagsAt);
    if ((flags & ~kKnownFlags) != 0) refuse(fmt::format("a message has unknown flags {:#x}", flags));
    const auto regions = get_le<std::uint32_t>(at + kRegionCountAt);
    check_limit("regions", regions, budget.regions);
    check_limit("payload bytes", get_le<std::uint64_t>(at + kPayloadAt), budget.payload_bytes);
    check_limit("decoded bytes", get_le<std::uint64_t>(at + kDecodedAt), budget.decoded_bytes);
    return kFixedHeaderSize + regions * kBoxSize;
}

Header decode_header(std::span<const std::byte> bytes, const Budget& budget) {
    if (bytes.size() < kFixedHeaderSize || bytes.size() != header_size(bytes, budget))
        refuse("a header has the wrong size");
    const std::byte* at = bytes.data();
    Header header;
    header.kind = static_cast<Kind>(get_le<std::uint8_t>(at + kKindAt));
    header.codec = get_le<std::uint8_t>(at + kCodecAt);
    header.flags = get_le<std::uint32_t>(at + kFlagsAt);
    header.epoch = get_le<std::uint32_t>(at + kEpochAt);
    header.frame = get_le<std::uint64_t>(at + kFrameAt);
    header.stage = get_le<std::uint32_t>(at + kStageAt);
    header.piece = get_le<std::uint32_t>(at + kPieceAt);
    header.tensor = get_le<std::uint32_t>(at + kTensorAt);
    header.layout = get_le<std::uint32_t>(at + kLayoutAt);
    header.route = get_le<std::uint32_t>(at + kRouteAt);
    header.sequence = get_le<std::uint64_t>(at + kSequenceAt);
    header.reply_to = get_le<std::uint64_t>(at + kReplyToAt);
    header.sent_ns = get_le<std::uint64_t>(at + kSentAt);
    header.payload_bytes = get_le<std::uint64_t>(at + kPayloadAt);
    header.decoded_bytes = get_le<std::uint64_t>(at + kDecodedAt);
    header.regions.reserve(get_le<std::uint32_t>(at + kRegionCountAt));
    for (at += kFixedHeaderSize; at != bytes.data() + bytes.size(); at += kBoxSize)
        header.regions.push_back(decode_box(at));
    return header;
}

}  // namespace convoy::transport
