#include "transport/frame.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>

#include "util/error.hpp"
#include "util/file.hpp"
#include "util/random.hpp"

using namespace convoy;
using transport::Box;
using transport::Budget;
using transport::Header;
using transport::Kind;

namespace {

Header some_header() {
    return {.kind = Kind::tensor,
            .codec = 3,
            .flags = transport::kAddend,
            .epoch = 0x01020304,
            .frame = 0x1112131415161718,
            .stage = 5,
            .piece = 6,
            .tensor = 7,
            .layout = 8,
            .route = 9,
            .sequence = 10,
            .reply_to = 11,
            .sent_ns = 12,
            .payload_bytes = 4096,
            .decoded_bytes = 8192,
            .regions = {{{0, 1, 2, 3}, {1, 5, 6, 7}}}};
}

Header random_header(util::Random& random) {
    const auto below = [&](std::int64_t limit) { return random.integer(0, limit - 1); };
    Header header{.kind = static_cast<Kind>(random.integer(1, 21)),
                  .codec = static_cast<std::uint8_t>(below(256)),
                  .flags = static_cast<std::uint32_t>(below(4)),
                  .epoch = static_cast<std::uint32_t>(random.bits()),
                  .frame = random.bits(),
                  .stage = static_cast<std::uint32_t>(random.bits()),
                  .piece = static_cast<std::uint32_t>(random.bits()),
                  .tensor = static_cast<std::uint32_t>(random.bits()),
                  .layout = static_cast<std::uint32_t>(random.bits()),
                  .route = static_cast<std::uint32_t>(random.bits()),
                  .sequence = random.bits(),
                  .reply_to = random.bits(),
                  .sent_ns = random.bits(),
                  .payload_bytes = static_cast<std::uint64_t>(below(1 << 30)),
                  .decoded_bytes = static_cast<std::uint64_t>(below(1 << 30))};
    for (auto count = below(20); count > 0; --count) {
        Box box;
        for (std::size_t axis = 0; axis < 4; ++axis) {
            box.begin[axis] = static_cast<std::int32_t>(below(1 << 20));
            box.end[axis] = box.begin[axis] + static_cast<std::int32_t>(random.integer(1, 1 << 20));
        }
        header.regions.push_back(box);
    }
    return header;
}

/// Feeds bytes as a reader does: as soon as a whole header is there it is decoded. True when they are accepted.
bool accepted(std::span<const std::byte> bytes, const Budget& budget) {
    try {
        const auto size = transport::header_size(bytes, budget);
        REQUIRE(size <= transport::kFixedHeaderSize + budget.regions * transport::kBoxSize);
        if (size > bytes.size()) return false;
        const auto header = transport::decode_header(bytes.first(size), budget);
        CHECK(header.payload_bytes <= budget.payload_bytes);
        CHECK(header.regions.size() <= budget.regions);
        return true;
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::protocol);
        return false;
    }
}

/// What becomes of bytes: "ok", "incomplete" or "refused".
std::string verdict(std::span<const std::byte> bytes) {
    try {
        const auto size = transport::header_size(bytes, {});
        if (bytes.size() < size) return "incomplete";
        (void)transport::decode_header(bytes.first(size), {});
        return "ok";
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::protocol);
        return "refused";
    }
}

std::string refusal(const std::vector<std::byte>& bytes, const Budget& budget = {}) {
    try {
        (void)transport::decode_header(bytes, budget);
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::protocol);
        return error.message();
    }
    return "";
}

}  // namespace

TEST_CASE("transport: a header has the documented bytes", "[transport]") {
    const std::vector<int> expected{
        'C', 'V', 'O', 'Y', 1, 0, 14, 3, 1,  0,  0, 0, 4, 3, 2, 1, 0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
        5,   0,   0,   0,   6, 0, 0,  0, 7,  0,  0, 0, 8, 0, 0, 0, 9,    0,    0,    0,    1,    0,    0,    0,
        10,  0,   0,   0,   0, 0, 0,  0, 11, 0,  0, 0, 0, 0, 0, 0, 12,   0,    0,    0,    0,    0,    0,    0,
        0,   16,  0,   0,   0, 0, 0,  0, 0,  32, 0, 0, 0, 0, 0, 0, 0,    0,    0,    0,    1,    0,    0,    0,
        2,   0,   0,   0,   3, 0, 0,  0, 1,  0,  0, 0, 5, 0, 0, 0, 6,    0,    0,    0,    7,    0,    0,    0};
    std::vector<int> bytes;
    for (const auto byte : transport::encode(some_header())) bytes.push_back(std::to_integer<int>(byte));
    CHECK(bytes == expected);
}

TEST_CASE("transport: every header survives encoding and decoding", "[transport]") {
    util::Random random(1);
    for (int i = 0; i < 2000; ++i) {
        const auto header = random_header(random);
        const auto bytes = transport::encode(header);
        REQUIRE(bytes.size() == transport::encoded_size(header));
        REQUIRE(transport::header_size(bytes, {}) == bytes.size());
        REQUIRE(transport::decode_header(bytes, {}) == header);
        REQUIRE(transport::header_size(std::span(bytes).first(8), {}) == transport::kFixedHeaderSize);
    }
}

TEST_CASE("transport: nonsense is refused with its first bytes", "[transport]") {
    const Budget budget;
    CHECK_FALSE(accepted(std::vector<std::byte>(4096, std::byte{0}), budget));
    CHECK_FALSE(accepted(std::vector<std::byte>(4096, std::byte{0xff}), budget));
    CHECK_THROWS_AS(transport::header_size(std::vector<std::byte>(1, std::byte{0}), budget), util::Error);
    util::Random random(2);
    for (int i = 0; i < 2000; ++i) {
        std::vector<std::byte> bytes(4096);
        for (auto& byte : bytes) byte = static_cast<std::byte>(random.bits());
        REQUIRE_FALSE(accepted(bytes, budget));
    }
}

TEST_CASE("transport: a damaged header is refused or within the budget", "[transport]") {
    const Budget budget{.payload_bytes = 1 << 20, .decoded_bytes = 1 << 20, .regions = 16};
    util::Random random(3);
    int refused = 0;
    for (int i = 0; i < 20000; ++i) {
        auto bytes = transport::encode(random_header(random));
        for (auto flips = random.integer(1, 8); flips > 0; --flips)
            bytes[static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(bytes.size()) - 1))] =
                static_cast<std::byte>(random.bits());
        if (random.chance(0.2)) bytes.resize(static_cast<std::size_t>(random.integer(0, 200)));
        refused += !accepted(bytes, budget);
    }
    CHECK(refused > 10000);
}

TEST_CASE("transport: each rule of the header has its own message", "[transport]") {
    const auto with = [](auto change) {
        auto header = some_header();
        change(header);
        return transport::encode(header);
    };
    const auto patched = [](std::size_t at, int value) {
        auto bytes = transport::encode(some_header());
        bytes[at] = static_cast<std::byte>(value);
        return bytes;
    };
    CHECK(refusal(transport::encode(some_header())).empty());
    CHECK(refusal(patched(0, 'X')) == "not a convoy message");
    CHECK(refusal(patched(4, 2)) == "the peer speaks protocol version 2, this is version 1");
    CHECK(refusal(patched(6, 0)) == "a message has the unknown kind 0");
    CHECK(refusal(patched(6, 27)) == "a message has the unknown kind 27");
    CHECK(refusal(with([](Header& header) { header.flags = 4; })) == "a message has unknown flags 0x4");
    CHECK(refusal(with([](Header& header) { header.payload_bytes = 1 << 30 | 1; })) ==
          "a message announces 1073741825 payload bytes, more than the 1073741824 allowed");
    CHECK(refusal(with([](Header& header) { header.decoded_bytes = ~0ULL; })) ==
          "a message announces 18446744073709551615 decoded bytes, more than the 1073741824 allowed");
    CHECK(refusal(with([](Header& header) {
              header.regions.resize(1025, {{}, {1, 1, 1, 1}});
          })) == "a message announces 1025 regions, more than the 1024 allowed");
    CHECK(refusal(with([](Header& header) { header.regions[0].begin[2] = -1; })) ==
          "a message names an empty or negative box");
    CHECK(refusal(with([](Header& header) { header.regions[0].end[3] = 3; })) ==
          "a message names an empty or negative box");
    auto shorter = transport::encode(some_header());
    shorter.pop_back();
    CHECK(refusal(shorter) == "a header has the wrong size");
    CHECK(refusal(transport::encode(some_header()), transport::kHelloBudget) ==
          "a message announces 1 regions, more than the 0 allowed");
}

TEST_CASE("transport: the collected headers are accepted or refused as their names say", "[transport]") {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(CONVOY_TEST_DATA "/frame")) {
        const auto name = entry.path().stem().string();
        CAPTURE(name);
        const auto file = util::FileView::open(entry.path().string());
        CHECK(verdict(file.bytes()) == name.substr(0, name.find('-')));
        // Whatever a header is, its beginnings are never accepted, and a refusal stands.
        for (std::size_t size = 0; size < std::min<std::size_t>(file.bytes().size(), 200); ++size) {
            const auto early = verdict(file.bytes().first(size));
            REQUIRE((early == "incomplete" || verdict(file.bytes()) == early));
        }
        ++count;
    }
    CHECK(count >= 30);
}
