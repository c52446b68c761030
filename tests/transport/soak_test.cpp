#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include "support.hpp"

using namespace transport_test;

namespace {

/// Starts and ends both sides of a link again and again, at arbitrary moments of heavy traffic both ways.
void soak(int cycles, std::size_t message_size, const transport::Security& security = {}) {
    Server server({.security = security}, security.tls ? "tls+tcp://127.0.0.1:0" : "tcp://127.0.0.1:0");
    const auto block = std::make_shared<std::vector<std::byte>>(pattern(message_size, 1));
    for (int cycle = 0; cycle < cycles; ++cycle) {
        std::atomic<int> came{0};
        const auto flood = [&](Connection& connection) {
            try {
                for (int i = 0; i < 40; ++i) connection.send({.kind = Kind::tensor}, Payload(*block, block));
            } catch (const util::Error&) {
                return;  // the other side ended first
            }
        };
        const transport::Handlers count{
            .on_message = [&](const Header& header, const Buffer&) { came += header.kind == Kind::tensor; }};
        auto client = transport::dial(server.listener.url(), Hello{.name = "client"}, {.security = security});
        auto worker = server.connections.take();
        client->start(count);
        worker->start(count);
        std::thread there([&] { flood(*client); });
        std::thread back([&] { flood(*worker); });
        there.join();
        back.join();
        // Three ways to end: politely, by dropping the receiver, by dropping both at once.
        if (cycle % 3 == 0) REQUIRE(client->close(Seconds(20)));
        if (cycle % 3 == 1) worker.reset();
        if (cycle % 3 == 2) {
            std::thread drop([&] { worker.reset(); });
            client.reset();
            drop.join();
        }
        client.reset();
        worker.reset();
        if (cycle % 3 == 0) REQUIRE(came == 80);
    }
    CHECK(block.use_count() == 1);
}

transport::Security test_tls() {
    const std::string folder = CONVOY_TEST_DATA "/tls/";
    return {.tls = transport::TlsOptions{folder + "a.pem", folder + "a.key", folder + "ca.pem", "localhost"}};
}

}  // namespace

TEST_CASE("transport: 100 starts and ends under traffic both ways", "[transport][soak]") {
    soak(50, 64);
    soak(30, 100000);
    soak(20, 20000, test_tls());
}

TEST_CASE("transport: 1,200 starts and ends under traffic both ways", "[transport][long][soak]") {
    soak(500, 64);
    soak(400, 100000);
    soak(100, 64, test_tls());
    soak(200, 100000, test_tls());
}
