#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <vector>

#include "samples/profile.hpp"
#include "util/error.hpp"
#include "util/statistics.hpp"

namespace convoy::samples {

using util::Errc;
using util::Error;
using util::Seconds;

namespace {

/// Messages up to this size count for the jitter: the times of larger ones vary with the rate, too.
constexpr util::Bytes kSmall{4096};

struct Point {
    double bytes = 0;
    double time = 0;
};

/// time = base + per_byte x bytes, in seconds.
struct Line {
    double base = 0;
    double per_byte = 0;
};

/// The least sum(weight ((base + per_byte bytes - time) / time)^2) with a base that is not negative.
Line weighted_line(std::span<const Point> points, std::span<const double> weights) {
    double ones = 0, bytes = 0, squares = 0, one_time = 0, bytes_time = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const double one = 1 / points[i].time;
        const double scaled = points[i].bytes / points[i].time;
        ones += weights[i] * one * one;
        bytes += weights[i] * one * scaled;
        squares += weights[i] * scaled * scaled;
        one_time += weights[i] * one;
        bytes_time += weights[i] * scaled;
    }
    const double determinant = ones * squares - bytes * bytes;
    const Line line{(one_time * squares - bytes_time * bytes) / determinant,
                    (bytes_time * ones - one_time * bytes) / determinant};
    return line.base < 0 ? Line{0, bytes_time / squares} : line;
}

/// Iteratively reweighted: what is further off than most counts less (Huber's weights).
Line robust_line(std::span<const Point> points) {
    constexpr int kRounds = 30;
    constexpr double kTuning = 1.345;      // 95 % efficient where the errors are normal
    constexpr double kNormal = 1.4826;     // of the median of absolute errors, to a standard deviation
    constexpr double kLeastScale = 0.001;  // times are not measured more exactly
    std::vector<double> weights(points.size(), 1);
    Line line = weighted_line(points, weights);
    for (int round = 0; round < kRounds; ++round) {
        std::vector<double> errors;
        for (const Point& point : points)
            errors.push_back(std::abs((line.base + line.per_byte * point.bytes) / point.time - 1));
        const double scale = std::max(kNormal * util::median(errors), kLeastScale);
        for (std::size_t i = 0; i < errors.size(); ++i) weights[i] = std::min(1.0, kTuning * scale / errors[i]);
        line = weighted_line(points, weights);
    }
    return line;
}

std::vector<Point> points_of(std::span<const LinkSample> samples, Direction direction) {
    std::vector<Point> points;
    std::set<std::int64_t> sizes;
    for (const LinkSample& sample : samples) {
        if (sample.direction != direction || sample.messages != 1) continue;
        const double time = sample.one_way.median.count();
        if (!(time > 0) || !std::isfinite(time))
            throw Error(Errc::data, "a link sample has a time that is not above 0");
        points.push_back({static_cast<double>(sample.bytes.value), time});
        sizes.insert(sample.bytes.value);
    }
    if (sizes.size() < 2) throw Error(Errc::data, "a link is fitted from messages of at least two sizes");
    return points;
}

/// What each further message of a burst costs beside its bytes; nothing without a burst.
std::optional<Seconds> burst_start_up(std::span<const LinkSample> samples, Direction direction,
                                      util::BytesPerSecond rate) {
    for (const LinkSample& burst : samples) {
        if (burst.direction != direction || burst.messages < 2) continue;
        for (const LinkSample& single : samples) {
            if (single.direction != direction || single.messages != 1 || single.bytes != burst.bytes) continue;
            const Seconds longer = burst.round_trip.median - single.round_trip.median;
            return longer / static_cast<double>(burst.messages - 1) - burst.bytes / rate;
        }
    }
    return std::nullopt;
}

/// The median over the sizes of how much later the 95th percentile comes than the median.
Seconds jitter_of(std::span<const LinkSample> samples, Direction direction) {
    std::vector<double> late;
    for (const LinkSample& sample : samples)
        if (sample.direction == direction && sample.messages == 1 && sample.bytes <= kSmall)
            late.push_back((sample.one_way.p95 - sample.one_way.median).count());
    return late.empty() ? Seconds{0} : std::max(Seconds{0}, Seconds{util::median(late)});
}

}  // namespace

LinkFit fit_link(std::span<const LinkSample> samples, Direction direction) {
    const Line line = robust_line(points_of(samples, direction));
    if (!(line.per_byte > 0))
        throw Error(Errc::data, "the times of the link's messages do not grow with their size")
            .hint("measure with larger messages");
    LinkFit fit;
    fit.rate = util::BytesPerSecond(1 / line.per_byte);
    const Seconds fixed(line.base);
    fit.start_up = std::clamp(burst_start_up(samples, direction, fit.rate).value_or(fixed), Seconds{0}, fixed);
    fit.delay = fixed - fit.start_up;
    fit.jitter = jitter_of(samples, direction);
    return fit;
}

}  // namespace convoy::samples
