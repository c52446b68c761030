#include "samples/profile.hpp"

#include <algorithm>

#include "util/statistics.hpp"

namespace convoy::samples {

Times summarize(std::span<const double> seconds) {
    return {static_cast<std::int64_t>(seconds.size()), util::Seconds(util::median(seconds)),
            util::Seconds(*std::min_element(seconds.begin(), seconds.end())),
            util::Seconds(util::quantile(seconds, 0.95)),
            util::Seconds(util::quantile(seconds, 0.75) - util::quantile(seconds, 0.25))};
}

namespace {

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

}  // namespace convoy::samples
