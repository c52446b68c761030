#include "runtime/worker.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

#include "runtime/model_store.hpp"
#include "runtime/node.hpp"
#include "runtime/session.hpp"
#include "util/clock.hpp"
#include "util/log.hpp"
#include "util/memory.hpp"

namespace convoy::runtime {

using transport::Role;
using util::Errc;
using util::Error;

namespace {

/// Who may use the worker: one run at a time. Thread-safe.
///
/// A coordinator takes the seat with its hello. When its connection fails before the run begins, the seat is free
/// again after a while.
class Seat {
  public:
    /// Waits a little for a run that is just ending: its coordinator is gone before the worker has cleaned up.
    bool take(std::uint64_t session) {
        if (session == 0) return false;
        std::unique_lock lock(mutex_);
        const auto is_free = [&] { return session_ == 0 || (!occupied_ && util::now() - taken_at_ > kAbandoned); };
        if (!left_.wait_for(lock, kEnding, is_free)) return false;
        session_ = session;
        taken_at_ = util::now();
        return true;
    }
    void occupy() {
        const std::lock_guard lock(mutex_);
        occupied_ = true;
    }
    void leave() {
        const std::lock_guard lock(mutex_);
        session_ = 0;
        occupied_ = false;
        left_.notify_one();
    }
    [[nodiscard]] bool held_by(std::uint64_t session) const {
        const std::lock_guard lock(mutex_);
        return session != 0 && session == session_;
    }

  private:
    static constexpr util::Seconds kAbandoned{10};
    static constexpr util::Seconds kEnding{2};
    mutable std::mutex mutex_;
    std::condition_variable left_;
    std::uint64_t session_ = 0;
    util::Seconds taken_at_{};
    bool occupied_ = false;
};

}  // namespace

class Worker::Implementation {
  public:
    explicit Implementation(WorkerOptions options)
        : options_(std::move(options)),
          models_({options_.models, options_.look_where_told && transport::Address::parse(options_.listen).loopback(),
                   options_.cache}),
          listener_(options_.listen, {.security = options_.security, .connection = options_.connection},
                    {.greet = [this](const transport::Hello& theirs) { return greet(theirs); },
                     .accept =
                         [this](std::unique_ptr<transport::Connection> connection) {
                             mailbox_.put(PeerAccepted{std::move(connection)});
                         }}) {}

    [[nodiscard]] const std::string& url() const noexcept { return listener_.url(); }

    Outcome run(std::stop_token stop) {
        base_memory_ = util::resident_memory();
        const std::stop_callback wake(stop, [this] { mailbox_.put(WakeUp{}); });
        util::Seconds idle_since = util::now();
        while (!stop.stop_requested()) {
            std::optional<Event> event = mailbox_.take(idle_patience(idle_since));
            if (!event) return Outcome::idle;
            auto* accepted = std::get_if<PeerAccepted>(&*event);
            if (accepted == nullptr) continue;
            if (accepted->connection->peer().role == Role::prober) {
                probers_.add(std::move(accepted->connection));
            } else if (accepted->connection->peer().role == Role::coordinator) {
                const bool clean = serve(std::move(accepted->connection), stop);
                if (options_.one_off) return clean ? Outcome::one_off_done : Outcome::one_off_failed;
            }
            idle_since = util::now();
        }
        return Outcome::stopped;
    }

  private:
    [[nodiscard]] util::Seconds idle_patience(util::Seconds idle_since) const {
        constexpr util::Seconds kForever{1e9};
        return options_.idle_timeout ? *options_.idle_timeout - (util::now() - idle_since) : kForever;
    }

    /// Who may connect. Called from the listener's threads.
    transport::Hello greet(const transport::Hello& theirs) {
        if (theirs.role != Role::prober && theirs.folding_version != graph::kFoldingVersion)
            throw Error(Errc::protocol, fmt::format("this worker folds graphs by version {}, '{}' by version {}",
                                                    graph::kFoldingVersion, theirs.name, theirs.folding_version));
        if (theirs.role == Role::coordinator && !seat_.take(theirs.session))
            throw Error(Errc::unavailable, fmt::format("worker '{}' is busy with another run", options_.name))
                .hint("a worker serves one run at a time; try again later");
        if (theirs.role == Role::worker && !seat_.held_by(theirs.session))
            throw Error(Errc::unavailable, fmt::format("worker '{}' is not in this run", options_.name));
        return {.role = Role::worker,
                .folding_version = graph::kFoldingVersion,
                .session = theirs.session,
                .build = {},
                .name = options_.name,
                .plan_hash = {},
                .model_hash = {},
                .nonce = {},
                .certificate = {},
                .signature = {}};
    }

    /// One run, from the coordinator's hello to its goodbye. False when it ended in an error.
    bool serve(std::unique_ptr<transport::Connection> coordinator, const std::stop_token& stop) {
        const std::string name = coordinator->peer().name;
        util::log_info("run of '{}' begins", name);
        bool clean = false;
        seat_.occupy();
        util::forget_peak_memory();
        try {
            Session session({mailbox_, models_, probers_},
                            {options_.security, options_.connection, options_.threads, stop, base_memory_,
                             options_.memory_limit, options_.slowdown});
            clean = session.run(std::move(coordinator));
        } catch (const Error& error) {
            util::log(util::LogLevel::error, fmt::format("run of '{}': {}", name, error.message()));
        }
        seat_.leave();
        util::log_info("run of '{}' has ended", name);
        return clean;
    }

    WorkerOptions options_;
    ModelStore models_;
    Mailbox mailbox_;
    Probers probers_;
    Seat seat_;
    util::Bytes base_memory_;
    transport::Listener listener_;  ///< last: its threads use the others
};

Worker::Worker(WorkerOptions options) : implementation_(std::make_unique<Implementation>(std::move(options))) {}
Worker::~Worker() = default;
const std::string& Worker::url() const noexcept { return implementation_->url(); }
Worker::Outcome Worker::run(std::stop_token stop) { return implementation_->run(std::move(stop)); }

}  // namespace convoy::runtime
