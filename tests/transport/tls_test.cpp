#include <catch2/catch.hpp>

#include "support.hpp"
#include "util/clock.hpp"

using namespace transport_test;
using Catch::Contains;

namespace {

transport::Security security(const std::string& device, const std::string& authority = "ca",
                             const std::string& server_name = "localhost") {
    const std::string folder = CONVOY_TEST_DATA "/tls/";
    return {.tls = transport::TlsOptions{.cert = folder + device + ".pem",
                                         .key = folder + device + ".key",
                                         .ca = folder + authority + ".pem",
                                         .server_name = server_name}};
}

std::unique_ptr<Server> tls_server(const std::string& device, const std::string& authority = "ca",
                                   const transport::ConnectionOptions& connection = {}) {
    transport::ListenerOptions options;
    options.security = security(device, authority);
    options.hello_patience = Seconds(0.5);
    options.connection = connection;
    return std::make_unique<Server>(options, "tls+tcp://127.0.0.1:0");
}

std::unique_ptr<Connection> tls_dial(const Server& server, const transport::Security& own,
                                     const transport::ConnectionOptions& connection = {}) {
    transport::DialOptions options;
    options.security = own;
    options.patience = Seconds(5);
    options.connection = connection;
    return transport::dial(server.listener.url(), Hello{.name = "client"}, options);
}

void check_refused(const Server& server, const transport::Security& own) {
    const auto began = util::now();
    try {
        (void)tls_dial(server, own);
        FAIL("connected");
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::permission);
        CHECK_THAT(error.message(), Contains(server.listener.url() + ": TLS failed"));
        CHECK_THAT(error.hint(), Contains("--tls-ca"));
    }
    CHECK(util::now() - began < Seconds(3));
    CHECK(server.listener.accepted() == 0);
}

}  // namespace

TEST_CASE("transport: TLS with certificates of one authority carries messages of every size", "[transport][tls]") {
    const auto server = tls_server("a");
    End client(tls_dial(*server, security("a")));
    End worker(server->connections.take());
    for (const std::size_t size : {0, 1, 4096, 16384, 16385, 1 << 20, 3000000}) {
        const auto content = pattern(size, size);
        client.connection->send({.kind = Kind::tensor}, Payload::copy(content));
        auto there = worker.messages.take();
        REQUIRE(std::equal(content.begin(), content.end(), there.payload.bytes().begin(), there.payload.bytes().end()));
        worker.connection->send({.kind = Kind::tensor}, Payload(std::move(there.payload)));
        const auto back = client.messages.take();
        REQUIRE(std::equal(content.begin(), content.end(), back.payload.bytes().begin(), back.payload.bytes().end()));
    }
    CHECK(client.connection->close(Seconds(5)));
    CHECK(worker.closed.take() == 1);
}

TEST_CASE("transport: a TLS link that is quiet for long is kept by heartbeats", "[transport][tls]") {
    const transport::ConnectionOptions impatient{.heartbeat_interval = Seconds(0.1), .liveness_timeout = Seconds(0.4)};
    const auto server = tls_server("a", "ca", impatient);
    Slot<int> beats;
    Slot<util::Error> lost;
    const auto client = tls_dial(*server, security("a"), impatient);
    client->start({.on_message = [&](const Header&, const Buffer&) { beats.put(1); },
                   .on_lost = [&](const util::Error& error) { lost.put(error); }});
    const auto worker = server->connections.take();
    worker->start({});
    for (int i = 0; i < 7; ++i) (void)beats.take();
    CHECK(lost.size() == 0);
    CHECK(client->close(Seconds(5)));
}

TEST_CASE("transport: TLS refuses a foreign client, a foreign server and a wrong name", "[transport][tls]") {
    const auto server = tls_server("a");
    check_refused(*server, security("rogue"));
    check_refused(*server, security("a", "rogue-ca"));
    check_refused(*server, security("a", "ca", "elsewhere.example"));
    check_refused(*server, security("a", "ca", ""));  // the host of the url, 127.0.0.1, is not in the certificate
    const auto rogue = tls_server("rogue");
    check_refused(*rogue, security("a"));
    const auto elsewhere = tls_server("elsewhere");
    check_refused(*elsewhere, security("a"));
    CHECK(tls_dial(*elsewhere, security("a", "ca", "elsewhere.example"))->peer().name == "server");
    CHECK(tls_dial(*server, security("elsewhere"))->peer().name == "server");
}

TEST_CASE("transport: plain bytes on a TLS port, and TLS to a plain port, end in time", "[transport][tls]") {
    const auto server = tls_server("a");
    for (const auto& attack :
         {std::vector<std::byte>(4096, std::byte{0}), std::vector<std::byte>(4096, std::byte{0xff}), pattern(4096, 1),
          frame({.kind = Kind::hello}, transport::encode(Hello{.name = "x"}))}) {
        RawSocket peer(server->listener.url());
        peer.send(attack);
        CHECK(peer.ended());
    }
    const RawSocket silent(server->listener.url());
    CHECK(silent.ended());
    CHECK(tls_dial(*server, security("a"))->peer().name == "server");
    const Server plain;
    transport::DialOptions options;
    options.security = security("a");
    options.patience = Seconds(1);
    CHECK_THROWS_AS(transport::dial("tls+" + plain.listener.url(), Hello{.name = "c"}, options), util::Error);
    options.security = {};
    const auto url = server->listener.url();
    CHECK_THROWS_AS(transport::dial(url.substr(4), Hello{.name = "c"}, options), util::Error);
}

TEST_CASE("transport: TLS files that are missing or no PEM are refused by name", "[transport][tls]") {
    const auto reason = [](auto change) {
        auto own = security("a");
        change(*own.tls);
        try {
            const transport::Listener listener("tls+tcp://127.0.0.1:0", {.security = own}, {});
        } catch (const util::Error& error) {
            return error.message();
        }
        return std::string("listens");
    };
    CHECK_THAT(reason([](auto& tls) { tls.cert = "/nonexistent.pem"; }), Contains("/nonexistent.pem"));
    CHECK_THAT(reason([](auto& tls) { tls.ca = CONVOY_TEST_DATA "/tls/make.sh"; }),
               Contains("make.sh is not a PEM file"));
    CHECK_THAT(reason([](auto& tls) { tls.key = tls.ca; }), Contains("ca.pem is not a usable key"));
}

TEST_CASE("transport: a TLS peer that vanishes is lost", "[transport][tls]") {
    const transport::ConnectionOptions impatient{.heartbeat_interval = Seconds(0.1), .liveness_timeout = Seconds(0.4)};
    const auto server = tls_server("a", "ca", impatient);
    for (int i = 0; i < 10; ++i) {
        auto client = tls_dial(*server, security("a"), impatient);
        client->start({});
        End worker(server->connections.take());
        client->send({.kind = Kind::tensor}, Payload(pattern(100000, 1)));
        (void)worker.messages.take();
        client.reset();
        CHECK(worker.lost.take(Seconds(5)).code() == util::Errc::unavailable);
        CHECK(worker.closed.size() == 0);
    }
}
