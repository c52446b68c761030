#include "runtime/link_probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "graph/graph.hpp"
#include "transport/bytes.hpp"
#include "transport/dial.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/statistics.hpp"
#include "util/version.hpp"

namespace convoy::runtime {

using samples::Direction;
using util::Errc;
using util::Error;
using util::Seconds;

namespace {

constexpr std::array<std::size_t, 8> kSizes{256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304};
constexpr std::size_t kMostTrips = 50;
constexpr std::size_t kLeastTrips = 3;
constexpr std::uint32_t kBurst = 16;
/// Answers that a question may ask for, and bytes in all of them.
constexpr std::uint32_t kMostAnswers = 64;
constexpr std::size_t kMostAnswered = 2 * kSizes.back();
constexpr Seconds kGlance{0.1};
constexpr Seconds kGoodbyePatience{2};
/// For one answer: the largest message on a link of 1 Mbit/s takes 34 s.
constexpr Seconds kAnswerPatience{120};

std::shared_ptr<const std::vector<std::byte>> make_filler() {
    return std::make_shared<const std::vector<std::byte>>(kSizes.back(), std::byte{0x5A});
}

transport::Payload part_of(const std::shared_ptr<const std::vector<std::byte>>& filler, std::size_t bytes) {
    return {std::span(*filler).first(bytes), filler};
}

/// A message there and an answer, or the other way round. `there` and `back` are off by the unknown difference of the
/// clocks.
struct Trip {
    Seconds round_trip{};
    Seconds there{};
    Seconds back{};
};

/// Messages and their answers, one after the other.
class Prober {
  public:
    Prober(const std::string& url, const LinkProbeOptions& options) : stop_(options.stop), filler_(make_filler()) {
        const transport::Hello mine{.role = transport::Role::prober,
                                    .folding_version = graph::kFoldingVersion,
                                    .build = std::string(util::version()),
                                    .name = options.name};
        transport::DialOptions dial;
        dial.security = options.security;
        dial.stop = options.stop;
        connection_ = transport::dial(url, mine, dial);
        transport::Handlers handlers;
        handlers.on_message = [this](const transport::Header& header, const transport::Buffer& payload) {
            if (header.kind == transport::Kind::link_echo) note({header.reply_to, payload.size(), header.sent_ns});
        };
        handlers.on_closed = [this] { note(Error(Errc::unavailable, "the device ended the measurement")); };
        handlers.on_lost = [this](const Error& error) { note(error); };
        connection_->start(std::move(handlers));
    }

    [[nodiscard]] const std::string& peer() const { return connection_->peer().name; }

    /// So many messages of this size in this direction, sent one right after the other.
    [[nodiscard]] Trip trip(Direction direction, std::size_t bytes, std::uint32_t messages) {
        return direction == Direction::out ? push(bytes, messages) : pull(bytes, messages);
    }

    void close() { connection_->close(kGoodbyePatience); }

  private:
    struct Echo {
        std::uint64_t reply_to = 0;
        std::size_t bytes = 0;
        std::uint64_t sent_ns = 0;  ///< on the device's clock
    };

    Trip push(std::size_t bytes, std::uint32_t messages) {
        const transport::Payload payload = part_of(filler_, bytes);
        const Seconds begin = util::now();
        std::uint64_t last = 0;
        for (std::uint32_t left = messages; left-- > 0;)
            last = connection_->send({.kind = transport::Kind::link_push, .frame = left, .regions = {}}, payload);
        return finish(begin, {last, 0}, 1);
    }

    Trip pull(std::size_t bytes, std::uint32_t messages) {
        transport::ByteWriter question;
        question.number(messages);
        question.number(static_cast<std::uint32_t>(bytes));
        const Seconds begin = util::now();
        const std::uint64_t asked =
            connection_->send({.kind = transport::Kind::link_pull, .regions = {}}, transport::Payload(question.take()));
        return finish(begin, {asked, bytes}, messages);
    }

    /// Waits for so many answers like `expected`.
    Trip finish(Seconds begin, const Echo& expected, std::uint32_t answers) {
        Echo echo;
        for (; answers > 0; --answers) {
            echo = await();
            if (echo.reply_to != expected.reply_to || echo.bytes != expected.bytes)
                throw Error(Errc::protocol, fmt::format("'{}' answers something else than what was sent", peer()));
        }
        const Seconds end = util::now();
        const Seconds sent(static_cast<double>(echo.sent_ns) * 1e-9);
        return {end - begin, sent - begin, end - sent};
    }

    void note(const Echo& echo) {
        const std::scoped_lock lock(mutex_);
        // Nobody waits for more than this: a device that sends on and on fills no memory.
        if (echoes_.size() < kMostAnswers) echoes_.push_back(echo);
        changed_.notify_one();
    }

    void note(const Error& error) {
        const std::scoped_lock lock(mutex_);
        lost_ = error;
        changed_.notify_one();
    }

    Echo await() {
        const util::Deadline deadline(kAnswerPatience);
        std::unique_lock lock(mutex_);
        while (echoes_.empty()) {
            if (lost_) throw Error(*lost_);
            if (stop_.stop_requested()) throw Error(Errc::interrupted, "interrupted");
            if (deadline.passed())
                throw Error(Errc::unavailable, fmt::format("'{}' does not answer the measurement", peer()));
            changed_.wait_for(lock, kGlance);
        }
        const Echo echo = echoes_.front();
        echoes_.pop_front();
        return echo;
    }

    std::stop_token stop_;
    std::shared_ptr<const std::vector<std::byte>> filler_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Echo> echoes_;
    std::optional<Error> lost_;
    std::unique_ptr<transport::Connection> connection_;  ///< last: its threads use what stands above
};

/// The samples of one direction, from the smallest size on.
class Series {
  public:
    explicit Series(Direction direction) : direction_(direction) {}

    /// Measures single messages of a size for about so long. Returns the round trip that they usually take.
    Seconds measure(Prober& prober, std::size_t bytes, Seconds share) {
        measure(prober, bytes, 1, share);
        return samples_.back().round_trip.median;
    }
    void measure_burst(Prober& prober, std::size_t bytes, Seconds share) {
        measure(prober, bytes, kBurst, share);
        burst_ = std::move(samples_.back());
        samples_.pop_back();
    }

    /// Whether the times tell a rate: small messages of a busy device may take any time.
    [[nodiscard]] bool growing() const {
        try {
            (void)samples::fit_link(samples_, direction_);
            return true;
        } catch (const Error&) {
            return false;
        }
    }

    void append_to(std::vector<samples::LinkSample>& all) const {
        all.insert(all.end(), samples_.begin(), samples_.end());
        if (burst_) all.push_back(*burst_);
    }

  private:
    void measure(Prober& prober, std::size_t bytes, std::uint32_t messages, Seconds share) {
        const util::Deadline enough(share);
        (void)prober.trip(direction_, bytes, messages);  // warms up
        // A message that fills its share of the time alone says what is to be said of larger ones, too.
        std::vector<Trip> trips;
        while (trips.size() < kLeastTrips || (trips.size() < kMostTrips && !enough.passed()))
            trips.push_back(prober.trip(direction_, bytes, messages));
        add(bytes, messages, trips);
    }

    void add(std::size_t bytes, std::uint32_t messages, const std::vector<Trip>& trips) {
        std::vector<double> round_trips;
        std::vector<double> ways;
        for (const Trip& trip : trips) {
            round_trips.push_back(trip.round_trip.count());
            ways.push_back((direction_ == Direction::out ? trip.there : trip.back).count());
        }
        samples::LinkSample sample;
        sample.bytes = util::Bytes(static_cast<std::int64_t>(bytes));
        sample.direction = direction_;
        sample.messages = messages;
        sample.round_trip = samples::summarize(round_trips);
        const double median = sample.round_trip.median.count();
        if (!half_) half_ = median / 2;
        const double one_way = std::max(median - *half_, median / 2);
        const double middle = util::median(ways);
        for (std::size_t i = 0; i < ways.size(); ++i)
            ways[i] = std::clamp(one_way + ways[i] - middle, 0.0, std::max(one_way, round_trips[i]));
        sample.one_way = samples::summarize(ways);
        samples_.push_back(sample);
    }

    Direction direction_;
    std::optional<double> half_;  ///< of the smallest message's round trip, in seconds
    std::vector<samples::LinkSample> samples_;
    std::optional<samples::LinkSample> burst_;
};

}  // namespace

samples::LinkProfile measure_link(const std::string& url, const LinkProbeOptions& options) {
    const util::Deadline deadline(options.budget);
    Prober prober(url, options);
    std::array<Series, 2> directions{Series(Direction::out), Series(Direction::back)};
    for (std::size_t i = 0; i < kSizes.size(); ++i) {
        const Seconds share = deadline.left() / static_cast<double>(directions.size() * (kSizes.size() - i));
        Seconds usual{};
        bool growing = true;
        for (Series& series : directions) {
            usual += series.measure(prober, kSizes[i], share);
            if (i == 0) series.measure_burst(prober, kSizes[i], share);
            growing = growing && series.growing();
        }
        if (options.progress) options.progress(i + 1, kSizes.size());
        constexpr double kGrowth = 4;  // the next size takes about so much longer
        if (growing && usual * kGrowth * (kLeastTrips + 1) > deadline.left()) break;
    }
    samples::LinkProfile profile{url, prober.peer(), {}, {}, {}};
    prober.close();
    for (const Series& series : directions) series.append_to(profile.samples);
    profile.fitted = samples::fit_link(profile.samples, Direction::out);
    profile.back = samples::fit_link(profile.samples, Direction::back);
    return profile;
}

void LinkAnswers::answer(transport::Connection& to, const transport::Header& header, transport::Buffer payload) {
    const transport::Header echo{.kind = transport::Kind::link_echo, .reply_to = header.sequence, .regions = {}};
    if (header.kind == transport::Kind::link_probe) {
        to.send(echo, transport::Payload(std::move(payload)));
    } else if (header.kind == transport::Kind::link_push) {
        if (header.frame == 0) to.send(echo);
    } else if (header.kind == transport::Kind::link_pull) {
        transport::ByteReader question(payload.bytes());
        const auto answers = question.number<std::uint32_t>();
        const auto bytes = question.number<std::uint32_t>();
        question.finish();
        if (answers > kMostAnswers || bytes > kSizes.back() || std::size_t{answers} * bytes > kMostAnswered)
            throw Error(Errc::protocol, fmt::format("{} answers of {} bytes were asked for", answers, bytes));
        if (!filler_) filler_ = make_filler();
        for (std::uint32_t i = 0; i < answers; ++i) to.send(echo, part_of(filler_, bytes));
    }
}

}  // namespace convoy::runtime
