#include "transport/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "transport/channel.hpp"
#include "util/clock.hpp"

namespace convoy::transport {

using util::Errc;
using util::Error;
using util::Seconds;

namespace {

/// How long a side that confirmed the other's bye waits for the stream to end.
constexpr Seconds kFarewell{1.0};
constexpr std::chrono::milliseconds kEndPoll{2};

std::uint64_t clock_ns() {
    return static_cast<std::uint64_t>(
        std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

struct Outgoing {
    Header header;
    Payload payload;
    [[nodiscard]] std::int64_t size() const {
        return static_cast<std::int64_t>(encoded_size(header) + payload.bytes.size());
    }
};

}  // namespace

class Connection::Impl {
  public:
    Impl(std::unique_ptr<detail::Channel> channel, Hello peer, const ConnectionOptions& options)
        : peer_(std::move(peer)),
          options_(options),
          channel_(std::move(channel)),
          account_(std::make_shared<MemoryAccount>(static_cast<std::uint64_t>(options.receive_limit.value))) {}

    ~Impl() { end(); }

    void start(Handlers handlers);
    std::uint64_t send(Header header, Payload payload);
    bool flush(Seconds patience);
    bool close(Seconds patience);

    [[nodiscard]] bool alive() const {
        const std::lock_guard lock(mutex_);
        return open();
    }
    [[nodiscard]] std::int64_t queued() const {
        const std::lock_guard lock(mutex_);
        return queued_bytes_;
    }

    const Hello peer_;
    Meter sent_;
    Meter received_;

  private:
    using Lock = std::unique_lock<std::mutex>;

    void read_all();
    void take(detail::Message message);
    void bye_came();
    void write_all();
    std::optional<Outgoing> next_message();
    void supervise();
    void beat(Lock& lock);
    void watch_silence(Seconds overslept);
    void report_end();

    /// Ends the connection from this side, without a word to the peer; returns when all threads have ended.
    void end();
    void fail(Error error);
    void notify_end() {
        changed_.notify_all();
        work_.notify_all();
        ending_changed_.notify_all();
    }
    std::uint64_t enqueue(Header header, Payload payload);
    void refuse_unless_open() const;
    [[nodiscard]] bool open() const { return started_ && !ending_ && !bye_sent_ && !bye_received_; }
    [[nodiscard]] bool has_room(std::int64_t size) const {
        return queued_bytes_ == 0 || queued_bytes_ + size <= options_.send_limit.value;
    }
    [[nodiscard]] Seconds tick() const {
        return std::clamp(std::min(options_.heartbeat_interval, options_.liveness_timeout / 4), Seconds(0.01),
                          Seconds(1.0));
    }

    const ConnectionOptions options_;
    std::unique_ptr<detail::Channel> channel_;
    const std::shared_ptr<MemoryAccount> account_;
    Handlers handlers_;
    std::atomic<double> heard_at_{0};
    std::atomic<bool> handling_{false};

    std::uint64_t received_count_{0};  ///< reader thread only

    // Everything below is guarded by mutex_.
    mutable std::mutex mutex_;
    std::condition_variable changed_;         ///< for send(), flush(), close(): room, progress, end
    std::condition_variable work_;            ///< for the writer: a message, end
    std::condition_variable ending_changed_;  ///< for the supervisor: ending_, reader_done_, writer_done_
    std::deque<Outgoing> queue_;
    std::int64_t queued_bytes_{0};  ///< the message that is being written included
    std::uint64_t enqueued_{0};
    std::uint64_t written_{0};
    bool heartbeat_queued_{false};
    bool started_{false};
    bool ending_{false};  ///< all threads are to end
    bool local_end_{false};
    bool bye_sent_{false};
    bool bye_received_{false};
    bool bye_confirmed_{false};
    bool reader_done_{false};
    bool writer_done_{false};
    std::optional<Error> failure_;
    std::optional<util::Deadline> farewell_;
    Seconds next_beat_{};

    std::thread reader_;
    std::thread writer_;
    std::thread supervisor_;
};

void Connection::Impl::start(Handlers handlers) {
    const std::lock_guard lock(mutex_);
    if (started_) throw Error(Errc::internal, "a connection is started twice");
    handlers_ = std::move(handlers);
    started_ = true;
    heard_at_ = util::now().count();
    try {
        supervisor_ = std::thread([this] { supervise(); });
        writer_done_ = reader_done_ = true;  // until they run: the supervisor can then end what there is
        writer_ = std::thread([this] { write_all(); });
        writer_done_ = false;
        reader_ = std::thread([this] { read_all(); });
        reader_done_ = false;
    } catch (const std::system_error& error) {
        ending_ = local_end_ = true;
        notify_end();
        throw Error(Errc::impossible, fmt::format("{}: no thread for a connection: {}", peer_.name, error.what()));
    }
}

void Connection::Impl::refuse_unless_open() const {
    if (open()) return;
    if (failure_) throw Error(*failure_);
    if (!started_) throw Error(Errc::internal, fmt::format("{}: send() before start()", peer_.name));
    throw Error(Errc::unavailable, fmt::format("{}: the connection is closed", peer_.name));
}

std::uint64_t Connection::Impl::enqueue(Header header, Payload payload) {
    header.sequence = ++enqueued_;
    header.payload_bytes = payload.bytes.size();
    queue_.push_back({std::move(header), std::move(payload)});
    queued_bytes_ += queue_.back().size();
    work_.notify_one();
    return enqueued_;
}

std::uint64_t Connection::Impl::send(Header header, Payload payload) {
    Lock lock(mutex_);
    refuse_unless_open();
    const auto size = static_cast<std::int64_t>(encoded_size(header) + payload.bytes.size());
    if (!has_room(size)) {
        const bool may_wait = std::this_thread::get_id() != reader_.get_id();
        if (may_wait) changed_.wait_for(lock, options_.send_patience, [&] { return has_room(size) || !open(); });
        refuse_unless_open();
        if (!has_room(size))
            throw Error(Errc::unavailable,
                        fmt::format("{} takes its messages too slowly: {} bytes wait to be sent, {} are allowed",
                                    peer_.name, queued_bytes_, options_.send_limit.value));
    }
    return enqueue(std::move(header), std::move(payload));
}

bool Connection::Impl::flush(Seconds patience) {
    Lock lock(mutex_);
    const auto wanted = enqueued_;
    changed_.wait_for(lock, patience, [&] { return written_ >= wanted || ending_; });
    return written_ >= wanted && !failure_;
}

bool Connection::Impl::close(Seconds patience) {
    Lock lock(mutex_);
    local_end_ = true;
    if (started_ && !ending_ && !bye_sent_) {
        bye_sent_ = true;
        enqueue({.kind = Kind::bye}, {});
        changed_.notify_all();
    }
    // A peer that said bye itself had read everything of ours when it confirmed, or left.
    const auto over = [&] { return bye_confirmed_ || ending_; };
    if (started_) changed_.wait_for(lock, patience, over);
    const bool confirmed = bye_confirmed_ || (bye_received_ && !failure_ && ending_);
    lock.unlock();
    end();
    return confirmed;
}

void Connection::Impl::end() {
    {
        const std::lock_guard lock(mutex_);
        local_end_ = true;
        ending_ = true;
    }
    notify_end();
    for (auto* thread : {&supervisor_, &reader_, &writer_})
        if (thread->joinable()) thread->join();
}

void Connection::Impl::fail(Error error) {
    {
        const std::lock_guard lock(mutex_);
        if (ending_) return;
        ending_ = true;
        if (!bye_received_)
            failure_ = Error(error.code(), fmt::format("{}: {}", peer_.name, error.message())).hint(error.hint());
    }
    notify_end();
}

void Connection::Impl::read_all() {
    const auto heard = [this] { heard_at_ = util::now().count(); };
    try {
        detail::Message message;
        while (channel_->reader.read(message, options_.budget, account_, heard)) take(std::move(message));
        fail(Error(Errc::unavailable, "the connection was closed without a bye"));
    } catch (const Error& error) {
        fail(error);
    } catch (const std::exception& error) {
        fail(Error(Errc::internal, error.what()));
    }
    const std::lock_guard lock(mutex_);
    reader_done_ = true;
    ending_changed_.notify_all();
}

void Connection::Impl::take(detail::Message message) {
    const Header& header = message.header;
    if (header.sequence != ++received_count_)
        throw Error(Errc::protocol, fmt::format("message {} came where {} was due", header.sequence, received_count_));
    received_.add(header.kind, encoded_size(header), header.payload_bytes);
    if (header.kind == Kind::hello || header.kind == Kind::hello_ack)
        throw Error(Errc::protocol, "a second hello came");
    if (header.kind == Kind::bye) return bye_came();
    if (header.kind == Kind::bye_ack) {
        const std::lock_guard lock(mutex_);
        bye_confirmed_ = bye_sent_;
        return changed_.notify_all();
    }
    if (!handlers_.on_message) return;
    handling_ = true;
    handlers_.on_message(std::move(message.header), std::move(message.payload));
    heard_at_ = util::now().count();
    handling_ = false;
}

void Connection::Impl::bye_came() {
    const std::lock_guard lock(mutex_);
    if (bye_received_) return;
    bye_received_ = true;
    farewell_.emplace(options_.liveness_timeout);
    if (!ending_) enqueue({.kind = Kind::bye_ack}, {});
    changed_.notify_all();
}

std::optional<Outgoing> Connection::Impl::next_message() {
    Lock lock(mutex_);
    work_.wait(lock, [&] { return ending_ || !queue_.empty(); });
    if (ending_) return std::nullopt;
    Outgoing message = std::move(queue_.front());
    queue_.pop_front();
    return message;
}

void Connection::Impl::write_all() {
    while (auto message = next_message()) {
        message->header.sent_ns = clock_ns();
        const auto header = encode(message->header);
        const auto outcome = channel_->stream.send_all(header, message->payload.bytes);
        if (outcome.code != 0) {
            fail(Error(Errc::unavailable, detail::describe(outcome.code)));
            break;
        }
        sent_.add(message->header.kind, header.size(), message->payload.bytes.size());
        const std::lock_guard lock(mutex_);
        ++written_;
        queued_bytes_ -= message->size();
        if (message->header.kind == Kind::heartbeat) heartbeat_queued_ = false;
        if (message->header.kind == Kind::bye_ack) farewell_.emplace(kFarewell);
        changed_.notify_all();
    }
    const std::lock_guard lock(mutex_);
    writer_done_ = true;
    ending_changed_.notify_all();
}

void Connection::Impl::beat(Lock& lock) {
    if (heartbeat_queued_ || !open() || util::now() < next_beat_) return;
    next_beat_ = util::now() + options_.heartbeat_interval;
    lock.unlock();
    std::vector<std::byte> content;
    try {
        if (handlers_.heartbeat) content = handlers_.heartbeat();
    } catch (const std::exception& error) {
        fail(Error(Errc::internal, fmt::format("no heartbeat: {}", error.what())));
    }
    lock.lock();
    if (!open()) return;
    heartbeat_queued_ = true;
    enqueue({.kind = Kind::heartbeat}, Payload(std::move(content)));
}

void Connection::Impl::watch_silence(Seconds overslept) {
    // Who was frozen or starved itself cannot tell how long the peer was silent: the reader gets a chance first.
    if (handling_ || overslept > options_.liveness_timeout / 4)
        heard_at_ = std::max(heard_at_.load(), (util::now() - options_.liveness_timeout / 2).count());
    const Seconds silence = util::now() - Seconds(heard_at_.load());
    if (silence > options_.liveness_timeout)
        fail(Error(Errc::unavailable, fmt::format("no sign of life for {:.1f} s", silence.count())));
}

void Connection::Impl::supervise() {
    Lock lock(mutex_);
    while (!ending_) {
        const Seconds planned = util::now() + tick();
        beat(lock);
        if (ending_changed_.wait_for(lock, planned - util::now(), [&] { return ending_; })) break;
        if (farewell_ && farewell_->passed()) ending_ = true;
        lock.unlock();
        watch_silence(util::now() - planned);
        lock.lock();
    }
    lock.unlock();
    notify_end();
    detail::end_operations(channel_->stream, [this] {
        Lock waiting(mutex_);
        return ending_changed_.wait_for(waiting, kEndPoll, [&] { return reader_done_ && writer_done_; });
    });
    channel_->stream.close();
    report_end();
}

void Connection::Impl::report_end() {
    std::optional<Error> failure;
    {
        const std::lock_guard lock(mutex_);
        queue_.clear();
        queued_bytes_ = 0;
        if (local_end_) return;
        failure = failure_;
    }
    if (failure && handlers_.on_lost) handlers_.on_lost(*failure);
    if (!failure && handlers_.on_closed) handlers_.on_closed();
}

Connection::Connection(std::unique_ptr<detail::Channel> channel, Hello peer, const ConnectionOptions& options)
    : impl_(std::make_unique<Impl>(std::move(channel), std::move(peer), options)) {}

Connection::~Connection() = default;

void Connection::start(Handlers handlers) { impl_->start(std::move(handlers)); }
std::uint64_t Connection::send(Header header, Payload payload) {
    return impl_->send(std::move(header), std::move(payload));
}
bool Connection::flush(Seconds patience) { return impl_->flush(patience); }
bool Connection::close(Seconds patience) { return impl_->close(patience); }
const Hello& Connection::peer() const noexcept { return impl_->peer_; }
bool Connection::alive() const { return impl_->alive(); }
util::Bytes Connection::queued() const { return util::Bytes(impl_->queued()); }
TrafficByKind Connection::sent() const { return impl_->sent_.read(); }
TrafficByKind Connection::received() const { return impl_->received_.read(); }

}  // namespace convoy::transport
