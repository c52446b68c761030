#include "transport/connection.hpp"

#include <catch2/catch.hpp>

#include <thread>

#include "support.hpp"
#include "util/clock.hpp"

using namespace transport_test;
using Catch::Contains;

namespace {

bool same(std::span<const std::byte> a, std::span<const std::byte> b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

transport::ConnectionOptions impatient() {
    return {.heartbeat_interval = Seconds(0.05), .liveness_timeout = Seconds(0.3)};
}

}  // namespace

TEST_CASE("transport: messages of every size arrive whole, aligned and counted", "[transport]") {
    Pair pair;
    std::uint64_t payload_bytes = 0;
    std::uint64_t header_bytes = 0;
    std::uint64_t count = 0;
    for (const std::size_t size : {0, 1, 63, 64, 4000, 4096, 16296, 16297, 40000, 100000, 1 << 20, (8 << 20) + 5}) {
        const auto content = pattern(size, size);
        Header header{.kind = Kind::tensor,
                      .epoch = 2,
                      .frame = size,
                      .tensor = 9,
                      .decoded_bytes = size,
                      .regions = std::vector<transport::Box>(size % 7, {{}, {1, 2, 3, 4}})};
        const auto sequence = pair.client.connection->send(header, Payload::copy(content));
        ++count;
        auto there = pair.worker.messages.take();
        CHECK(same(there.payload.bytes(), content));
        CHECK(reinterpret_cast<std::uintptr_t>(there.payload.data()) % Buffer::kAlignment == 0);
        CHECK(there.header.frame == size);
        CHECK(there.header.regions == header.regions);
        there.header.reply_to = there.header.sequence;
        pair.worker.connection->send(there.header, Payload(std::move(there.payload)));
        const auto back = pair.client.messages.take();
        CHECK(same(back.payload.bytes(), content));
        CHECK(back.header.reply_to == sequence);
        payload_bytes += size;
        header_bytes += transport::encoded_size(header);
    }
    CHECK(pair.client.connection->flush(Seconds(5)));
    const transport::Traffic expected{count, payload_bytes, header_bytes};
    CHECK(pair.client.connection->sent().of(Kind::tensor) == expected);
    CHECK(pair.client.connection->received().of(Kind::tensor) == expected);
    CHECK(pair.worker.connection->received().of(Kind::tensor) == expected);
    CHECK(pair.client.connection->queued() == util::Bytes(0));
    CHECK(pair.client.connection->close(Seconds(5)));
    CHECK(pair.worker.closed.take() == 1);
    CHECK(pair.worker.lost.size() == 0);
    CHECK_FALSE(pair.worker.connection->alive());
}

TEST_CASE("transport: four peers share a port, each with its own order", "[transport]") {
    Server server;
    constexpr int kPeers = 4;
    constexpr std::uint64_t kMessages = 200;
    std::vector<std::unique_ptr<End>> clients;
    std::vector<std::unique_ptr<End>> workers;
    for (int peer = 0; peer < kPeers; ++peer) {
        clients.push_back(std::make_unique<End>(dial(server.listener.url(), "peer" + std::to_string(peer))));
        workers.push_back(std::make_unique<End>(server.connections.take()));
        CHECK(workers.back()->connection->peer().name == "peer" + std::to_string(peer));
        CHECK(clients.back()->connection->peer().name == "server");
    }
    for (std::uint64_t i = 0; i < kMessages; ++i)
        for (auto& client : clients)
            client->connection->send({.kind = Kind::tensor, .frame = i}, Payload(pattern(1000 + i, i)));
    for (auto& worker : workers) {
        for (std::uint64_t i = 0; i < kMessages; ++i) {
            const auto message = worker->messages.take();
            REQUIRE(message.header.frame == i);
            REQUIRE(same(message.payload.bytes(), pattern(1000 + i, i)));
        }
    }
    for (auto& client : clients) CHECK(client->connection->close(Seconds(5)));
    CHECK(server.listener.accepted() == kPeers);
    CHECK(server.listener.refused() == 0);
}

TEST_CASE("transport: threads that send at once interleave whole messages", "[transport]") {
    Pair pair;
    std::vector<std::thread> threads;
    for (std::uint32_t t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (std::uint64_t i = 0; i < 100; ++i)
                pair.client.connection->send({.kind = Kind::tensor, .frame = i, .piece = t},
                                             Payload(pattern(5000, i * 4 + t)));
        });
    for (auto& thread : threads) thread.join();
    std::array<std::uint64_t, 4> next{};
    for (int i = 0; i < 400; ++i) {
        const auto message = pair.worker.messages.take();
        REQUIRE(message.header.frame == next.at(message.header.piece)++);
        REQUIRE(same(message.payload.bytes(), pattern(5000, message.header.frame * 4 + message.header.piece)));
    }
}

TEST_CASE("transport: the last messages before a close arrive, and close waits for them", "[transport]") {
    Pair pair;
    for (std::uint64_t i = 0; i < 50; ++i)
        pair.client.connection->send({.kind = Kind::tensor, .frame = i}, Payload(pattern(200000, i)));
    CHECK(pair.client.connection->close(Seconds(10)));
    CHECK(pair.worker.messages.size() == 50);
    CHECK(pair.worker.closed.take() == 1);
    CHECK_THROWS_AS(pair.worker.connection->send({}), util::Error);
    CHECK_THROWS_AS(pair.client.connection->send({}), util::Error);
    CHECK(pair.client.lost.size() + pair.client.closed.size() == 0);
}

TEST_CASE("transport: both sides may close at once", "[transport]") {
    for (int i = 0; i < 20; ++i) {
        Pair pair;
        bool worker_confirmed = false;
        std::thread other([&] { worker_confirmed = pair.worker.connection->close(Seconds(5)); });
        const bool client_confirmed = pair.client.connection->close(Seconds(5));
        other.join();
        CHECK(client_confirmed);
        CHECK(worker_confirmed);
    }
}

TEST_CASE("transport: heartbeats carry the callback's bytes and keep a quiet peer alive", "[transport]") {
    transport::ListenerOptions options;
    options.connection = impatient();
    Server server(options);
    Slot<util::Error> lost;
    Slot<std::vector<std::byte>> beats;
    const auto client = dial(server.listener.url(), "client", impatient());
    client->start({.on_message =
                       [&](const Header& header, const Buffer& payload) {
                           if (header.kind == Kind::heartbeat)
                               beats.put({payload.bytes().begin(), payload.bytes().end()});
                       },
                   .on_lost = [&](const util::Error& error) { lost.put(error); }});
    const auto worker = server.connections.take();
    worker->start({.heartbeat = [] { return std::vector<std::byte>(7, std::byte{42}); }});
    // Longer than the patience; no other message crosses.
    for (int i = 0; i < 12; ++i) REQUIRE(beats.take() == std::vector<std::byte>(7, std::byte{42}));
    CHECK(lost.size() == 0);
    CHECK(client->alive());
    CHECK(worker->alive());
}

TEST_CASE("transport: a handler that takes long does not make the peer look silent", "[transport]") {
    transport::ListenerOptions options;
    options.connection = impatient();
    Server server(options);
    const auto client = dial(server.listener.url(), "client", impatient());
    client->start({});
    Slot<int> handled;
    Slot<util::Error> lost;
    const auto worker = server.connections.take();
    worker->start({.on_message =
                       [&](const Header& header, const Buffer&) {
                           if (header.kind != Kind::tensor) return;
                           std::this_thread::sleep_for(Seconds(0.5));  // stands for slow work, waits for nothing
                           handled.put(1);
                       },
                   .on_lost = [&](const util::Error& error) { lost.put(error); }});
    client->send({.kind = Kind::tensor});
    client->send({.kind = Kind::tensor});
    CHECK(handled.take() == 1);
    CHECK(handled.take() == 1);
    CHECK(lost.size() == 0);
    CHECK(client->close(Seconds(5)));
}

TEST_CASE("transport: a silent peer is lost within its time-out, once", "[transport]") {
    transport::ListenerOptions options;
    options.connection = impatient();
    Server server(options);
    RawSocket peer(server.listener.url());
    peer.introduce();
    End end(server.connections.take());
    const auto began = util::now();
    const auto error = end.lost.take();
    CHECK(util::now() - began > Seconds(0.2));
    CHECK(util::now() - began < Seconds(3));
    CHECK(error.code() == util::Errc::unavailable);
    CHECK_THAT(error.message(), Contains("raw: no sign of life for 0."));
    CHECK(peer.ended());
    CHECK(end.closed.size() + end.lost.size() == 0);
}

TEST_CASE("transport: a peer that dies in the middle of a message is lost once", "[transport]") {
    Server server;
    for (const std::size_t cut : {10, 88, 500}) {
        RawSocket peer(server.listener.url());
        peer.introduce();
        End end(server.connections.take());
        const auto message = frame({.kind = Kind::tensor, .sequence = 1}, pattern(5000, 1));
        peer.send(std::span(message).first(cut));
        peer.close();
        const auto error = end.lost.take();
        CHECK(error.code() == util::Errc::unavailable);
        CHECK_THAT(error.message(), Contains("raw: the connection was closed"));
        CHECK(end.messages.size() + end.closed.size() + end.lost.size() == 0);
        CHECK_THROWS_AS(end.connection->send({}), util::Error);
    }
}

TEST_CASE("transport: a peer that never reads fills the queue and is lost by its silence", "[transport]") {
    transport::ListenerOptions options;
    options.connection = impatient();
    options.connection.send_limit = util::Bytes(40 << 20);
    options.connection.send_patience = Seconds(0.05);
    Server server(options);
    RawSocket peer(server.listener.url());
    peer.introduce();
    End end(server.connections.take());
    const auto block = std::make_shared<std::vector<std::byte>>(8 << 20);
    int queued = 0;
    std::string refusal;
    try {
        for (; queued < 20; ++queued) end.connection->send({.kind = Kind::tensor}, Payload(*block, block));
    } catch (const util::Error& error) {
        refusal = error.message();
    }
    CHECK(queued >= 4);
    CHECK(queued < 20);
    CHECK_THAT(refusal, Contains("raw takes its messages too slowly") || Contains("no sign of life"));
    CHECK(end.lost.take().code() == util::Errc::unavailable);
    end.connection.reset();
    CHECK(block.use_count() == 1);
}

TEST_CASE("transport: a handler that sends into a full queue fails at once instead of waiting", "[transport]") {
    transport::ListenerOptions options;
    options.connection.send_limit = util::Bytes(1 << 20);
    options.connection.send_patience = Seconds(60);
    Server server(options);
    RawSocket peer(server.listener.url());
    peer.introduce();
    Slot<util::Error> lost;
    const auto block = std::make_shared<std::vector<std::byte>>(8 << 20);
    const auto worker = server.connections.take();
    worker->start({.on_message =
                       [&](const Header&, const Buffer&) {
                           for (;;) worker->send({.kind = Kind::tensor}, Payload(*block, block));
                       },
                   .on_lost = [&](const util::Error& error) { lost.put(error); }});
    peer.send(frame({.kind = Kind::tensor, .sequence = 1}));
    CHECK_THAT(lost.take(Seconds(10)).message(), Contains("takes its messages too slowly"));
    CHECK_FALSE(worker->flush(Seconds(10)));
}

TEST_CASE("transport: a connection that was never started ends quietly", "[transport]") {
    Server server;
    auto client = dial(server.listener.url());
    End worker(server.connections.take());
    CHECK_THROWS_AS(client->send({.kind = Kind::tensor}), util::Error);
    CHECK_FALSE(client->alive());
    CHECK_FALSE(client->close(Seconds(1)));
    client.reset();
    CHECK(worker.lost.take().code() == util::Errc::unavailable);
}

TEST_CASE("transport: nonsense from a known peer ends the connection with its reason", "[transport]") {
    transport::ListenerOptions options;
    options.connection.budget = {.payload_bytes = 1000, .decoded_bytes = 1000, .regions = 4};
    options.connection.receive_limit = util::Bytes(1500);
    Server server(options);
    const auto reason = [&](const std::vector<std::byte>& bytes) {
        RawSocket peer(server.listener.url());
        peer.introduce();
        End end(server.connections.take());
        peer.send(bytes);
        const auto error = end.lost.take();
        CHECK(peer.ended());
        return error.message();
    };
    CHECK_THAT(reason(std::vector<std::byte>(100, std::byte{0})), Contains("raw: not a convoy message"));
    CHECK_THAT(reason(frame({.kind = Kind::tensor, .sequence = 2})), Contains("message 2 came where 1 was due"));
    CHECK_THAT(reason(frame({.kind = Kind::hello, .sequence = 1})), Contains("a second hello"));
    CHECK_THAT(reason(frame({.kind = Kind::tensor, .sequence = 1}, pattern(1001, 1))), Contains("1001 payload bytes"));
    auto two = frame({.kind = Kind::tensor, .sequence = 1}, pattern(900, 1));
    const auto second = frame({.kind = Kind::tensor, .sequence = 2}, pattern(900, 2));
    two.insert(two.end(), second.begin(), second.end());
    CHECK_THAT(reason(two), Contains("exceed the budget of 1500 bytes"));
}

TEST_CASE("transport: an exception of the handler ends the connection and is reported", "[transport]") {
    Server server;
    const auto client = dial(server.listener.url());
    client->start({});
    Slot<util::Error> lost;
    const auto worker = server.connections.take();
    worker->start({.on_message = [](const Header&, const Buffer&) { throw util::Error(util::Errc::protocol, "odd"); },
                   .on_closed = {},
                   .on_lost = [&](const util::Error& error) { lost.put(error); },
                   .heartbeat = {}});
    client->send({.kind = Kind::tensor});
    const auto error = lost.take();
    CHECK(error.message() == "client: odd");
    CHECK(error.code() == util::Errc::protocol);
}
