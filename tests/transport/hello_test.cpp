#include "transport/hello.hpp"

#include <catch2/catch.hpp>

#include "util/random.hpp"

using namespace convoy;
using transport::Hello;

namespace {

Hello full_hello() {
    return {.role = transport::Role::coordinator,
            .folding_version = 3,
            .session = 0x123456789abcdef,
            .build = "convoy 0.1.0",
            .name = "jetson-1",
            .plan_hash = std::string(64, 'a'),
            .model_hash = std::string(64, '0'),
            .nonce = std::string("\0\1\2", 3),
            .certificate = std::string(2000, 'c'),
            .signature = std::string("\xff\0", 2)};
}

void check_refused(const std::vector<std::byte>& bytes, const std::string& message) {
    try {
        (void)transport::decode_hello(bytes);
        FAIL("not refused");
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::protocol);
        CHECK(error.message() == message);
    }
}

}  // namespace

TEST_CASE("transport: a hello survives encoding and decoding", "[transport]") {
    CHECK(transport::decode_hello(transport::encode(full_hello())) == full_hello());
    const Hello least{.name = "b"};
    CHECK(transport::decode_hello(transport::encode(least)) == least);
}

TEST_CASE("transport: a hello of another protocol names both versions", "[transport]") {
    auto hello = full_hello();
    hello.protocol = 7;
    check_refused(transport::encode(hello), "the peer speaks protocol version 7, this is version 1");
}

TEST_CASE("transport: a hello with impossible fields is refused", "[transport]") {
    auto bytes = transport::encode(full_hello());
    bytes[2] = std::byte{9};
    check_refused(bytes, "the peer's hello is refused: unknown role");
    bytes = transport::encode(full_hello());
    bytes.push_back(std::byte{0});
    check_refused(bytes, "a control message has bytes left over");
    bytes = transport::encode(Hello{.name = "b"});
    bytes[19] = std::byte{7};  // the one character of the name
    check_refused(bytes, "the peer's hello is refused: control character in the name");
    CHECK_THROWS_AS(transport::encode(Hello{}), util::Error);
    CHECK_THROWS_AS(transport::encode(Hello{.name = "b", .plan_hash = "short"}), util::Error);
}

TEST_CASE("transport: every shortened or damaged hello is refused or valid, never a crash", "[transport]") {
    const auto whole = transport::encode(full_hello());
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK_THROWS_AS(transport::decode_hello(std::span(whole).first(size)), util::Error);
    util::Random random(4);
    for (int i = 0; i < 5000; ++i) {
        auto bytes = whole;
        bytes[static_cast<std::size_t>(random.integer(0, 200))] = static_cast<std::byte>(random.bits());
        try {
            (void)transport::decode_hello(bytes);
        } catch (const util::Error& error) {
            REQUIRE(error.code() == util::Errc::protocol);
        }
    }
}

TEST_CASE("transport: an error crosses with code, key, hint and context", "[transport]") {
    const auto error =
        util::Error(util::Errc::impossible, "too small\n").key("memory").hint("more").context("deploying");
    const auto read = transport::decode_error(transport::encode_error(error));
    CHECK(read.code() == util::Errc::impossible);
    CHECK(read.message() == "too small?");
    CHECK(read.key() == "memory");
    CHECK(read.hint() == "more");
    CHECK(read.context() == std::vector<std::string>{"deploying"});
    auto bytes = transport::encode_error(error);
    bytes[0] = std::byte{99};
    CHECK_THROWS_AS(transport::decode_error(bytes), util::Error);
    bytes.resize(3);
    CHECK_THROWS_AS(transport::decode_error(bytes), util::Error);
}
