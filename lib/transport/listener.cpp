#include "transport/listener.hpp"

#include <fmt/format.h>
#include <nng/nng.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

#include "transport/handshake.hpp"
#include "util/clock.hpp"
#include "util/log.hpp"

namespace convoy::transport {

using util::Errc;
using util::Error;
using util::Seconds;

namespace {

/// How often half-open connections are looked at, and how long a failed accept (no descriptors left) pauses.
constexpr std::chrono::milliseconds kPoll{10};

struct FreeListener {
    void operator()(nng_stream_listener* listener) const noexcept {
        nng_stream_listener_close(listener);
        nng_stream_listener_free(listener);
    }
};

}  // namespace

class Listener::Impl {
  public:
    Impl(const std::string& url, const ListenerOptions& options, Welcome welcome);
    ~Impl();

    std::string url_;
    std::atomic<std::size_t> accepted_{0};
    std::atomic<std::size_t> refused_{0};

  private:
    void accept_all();
    void take_accepted();
    void add(nng_stream* stream);
    void tidy();
    void shake_hands(detail::Handshake& handshake);
    void refuse(detail::Handshake& handshake, const std::string& from, const Error& error, bool tell);

    const ListenerOptions options_;
    const Welcome welcome_;
    bool tls_{false};
    std::unique_ptr<nng_stream_listener, FreeListener> listener_;
    detail::Aio aio_;
    std::list<detail::Handshake> half_open_;  ///< accepting thread only, oldest first

    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_{false};
    bool accept_done_{false};     ///< the accept operation has a result
    bool handshake_done_{false};  ///< some handshake ended
    std::thread thread_;
};

Listener::Impl::Impl(const std::string& url, const ListenerOptions& options, Welcome welcome)
    : options_(options), welcome_(std::move(welcome)) {
    auto address = Address::parse(url);
    check(address, options.security);
    tls_ = address.tls;
    const auto require = [&](int code) {
        if (code == 0) return;
        const auto errc = code == NNG_EPERM ? Errc::permission : Errc::unavailable;
        throw Error(errc, fmt::format("cannot listen on {}: {}", url, detail::describe(code)));
    };
    nng_stream_listener* raw = nullptr;
    require(nng_stream_listener_alloc(&raw, address.url().c_str()));
    listener_.reset(raw);
    if (tls_) {
        const auto config = detail::make_tls_config(*options.security.tls, "");
        require(nng_stream_listener_set_ptr(raw, NNG_OPT_TLS_CONFIG, config.get()));
    }
    require(nng_stream_listener_listen(raw));
    int port = 0;
    require(nng_stream_listener_get_int(raw, NNG_OPT_TCP_BOUND_PORT, &port));
    address.port = static_cast<std::uint16_t>(port);
    url_ = address.url();
    aio_ = detail::make_aio(
        [](void* self) {
            auto& impl = *static_cast<Impl*>(self);
            const std::lock_guard lock(impl.mutex_);
            impl.accept_done_ = true;
            impl.changed_.notify_all();
        },
        this);
    thread_ = std::thread([this] { accept_all(); });
}

Listener::Impl::~Impl() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }
    thread_.join();
}

void Listener::Impl::accept_all() {
    nng_stream_listener_accept(listener_.get(), aio_.get());
    std::unique_lock lock(mutex_);
    const auto event = [&] { return stopping_ || accept_done_ || handshake_done_; };
    for (;;) {
        if (half_open_.empty())
            changed_.wait(lock, event);
        else
            changed_.wait_for(lock, kPoll, event);
        if (stopping_) break;
        handshake_done_ = false;
        const bool accepted = std::exchange(accept_done_, false);
        lock.unlock();
        if (accepted) {
            take_accepted();
            nng_stream_listener_accept(listener_.get(), aio_.get());
        }
        tidy();
        lock.lock();
    }
    while (!accept_done_) {
        lock.unlock();
        nng_aio_cancel(aio_.get());
        lock.lock();
        changed_.wait_for(lock, kPoll, [&] { return accept_done_; });
    }
    lock.unlock();
    take_accepted();
    half_open_.clear();
}

void Listener::Impl::take_accepted() {
    nng_aio_wait(aio_.get());
    const int code = nng_aio_result(aio_.get());
    if (code == NNG_ECANCELED) return;
    if (code == 0) return add(static_cast<nng_stream*>(nng_aio_get_output(aio_.get(), 0)));
    util::log_warning("{}: cannot accept a connection: {}", url_, detail::describe(code));
    std::this_thread::sleep_for(kPoll);
}

void Listener::Impl::add(nng_stream* stream) {
    auto channel = std::make_unique<detail::Channel>(stream, tls_);
    if (half_open_.size() >= options_.half_open) half_open_.pop_front();
    half_open_.emplace_back(
        std::move(channel), [this](detail::Handshake& handshake) { shake_hands(handshake); },
        [this] {
            const std::lock_guard lock(mutex_);
            handshake_done_ = true;
            changed_.notify_all();
        });
}

void Listener::Impl::tidy() {
    for (auto& handshake : half_open_)
        if (handshake.age() > options_.hello_patience) handshake.end();
    half_open_.remove_if([](const detail::Handshake& handshake) { return handshake.done(); });
}

void Listener::Impl::shake_hands(detail::Handshake& handshake) {
    const auto from = handshake.channel().stream.remote();
    bool greeting = false;  // an error then is the owner's answer, not a broken stream
    try {
        auto theirs = detail::receive_hello(handshake.channel(), Kind::hello);
        greeting = true;
        const Hello mine = welcome_.greet(theirs);
        greeting = false;
        detail::send_now(handshake.channel(), Kind::hello_ack, encode(mine));
        auto channel = handshake.take();
        if (!channel) throw Error(Errc::unavailable, "the hello took too long");
        util::log_info("{}: {} '{}' connected from {}, build {}", url_, name(theirs.role), theirs.name, from,
                       theirs.build);
        ++accepted_;
        welcome_.accept(std::make_unique<Connection>(std::move(channel), std::move(theirs), options_.connection));
    } catch (const Error& error) {
        refuse(handshake, from, error, greeting || error.code() != Errc::unavailable);
    } catch (const std::exception& error) {
        refuse(handshake, from, Error(Errc::internal, error.what()), true);
    }
}

void Listener::Impl::refuse(detail::Handshake& handshake, const std::string& from, const Error& error, bool tell) {
    ++refused_;
    const bool late = handshake.age() > options_.hello_patience;
    util::log_warning("{}: refused a connection from {}: {}", url_, from,
                      late ? "no hello came in time" : error.message());
    if (!tell || !handshake.has_channel()) return;
    try {
        detail::send_now(handshake.channel(), Kind::error, encode_error(error));
    } catch (const Error&) {
        // Who sent nonsense need not hear why; the connection ends in any case.
        return;
    }
}

Listener::Listener(const std::string& url, const ListenerOptions& options, Welcome welcome)
    : impl_(std::make_unique<Impl>(url, options, std::move(welcome))) {}
Listener::~Listener() = default;
const std::string& Listener::url() const noexcept { return impl_->url_; }
std::size_t Listener::accepted() const noexcept { return impl_->accepted_; }
std::size_t Listener::refused() const noexcept { return impl_->refused_; }

}  // namespace convoy::transport
