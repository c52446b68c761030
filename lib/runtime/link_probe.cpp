#include "runtime/link_probe.hpp"

#include <fmt/format.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "graph/graph.hpp"
#include "transport/dial.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/version.hpp"

namespace convoy::runtime {

using util::Errc;
using util::Error;
using util::Seconds;

namespace {

constexpr std::array<std::size_t, 8> kSizes{256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304};
constexpr std::size_t kMostRoundTrips = 50;
constexpr std::size_t kLeastRoundTrips = 3;
constexpr Seconds kGlance{0.1};
constexpr Seconds kGoodbyePatience{2};

/// A probe and its echo, one at a time.
class Prober {
  public:
    Prober(const std::string& url, const LinkProbeOptions& options) : stop_(options.stop) {
        const transport::Hello mine{.role = transport::Role::prober,
                                    .folding_version = graph::kFoldingVersion,
                                    .build = std::string(util::version()),
                                    .name = "profile"};
        transport::DialOptions dial;
        dial.security = options.security;
        dial.stop = options.stop;
        connection_ = transport::dial(url, mine, dial);
        transport::Handlers handlers;
        handlers.on_message = [this](const transport::Header& header, const transport::Buffer& payload) {
            if (header.kind == transport::Kind::link_echo) note(Echo{header.reply_to, payload.size()});
        };
        handlers.on_closed = [this] { note(Error(Errc::unavailable, "the device ended the measurement")); };
        handlers.on_lost = [this](const Error& error) { note(error); };
        connection_->start(std::move(handlers));
    }

    [[nodiscard]] const std::string& peer() const { return connection_->peer().name; }

    [[nodiscard]] Seconds round_trip(const transport::Payload& payload) {
        const Seconds begin = util::now();
        const std::uint64_t sequence = connection_->send({.kind = transport::Kind::link_probe, .regions = {}}, payload);
        const Echo echo = await();
        const Seconds time = util::now() - begin;
        if (echo.reply_to != sequence || echo.bytes != payload.bytes.size()) {
            throw Error(Errc::protocol, fmt::format("'{}' echoes something else than what was sent", peer()));
        }
        return time;
    }

    void close() { connection_->close(kGoodbyePatience); }

  private:
    struct Echo {
        std::uint64_t reply_to = 0;
        std::size_t bytes = 0;
    };

    void note(Echo echo) {
        const std::scoped_lock lock(mutex_);
        echo_ = echo;
        changed_.notify_one();
    }

    void note(const Error& error) {
        const std::scoped_lock lock(mutex_);
        lost_ = error;
        changed_.notify_one();
    }

    /// A silent device is noticed by the connection, so that this ends.
    Echo await() {
        std::unique_lock lock(mutex_);
        while (!echo_) {
            if (lost_) throw Error(*lost_);
            if (stop_.stop_requested()) throw Error(Errc::interrupted, "interrupted");
            changed_.wait_for(lock, kGlance);
        }
        const Echo echo = *echo_;
        echo_.reset();
        return echo;
    }

    std::stop_token stop_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Echo> echo_;
    std::optional<Error> lost_;
    std::unique_ptr<transport::Connection> connection_;  ///< last: its threads use what stands above
};

samples::LinkSample sample_of(std::size_t size, const std::vector<double>& times) {
    samples::LinkSample sample;
    sample.bytes = util::Bytes(static_cast<std::int64_t>(size));
    sample.round_trip = samples::summarize(times);
    std::vector<double> halves = times;
    for (double& time : halves) time /= 2;
    sample.one_way = samples::summarize(halves);
    return sample;
}

/// Whether the messages say something about the rate, as two sizes do at least: small ones of a busy device may take
/// any time.
bool grow(const std::vector<samples::LinkSample>& samples) {
    return samples.size() >= 2 && samples.back().one_way.median > samples.front().one_way.median;
}

}  // namespace

samples::LinkProfile measure_link(const std::string& url, const LinkProbeOptions& options) {
    const util::Deadline deadline(options.budget);
    Prober prober(url, options);
    samples::LinkProfile profile;
    profile.url = url;
    profile.peer = prober.peer();
    for (std::size_t i = 0; i < kSizes.size(); ++i) {
        const Seconds share = deadline.left() / static_cast<double>(kSizes.size() - i);
        const util::Deadline enough(share);
        const transport::Payload payload(std::vector<std::byte>(kSizes[i], std::byte{0x5A}));
        const Seconds first = prober.round_trip(payload);  // warms up
        // A message that fills its share of the time alone says what is to be said of larger ones, too.
        std::vector<double> times;
        while (times.size() < kLeastRoundTrips || (times.size() < kMostRoundTrips && !enough.passed())) {
            times.push_back(prober.round_trip(payload).count());
        }
        profile.samples.push_back(sample_of(kSizes[i], times));
        if (options.progress) options.progress(i + 1, kSizes.size());
        constexpr double kGrowth = 4;  // the next size takes about so much longer
        if (grow(profile.samples) && first * kGrowth * (kLeastRoundTrips + 1) > deadline.left()) break;
    }
    prober.close();
    profile.fitted = samples::fit_link(profile.samples);
    return profile;
}

}  // namespace convoy::runtime
