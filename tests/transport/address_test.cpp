#include "transport/address.hpp"

#include <catch2/catch.hpp>

#include "util/error.hpp"

using namespace convoy;
using transport::Address;

TEST_CASE("transport: addresses are read and written", "[transport]") {
    for (const std::string url : {"tcp://127.0.0.1:5555", "tls+tcp://pi3.local:1", "tcp://[::1]:0", "tcp://*:65535"})
        CHECK(Address::parse(url).url() == url);
    CHECK(Address::parse("tls+tcp://[fe80::1]:80") == Address{true, "fe80::1", 80});
}

TEST_CASE("transport: a bad address is refused with an example", "[transport]") {
    for (const std::string url :
         {"", "127.0.0.1:5555", "http://a:1", "tcp://", "tcp://a", "tcp://:1", "tcp://a:", "tcp://a:65536",
          "tcp://a:-1", "tcp://a:1x", "tcp://a:1/path", "tcp://[::1:1", "tcp://::1:1", "tcp://[zz]:1", "tcp://[]:1",
          "tcp://[:1", "tcp://a b:1", "tcp://a\n:1", "tls+tcp://*x:1"}) {
        CAPTURE(url);
        try {
            (void)Address::parse(url);
            FAIL_CHECK("accepted");
        } catch (const util::Error& error) {
            CHECK(error.code() == util::Errc::usage);
            CHECK_THAT(error.message(), Catch::Contains("'" + url + "'"));
            CHECK_THAT(error.hint(), Catch::Contains("tcp://HOST:PORT"));
        }
    }
}

TEST_CASE("transport: only loopback goes unprotected", "[transport]") {
    for (const std::string host : {"127.0.0.1", "127.9.9.9", "localhost", "[::1]"})
        CHECK(Address::parse("tcp://" + host + ":1").loopback());
    for (const std::string host :
         {"10.0.0.2", "*", "0.0.0.0", "[::]", "128.0.0.1", "localhost.example", "127.0.0.1.example"})
        CHECK_FALSE(Address::parse("tcp://" + host + ":1").loopback());
    const auto remote = Address::parse("tcp://10.0.0.2:5555");
    try {
        transport::check(remote, {});
        FAIL("accepted");
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::usage);
        CHECK_THAT(error.hint(), Catch::Contains("--tls-cert") && Catch::Contains("--insecure"));
    }
    CHECK_NOTHROW(transport::check(remote, {.tls = {}, .insecure = true}));
    CHECK_THROWS_AS(transport::check(Address::parse("tls+tcp://10.0.0.2:1"), {.tls = {}, .insecure = true}),
                    util::Error);
    CHECK_THROWS_AS(
        transport::check(Address::parse("tcp://127.0.0.1:1"), {.tls = transport::TlsOptions{}, .insecure = false}),
        util::Error);
}
