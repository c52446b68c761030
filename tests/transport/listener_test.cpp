#include "transport/listener.hpp"

#include <catch2/catch.hpp>

#include <thread>

#include "support.hpp"
#include "util/clock.hpp"

using namespace transport_test;
using Catch::Contains;

namespace {

util::Error dial_error(const std::string& url, const transport::DialOptions& options) {
    try {
        (void)transport::dial(url, Hello{.name = "client"}, options);
    } catch (const util::Error& error) {
        return error;
    }
    throw std::runtime_error("dial succeeded");
}

/// Waits until `count` connections were refused.
void wait_refused(const transport::Listener& listener, std::size_t count) {
    const util::Deadline deadline(Seconds(20));
    while (listener.refused() < count && !deadline.passed()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    REQUIRE(listener.refused() == count);
}

void check_serves(Server& server) {
    End client(dial(server.listener.url()));
    End worker(server.connections.take());
    client.connection->send({.kind = Kind::tensor}, Payload(pattern(1000, 1)));
    CHECK(worker.messages.take().payload.size() == 1000);
    CHECK(client.connection->close(Seconds(5)));
}

}  // namespace

TEST_CASE("transport: garbage on the port is dropped at once and the listener serves on", "[transport]") {
    Server server;
    std::vector<std::vector<std::byte>> attacks{std::vector<std::byte>(4096, std::byte{0}),
                                                std::vector<std::byte>(4096, std::byte{0xff}), pattern(4096, 5)};
    auto huge = transport::encode({.kind = Kind::hello, .payload_bytes = ~0ULL});
    attacks.push_back(huge);
    attacks.push_back(transport::encode({.kind = Kind::hello, .payload_bytes = 65537}));
    attacks.push_back(
        transport::encode({.kind = Kind::hello, .regions = std::vector<transport::Box>(1, {{}, {1, 1, 1, 1}})}));
    attacks.push_back(frame({.kind = Kind::tensor}, pattern(100, 1)));
    attacks.push_back(frame({.kind = Kind::hello}, pattern(100, 2)));
    attacks.push_back(frame({.kind = Kind::hello}));
    for (std::size_t i = 0; i < attacks.size(); ++i) {
        CAPTURE(i);
        RawSocket peer(server.listener.url());
        peer.send(attacks[i]);
        CHECK(peer.ended());
        wait_refused(server.listener, i + 1);
    }
    check_serves(server);
    CHECK(server.listener.accepted() == 1);
}

TEST_CASE("transport: who says nothing, or half a hello, is dropped when its time is over", "[transport]") {
    transport::ListenerOptions options;
    options.hello_patience = Seconds(0.2);
    Server server(options);
    const auto hello = frame({.kind = Kind::hello}, transport::encode(Hello{.name = "slow"}));
    const auto began = util::now();
    RawSocket silent(server.listener.url());
    RawSocket in_header(server.listener.url());
    in_header.send(std::span(hello).first(40));
    RawSocket in_payload(server.listener.url());
    in_payload.send(std::span(hello).first(95));
    check_serves(server);
    for (const auto* peer : {&silent, &in_header, &in_payload}) CHECK(peer->ended());
    CHECK(util::now() - began < Seconds(3));
    CHECK(server.listener.refused() == 3);
}

TEST_CASE("transport: a crowd that says nothing does not keep others out", "[transport]") {
    transport::ListenerOptions options;
    options.half_open = 4;
    options.hello_patience = Seconds(60);
    Server server(options);
    std::vector<std::unique_ptr<RawSocket>> crowd;
    for (int i = 0; i < 20; ++i) crowd.push_back(std::make_unique<RawSocket>(server.listener.url()));
    check_serves(server);
    CHECK(crowd.front()->ended());
}

TEST_CASE("transport: a listener ends while others are half-open", "[transport]") {
    for (int i = 0; i < 20; ++i) {
        Server server;
        RawSocket first(server.listener.url());
        RawSocket second(server.listener.url());
        second.send(std::vector<std::byte>(1, std::byte{'C'}));
    }
}

TEST_CASE("transport: a refusal by greet reaches the dialing side with code and text", "[transport]") {
    transport::Listener listener("tcp://127.0.0.1:0", {},
                                 {.greet = [](const Hello& theirs) -> Hello {
                                      throw util::Error(util::Errc::protocol,
                                                        "another plan: " + theirs.plan_hash.substr(0, 4))
                                          .hint("deploy again");
                                  },
                                  .accept = [](auto) {}});
    try {
        (void)transport::dial(listener.url(), Hello{.name = "client", .plan_hash = std::string(64, 'b')}, {});
        FAIL("accepted");
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::protocol);
        CHECK(error.message() == listener.url() + ": another plan: bbbb");
        CHECK(error.hint() == "deploy again");
    }
    CHECK(listener.refused() == 1);
}

TEST_CASE("transport: a listener of another protocol version is named on both sides", "[transport]") {
    Server server;
    auto hello = frame({.kind = Kind::hello}, transport::encode(Hello{.name = "new"}));
    hello[4] = std::byte{9};
    RawSocket peer(server.listener.url());
    peer.send(hello);
    const auto header = transport::decode_header(peer.receive(transport::kFixedHeaderSize), {});
    REQUIRE(header.kind == Kind::error);
    const auto error = transport::decode_error(peer.receive(header.payload_bytes));
    CHECK(error.code() == util::Errc::protocol);
    CHECK(error.message() == "the peer speaks protocol version 9, this is version 1");
}

TEST_CASE("transport: dialing where nobody listens fails in time and names the url", "[transport]") {
    std::string url;
    {
        const Server server;
        url = server.listener.url();
    }
    const auto began = util::now();
    const auto error = dial_error(url, {.patience = Seconds(0.3)});
    CHECK(error.code() == util::Errc::unavailable);
    CHECK_THAT(error.message(), Contains("cannot connect to " + url + ": "));
    CHECK(util::now() - began < Seconds(3));
}

TEST_CASE("transport: dialing waits for a listener that starts later", "[transport]") {
    std::string url;
    {
        const Server first;
        url = first.listener.url();
    }
    std::unique_ptr<Server> server;
    std::thread later([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));  // the order is the point; nothing is awaited
        server = std::make_unique<Server>(transport::ListenerOptions{}, url);
    });
    const auto connection = dial(url);
    later.join();
    CHECK(connection->peer().name == "server");
}

TEST_CASE("transport: dialing a port that never answers ends in time, and at once when interrupted", "[transport]") {
    const Server server;  // only for its port: a listener of another kind of service that says nothing
    transport::Listener mute("tcp://127.0.0.1:0", {},
                             {.greet = [](const Hello&) -> Hello {
                                  std::this_thread::sleep_for(std::chrono::milliseconds(400));
                                  return {.name = "late"};
                              },
                              .accept = [](auto) {}});
    const auto error = dial_error(mute.url(), {.patience = Seconds(0.2)});
    CHECK(error.code() == util::Errc::unavailable);
    CHECK_THAT(error.message(), Contains("does not answer: no hello within 0.2 s"));
    std::stop_source stop;
    std::thread interrupter([&] { stop.request_stop(); });
    const auto interrupted = dial_error(mute.url(), {.patience = Seconds(60), .stop = stop.get_token()});
    interrupter.join();
    CHECK(interrupted.code() == util::Errc::interrupted);
    stop.request_stop();
    const auto refused = dial_error("tcp://127.0.0.1:1", {.patience = Seconds(60), .stop = stop.get_token()});
    CHECK(refused.code() == util::Errc::interrupted);
}

TEST_CASE("transport: an address in use or not ours is refused with the url", "[transport]") {
    const Server server;
    for (const auto& url : {server.listener.url(), std::string("tcp://127.0.0.1:0x")}) {
        try {
            const Server second({}, url);
            FAIL("listens");
        } catch (const util::Error& error) {
            CHECK_THAT(error.message(), Contains(url));
        }
    }
    transport::ListenerOptions options;
    CHECK_THROWS_AS(Server(options, "tcp://*:0"), util::Error);
    options.security.insecure = true;
    const Server open(options, "tcp://*:0");
    CHECK_THAT(open.listener.url(), Catch::StartsWith("tcp://*:"));
    const Server six({}, "tcp://[::1]:0");
    CHECK(dial(six.listener.url())->peer().name == "server");
}
