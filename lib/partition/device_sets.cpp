#include "partition/device_sets.hpp"

#include <algorithm>
#include <numeric>

#include "partition/capability.hpp"

namespace convoy::partition::detail {

namespace {

bool contains(const std::vector<std::size_t>& set, std::size_t device) {
    return std::find(set.begin(), set.end(), device) != set.end();
}

}  // namespace

std::vector<std::size_t> by_speed(const Problem& problem, Slices& slices, OperatorRange range) {
    std::vector<std::size_t> devices(problem.bed.cluster().devices.size());
    std::iota(devices.begin(), devices.end(), std::size_t{0});
    std::stable_sort(devices.begin(), devices.end(),
                     [&](std::size_t a, std::size_t b) { return slices.whole(range, a) < slices.whole(range, b); });
    return devices;
}

std::vector<std::vector<std::size_t>> fastest_sets_with_source(const Problem& problem, std::size_t least,
                                                               std::size_t most) {
    std::vector<std::vector<std::size_t>> sets = fastest_sets(problem, least, most);
    const std::size_t source = problem.bed.cluster().source;
    std::erase_if(sets, [&](const std::vector<std::size_t>& set) { return !contains(set, source); });
    return sets;
}

std::vector<std::size_t> single_devices(const Problem& problem, Slices& slices) {
    constexpr std::size_t kMost = 16;
    std::vector<std::size_t> devices = by_speed(problem, slices, {0, problem.graph.operators().size()});
    devices.resize(std::min(devices.size(), kMost));
    for (const std::size_t device : {problem.bed.cluster().source, problem.bed.cluster().sink}) {
        if (!contains(devices, device)) devices.push_back(device);
    }
    std::sort(devices.begin(), devices.end());
    return devices;
}

std::vector<double> speeds(Slices& slices, std::span<const OperatorRange> ranges,
                           std::span<const std::size_t> devices) {
    std::vector<double> speeds;
    for (const std::size_t device : devices) {
        util::Seconds time{};
        for (const OperatorRange& range : ranges) time += slices.whole(range, device);
        constexpr double kShortest = 1e-12;
        speeds.push_back(1 / std::max(time.count(), kShortest));
    }
    return speeds;
}

}  // namespace convoy::partition::detail
