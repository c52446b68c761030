#include "latency/pace.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "util/statistics.hpp"

namespace convoy::latency {

using util::FlopsPerSecond;

namespace {

/// What is known of one number of threads and one load.
struct Condition {
    std::vector<double> paces;  ///< of one profile, then the median of each
    std::vector<double> loads;
};
using ByCondition = std::map<std::pair<int, double>, Condition>;

void add(const samples::Profile& profile, ByCondition& all) {
    ByCondition of_profile;
    for (const samples::LayerSample& sample : profile.layers) {
        if (!sample.pace) continue;
        Condition& condition = of_profile[{sample.threads, sample.load_offered}];
        condition.paces.push_back(sample.pace->value);
        condition.loads.push_back(sample.load());
    }
    for (const auto& [key, condition] : of_profile) {
        all[key].paces.push_back(util::median(condition.paces));
        all[key].loads.push_back(util::median(condition.loads));
    }
}

/// Those of the nearest number of threads, fewer on a tie.
std::span<const UsualPace> of_threads(std::span<const UsualPace> usual, int threads) noexcept {
    const auto distance = [&](const UsualPace& pace) {
        return std::abs(std::log(static_cast<double>(pace.threads) / threads));
    };
    std::span<const UsualPace> nearest;
    for (std::size_t begin = 0; begin < usual.size();) {
        std::size_t end = begin + 1;
        while (end < usual.size() && usual[end].threads == usual[begin].threads) ++end;
        if (nearest.empty() || distance(usual[begin]) < distance(nearest[0]))
            nearest = usual.subspan(begin, end - begin);
        begin = end;
    }
    return nearest;
}

/// Linear between the nearest loads. @param usual  not empty
double at_load(std::span<const UsualPace> usual, double load) noexcept {
    const auto above =
        std::find_if(usual.begin(), usual.end(), [&](const UsualPace& pace) { return pace.load >= load; });
    if (above == usual.end()) return usual.back().pace.value;
    if (above == usual.begin()) return above->pace.value;
    const UsualPace& below = *(above - 1);
    return std::lerp(below.pace.value, above->pace.value, (load - below.load) / (above->load - below.load));
}

}  // namespace

std::vector<UsualPace> usual_paces(std::span<const samples::Profile> profiles) {
    ByCondition all;
    for (const samples::Profile& profile : profiles) add(profile, all);
    std::vector<UsualPace> usual;
    for (const auto& [key, condition] : all) {
        const UsualPace pace{key.first, util::median(condition.loads), FlopsPerSecond(util::median(condition.paces))};
        // What was seen of a larger load can have been less; then the first of the two says enough.
        if (!usual.empty() && usual.back().threads == pace.threads && usual.back().load >= pace.load) continue;
        usual.push_back(pace);
    }
    return usual;
}

double relative_pace(const std::optional<FlopsPerSecond>& pace, int threads, double load,
                     std::span<const UsualPace> usual) noexcept {
    if (!pace || usual.empty()) return 1;
    const double relative = pace->value / at_load(of_threads(usual, threads), load);
    return relative > 0 ? std::clamp(relative, 1 / kLargestRelativePace, kLargestRelativePace) : 1;
}

}  // namespace convoy::latency
