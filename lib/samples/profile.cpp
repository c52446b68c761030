#include "samples/profile.hpp"

#include <algorithm>
#include <map>
#include <vector>

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

template <class Sample>
void stretch_sample(Sample& sample, double factor) {
    stretch(sample.time, factor);
    if (sample.pace) *sample.pace = *sample.pace * (1 / factor);
}

}  // namespace

std::optional<PaceRange> pace_range(const Profile& profile) {
    std::map<std::pair<double, int>, std::vector<double>> by_condition;
    const auto add = [&](const auto& samples) {
        for (const auto& sample : samples) {
            if (sample.pace) by_condition[{sample.load_offered, sample.threads}].push_back(sample.pace->value);
        }
    };
    add(profile.layers);
    add(profile.whole_model);
    if (by_condition.empty()) return std::nullopt;
    const std::vector<double>& paces = by_condition.begin()->second;
    const auto quantile = [&](double p) { return util::FlopsPerSecond(util::quantile(paces, p)); };
    return PaceRange{quantile(0.5), quantile(0.05), quantile(0.95)};
}

Profile stretched(Profile profile, double factor) {
    profile.context.stretch *= factor;
    if (profile.piece_overhead) stretch(*profile.piece_overhead, factor);
    if (profile.pace) {
        for (util::FlopsPerSecond* pace : {&profile.pace->usual, &profile.pace->least, &profile.pace->most})
            *pace = *pace * (1 / factor);
    }
    for (ModelSample& sample : profile.whole_model) stretch_sample(sample, factor);
    for (LayerSample& sample : profile.layers) {
        stretch_sample(sample, factor);
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
