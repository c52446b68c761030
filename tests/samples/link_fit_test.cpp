#include <catch2/catch.hpp>

#include <limits>

#include "samples/profile.hpp"
#include "util/error.hpp"

using namespace convoy;
using namespace convoy::samples;
using util::Seconds;

namespace {

constexpr double kFixed = 0.002;
constexpr double kRate = 12.5e6;

/// A message of a link with start-up and delay of 2 ms together, and 100 Mbit/s; 0.3 ms late in 1 of 20 cases.
LinkSample sample(std::int64_t bytes, Direction direction = Direction::out, double fixed = kFixed) {
    LinkSample result;
    result.bytes = util::Bytes(bytes);
    result.direction = direction;
    result.one_way.median = Seconds(fixed + static_cast<double>(bytes) / kRate);
    result.one_way.p95 = result.one_way.median + Seconds(0.0003);
    result.round_trip.median = result.one_way.median + Seconds(fixed);
    return result;
}

/// A burst of 16 messages, each of which occupies the sender for so long beside its bytes.
LinkSample burst(std::int64_t bytes, double start_up, Direction direction = Direction::out) {
    LinkSample result = sample(bytes, direction);
    result.messages = 16;
    result.round_trip.median += Seconds(15 * (start_up + static_cast<double>(bytes) / kRate));
    return result;
}

std::vector<LinkSample> sizes(Direction direction = Direction::out, double fixed = kFixed) {
    std::vector<LinkSample> samples;
    for (const std::int64_t bytes : {256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304})
        samples.push_back(sample(bytes, direction, fixed));
    return samples;
}

}  // namespace

TEST_CASE("samples: fitting a link finds the start-up and rate that made the times", "[samples]") {
    const LinkFit fit = fit_link(sizes());
    CHECK(fit.start_up.count() == Approx(kFixed));
    CHECK(fit.rate.value == Approx(kRate));
    CHECK(fit.delay.count() == 0);
    CHECK(fit.jitter.count() == Approx(0.0003));
}

TEST_CASE("samples: a burst tells a link's start-up from its delay", "[samples]") {
    std::vector<LinkSample> samples = sizes();
    samples.push_back(burst(256, 0.0005));
    const LinkFit fit = fit_link(samples);
    CHECK(fit.start_up.count() == Approx(0.0005));
    CHECK(fit.delay.count() == Approx(kFixed - 0.0005));
    CHECK((fit.start_up + fit.delay).count() == Approx(fit_link(sizes()).start_up.count()));
}

TEST_CASE("samples: neither start-up nor delay is ever negative", "[samples]") {
    std::vector<LinkSample> slow = sizes();
    slow.push_back(burst(256, 2 * kFixed));  // more than all of the fixed time
    CHECK(fit_link(slow).start_up.count() == Approx(kFixed));
    CHECK(fit_link(slow).delay.count() == 0);
    std::vector<LinkSample> quick = sizes();
    quick.push_back(burst(256, -0.0001));
    CHECK(fit_link(quick).start_up.count() == 0);
    CHECK(fit_link(quick).delay.count() == Approx(kFixed));
    std::vector<LinkSample> through_zero{sample(1000), sample(2000)};
    through_zero[0].one_way.median = Seconds(0.0005);
    through_zero[1].one_way.median = Seconds(0.002);
    CHECK(fit_link(through_zero).start_up.count() == 0);
    CHECK(fit_link(through_zero).rate.value > 0);
}

TEST_CASE("samples: a message that was held up does not change the fit of a link", "[samples]") {
    for (std::size_t late = 0; late < 7; ++late) {
        std::vector<LinkSample> samples = sizes();
        samples[late].one_way.median *= 4;
        INFO(samples[late].bytes.value);
        const LinkFit fit = fit_link(samples);
        CHECK(fit.start_up.count() == Approx(kFixed).epsilon(0.05));
        CHECK(fit.rate.value == Approx(kRate).epsilon(0.05));
    }
}

TEST_CASE("samples: each direction of a link is fitted to its own samples", "[samples]") {
    std::vector<LinkSample> samples = sizes();
    for (const LinkSample& slower : sizes(Direction::back, 0.005)) samples.push_back(slower);
    CHECK(fit_link(samples, Direction::out).start_up.count() == Approx(kFixed));
    CHECK(fit_link(samples, Direction::back).start_up.count() == Approx(0.005));
}

TEST_CASE("samples: jitter is that of small messages, the middle of what their sizes tell", "[samples]") {
    std::vector<LinkSample> samples = sizes();
    samples[1].one_way.p95 = samples[1].one_way.median + Seconds(0.1);  // something else was going on
    samples[6].one_way.p95 = samples[6].one_way.median + Seconds(0.5);
    CHECK(fit_link(samples).jitter.count() == Approx(0.0003));
}

TEST_CASE("samples: a link that cannot be fitted says why", "[samples]") {
    const auto message = [](std::int64_t bytes, double seconds) {
        LinkSample result = sample(bytes);
        result.one_way.median = Seconds(seconds);
        return result;
    };
    CHECK_THROWS_WITH(fit_link(std::vector{message(1000, 1), message(1000, 2)}),
                      "a link is fitted from messages of at least two sizes");
    CHECK_THROWS_WITH(fit_link(sizes(Direction::back)), "a link is fitted from messages of at least two sizes");
    CHECK_THROWS_WITH(fit_link(std::vector{message(1000, 2), message(2000, 1)}),
                      "the times of the link's messages do not grow with their size");
    CHECK_THROWS_WITH(fit_link(std::vector{message(1000, 0), message(2000, 1)}),
                      "a link sample has a time that is not above 0");
    CHECK_THROWS_WITH(fit_link(std::vector{message(1000, std::numeric_limits<double>::quiet_NaN())}),
                      "a link sample has a time that is not above 0");
}
