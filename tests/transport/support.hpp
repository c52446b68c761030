#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "transport/dial.hpp"
#include "transport/listener.hpp"

namespace transport_test {

using namespace convoy;
using transport::Buffer;
using transport::Connection;
using transport::Header;
using transport::Hello;
using transport::Kind;
using transport::Payload;
using util::Seconds;

/// A value that another thread sets, with bounded waiting.
template <class T>
class Slot {
  public:
    void put(T value) {
        const std::lock_guard lock(mutex_);
        values_.push_back(std::move(value));
        changed_.notify_all();
    }
    /// The oldest value that was not taken; throws after `patience`.
    T take(Seconds patience = Seconds(20)) {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, patience, [&] { return !values_.empty(); }))
            throw std::runtime_error("nothing came in time");
        T value = std::move(values_.front());
        values_.erase(values_.begin());
        return value;
    }
    std::size_t size() {
        const std::lock_guard lock(mutex_);
        return values_.size();
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<T> values_;
};

struct Received {
    Header header;
    Buffer payload;
};

/// A connection with everything that it reported.
struct End {
    Slot<Received> messages;
    Slot<util::Error> lost;
    Slot<int> closed;
    std::unique_ptr<Connection> connection;  ///< last: its threads use the others until it ends

    explicit End(std::unique_ptr<Connection> made) : connection(std::move(made)) {
        connection->start({.on_message =
                               [this](Header header, Buffer payload) {
                                   if (header.kind != Kind::heartbeat)
                                       messages.put({std::move(header), std::move(payload)});
                               },
                           .on_closed = [this] { closed.put(1); },
                           .on_lost = [this](const util::Error& error) { lost.put(error); },
                           .heartbeat = {}});
    }
};

/// A listener that accepts everybody as `name` and keeps the connections.
struct Server {
    Slot<std::unique_ptr<Connection>> connections;
    transport::Listener listener;

    explicit Server(const transport::ListenerOptions& options = {}, const std::string& url = "tcp://127.0.0.1:0",
                    const std::string& name = "server")
        : listener(url, options,
                   {.greet = [name](const Hello&) { return Hello{.name = name}; },
                    .accept = [this](std::unique_ptr<Connection> made) { connections.put(std::move(made)); }}) {}
};

inline std::unique_ptr<Connection> dial(const std::string& url, const std::string& name = "client",
                                        const transport::ConnectionOptions& connection = {}) {
    transport::DialOptions options;
    options.connection = connection;
    return transport::dial(url, Hello{.name = name}, options);
}

/// Two connected ends.
struct Pair {
    Server server;
    End client;
    End worker;

    explicit Pair(const transport::ConnectionOptions& client_options = {},
                  const transport::ConnectionOptions& worker_options = {})
        : server([&] {
              transport::ListenerOptions options;
              options.connection = worker_options;
              return options;
          }()),
          client(dial(server.listener.url(), "client", client_options)),
          worker(server.connections.take()) {}
};

/// A plain TCP client without any manners.
class RawSocket {
  public:
    /// Connects to the port of a `...://127.0.0.1:PORT` url.
    explicit RawSocket(const std::string& url);
    RawSocket(const RawSocket&) = delete;
    RawSocket& operator=(const RawSocket&) = delete;
    ~RawSocket() { close(); }
    /// Sends all of it, or stops when the other side closes.
    void send(std::span<const std::byte> bytes) const;
    /// Reads exactly so many bytes; fewer when the stream ends. Throws after 20 s.
    [[nodiscard]] std::vector<std::byte> receive(std::size_t count) const;
    /// Whether the other side ended the stream, waiting up to 20 s and dropping what comes.
    [[nodiscard]] bool ended() const;
    /// Says a valid hello and reads the answer.
    void introduce() const;
    void close();

  private:
    int descriptor_;
};

/// A whole message as it crosses.
std::vector<std::byte> frame(Header header, std::span<const std::byte> payload = {});

/// Bytes that depend on seed and position.
std::vector<std::byte> pattern(std::size_t size, std::uint64_t seed);

}  // namespace transport_test
