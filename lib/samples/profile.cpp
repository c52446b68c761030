#include "samples/profile.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "util/error.hpp"
#include "util/statistics.hpp"

namespace convoy::samples {

Times summarize(std::span<const double> seconds) {
    return {static_cast<std::int64_t>(seconds.size()), util::Seconds(util::median(seconds)),
            util::Seconds(*std::min_element(seconds.begin(), seconds.end())),
            util::Seconds(util::quantile(seconds, 0.95)),
            util::Seconds(util::quantile(seconds, 0.75) - util::quantile(seconds, 0.25))};
}

namespace {

/// Sums of the normal equations of sum((start_up + bytes / rate - time) / time)^2.
struct LinkSums {
    double ones = 0, bytes = 0, squares = 0, one_time = 0, bytes_time = 0;
};

LinkSums link_sums(std::span<const LinkSample> samples) {
    LinkSums sums;
    for (const LinkSample& sample : samples) {
        const double time = sample.one_way.median.count();
        const double one = 1 / time;
        const double bytes = static_cast<double>(sample.bytes.value) / time;
        sums.ones += one * one;
        sums.bytes += one * bytes;
        sums.squares += bytes * bytes;
        sums.one_time += one;
        sums.bytes_time += bytes;
    }
    return sums;
}

void stretch(Times& times, double factor) {
    for (util::Seconds* time : {&times.median, &times.min, &times.p95, &times.spread}) *time *= factor;
}

}  // namespace

Profile stretched(Profile profile, double factor) {
    profile.context.stretch *= factor;
    if (profile.piece_overhead) stretch(*profile.piece_overhead, factor);
    for (ModelSample& sample : profile.whole_model) stretch(sample.time, factor);
    for (LayerSample& sample : profile.layers) {
        stretch(sample.time, factor);
        if (sample.repeated) *sample.repeated *= factor;
    }
    for (CodecSample& sample : profile.codecs) {
        stretch(sample.encode, factor);
        stretch(sample.decode, factor);
    }
    return profile;
}

const char* to_string(Stop stop) noexcept {
    switch (stop) {
        case Stop::stable:
            return "stable";
        case Stop::max_runs:
            return "max_runs";
        case Stop::budget:
            return "budget";
        case Stop::unknown:
            break;
    }
    return "unknown";
}

LinkFit fit_link(std::span<const LinkSample> samples) {
    std::set<std::int64_t> sizes;
    for (const LinkSample& sample : samples) {
        if (!(sample.one_way.median.count() > 0) || !std::isfinite(sample.one_way.median.count()))
            throw util::Error(util::Errc::data, "a link sample has a time that is not above 0");
        sizes.insert(sample.bytes.value);
    }
    if (sizes.size() < 2) throw util::Error(util::Errc::data, "a link is fitted from messages of at least two sizes");
    const LinkSums sums = link_sums(samples);
    const double determinant = sums.ones * sums.squares - sums.bytes * sums.bytes;
    double start_up = (sums.one_time * sums.squares - sums.bytes_time * sums.bytes) / determinant;
    double per_byte = (sums.bytes_time * sums.ones - sums.one_time * sums.bytes) / determinant;
    if (start_up < 0) {
        start_up = 0;
        per_byte = sums.bytes_time / sums.squares;
    }
    if (!(per_byte > 0))
        throw util::Error(util::Errc::data, "the times of the link's messages do not grow with their size")
            .hint("measure with larger messages");
    return {util::Seconds(start_up), util::BytesPerSecond(1 / per_byte), util::Seconds(0)};
}

}  // namespace convoy::samples
