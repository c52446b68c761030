#include "transport/handshake.hpp"

#include <fmt/format.h>

#include <chrono>

#include "util/error.hpp"

namespace convoy::transport::detail {

using util::Errc;
using util::Error;

namespace {

/// When cancelling did not help, a TLS stream is closed, see Stream.
constexpr util::Seconds kCancelPatience{0.3};

}  // namespace

void send_now(Channel& channel, Kind kind, std::vector<std::byte> payload) {
    Header header{.kind = kind, .payload_bytes = payload.size()};
    const auto outcome = channel.stream.send_all(encode(header), payload);
    if (outcome.code != 0) throw Error(Errc::unavailable, describe(outcome.code));
}

Hello receive_hello(Channel& channel, Kind expected) {
    Message message;
    if (!channel.reader.read(message, kHelloBudget, nullptr, [] {}))
        throw Error(Errc::unavailable, "the connection was closed before a hello came");
    if (message.header.kind == Kind::error) throw decode_error(message.payload.bytes());
    if (message.header.kind != expected)
        throw Error(Errc::protocol,
                    fmt::format("'{}' came where '{}' was due", name(message.header.kind), name(expected)));
    return decode_hello(message.payload.bytes());
}

Handshake::Handshake(std::unique_ptr<Channel> channel, std::function<void(Handshake&)> work, std::function<void()> done)
    : channel_(std::move(channel)) {
    thread_ = std::thread([this, work = std::move(work), done = std::move(done)] {
        work(*this);
        {
            const std::lock_guard lock(mutex_);
            done_ = true;
            changed_.notify_all();
        }
        done();
    });
}

Handshake::~Handshake() {
    while (!done()) {
        end();
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::milliseconds(2), [&] { return done_; });
    }
    thread_.join();
}

std::unique_ptr<Channel> Handshake::take() {
    const std::lock_guard lock(mutex_);
    return ended_at_ ? nullptr : std::move(channel_);
}

void Handshake::end() {
    const std::lock_guard lock(mutex_);
    if (!ended_at_) ended_at_ = util::now();
    if (!channel_ || done_) return;
    channel_->stream.cancel();
    if (channel_->stream.tls() && util::now() - *ended_at_ > kCancelPatience) channel_->stream.close();
}

bool Handshake::done() const {
    const std::lock_guard lock(mutex_);
    return done_;
}

}  // namespace convoy::transport::detail
