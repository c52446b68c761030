#include "partition/capability.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace convoy::partition::detail {

using graph::Index;
using graph::Interval;

namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();
/// Plans that fit_memory makes; each takes away what the one before had too much.
constexpr int kMostFits = 16;

/// Indices of the largest values first, ties in order.
std::vector<std::size_t> ranked(const std::vector<double>& values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
    return order;
}

}  // namespace

std::vector<double> speeds_for_model(const Problem& problem) {
    std::vector<double> speeds;
    for (std::size_t device = 0; device < problem.bed.cluster().devices.size(); ++device) {
        double seconds = 0;
        for (std::uint32_t op = 0; op < problem.graph.operators().size(); ++op) {
            const graph::Work work = graph::whole_work(problem.graph, graph::OperatorId{op});
            seconds += problem.predictor.time(device, work).count();
        }
        speeds.push_back(1 / std::max(seconds, 1e-12));
    }
    return speeds;
}

std::vector<std::vector<std::size_t>> fastest_sets(const Problem& problem, std::size_t least, std::size_t most) {
    const std::vector<std::size_t> order = ranked(speeds_for_model(problem));
    const std::size_t source = problem.bed.cluster().source;
    most = std::min({most, order.size(), problem.most_devices});
    std::vector<std::vector<std::size_t>> sets;
    for (std::size_t k = least; k <= most;) {
        std::vector<std::size_t> set(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k));
        const bool has_source = std::find(set.begin(), set.end(), source) != set.end();
        std::vector<std::size_t> with_source = set;
        with_source.back() = source;
        std::sort(set.begin(), set.end());
        sets.push_back(std::move(set));
        if (!has_source) {
            std::sort(with_source.begin(), with_source.end());
            sets.push_back(std::move(with_source));
        }
        if (k == most) break;
        k = std::min(most, k < 8 ? k + 1 : 2 * k);
    }
    return sets;
}

std::vector<double> proportions(const std::vector<double>& weights, const std::vector<double>& limits) {
    std::vector<double> parts(weights.size(), 0);
    std::vector<bool> full(weights.size(), false);
    double left = 1;
    while (true) {
        double sum = 0;
        for (std::size_t i = 0; i < weights.size(); ++i) sum += full[i] ? 0 : weights[i];
        if (sum <= 0) return left > 1e-9 ? std::vector<double>{} : parts;
        bool limited = false;
        for (std::size_t i = 0; i < weights.size(); ++i) {
            if (full[i] || left * weights[i] / sum <= limits[i]) continue;
            parts[i] = std::max(limits[i], 0.0);
            full[i] = limited = true;
        }
        if (!limited) {
            for (std::size_t i = 0; i < weights.size(); ++i) {
                if (!full[i]) parts[i] = left * weights[i] / sum;
            }
            return parts;
        }
        left = 1;
        for (std::size_t i = 0; i < weights.size(); ++i) left -= full[i] ? parts[i] : 0;
    }
}

std::vector<Interval> deal_by(Index extent, Index granule, const std::vector<double>& parts) {
    const Index units = (extent + granule - 1) / granule;
    std::vector<Index> sizes;
    std::vector<double> remainders;
    for (const double part : parts) {
        const double wanted = part * static_cast<double>(units) + 1e-9;
        sizes.push_back(static_cast<Index>(std::floor(wanted)));
        remainders.push_back(part > 0 ? wanted - std::floor(wanted) : -1);
    }
    Index left = units - std::accumulate(sizes.begin(), sizes.end(), Index{0});
    for (const std::size_t i : ranked(remainders)) {
        if (left <= 0 || remainders[i] < 0) break;
        ++sizes[i];
        --left;
    }
    std::vector<Interval> intervals;
    Index begin = 0;
    for (const Index size : sizes) {
        const Index end = std::min(extent, begin + size * granule);
        intervals.push_back({begin, end});
        begin = end;
    }
    return intervals;
}

std::vector<Interval> deal_rows(Index extent, Index least, std::vector<double> parts) {
    while (true) {
        std::vector<Interval> rows = deal_by(extent, 1, parts);
        std::optional<std::size_t> smallest;
        std::size_t sharing = 0;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (parts[i] <= 0) continue;
            ++sharing;
            if (rows[i].size() < least && (!smallest || parts[i] < parts[*smallest])) smallest = i;
        }
        if (!smallest || sharing == 1) return rows;
        const double others = 1 - parts[*smallest];
        parts[*smallest] = 0;
        for (double& part : parts) part /= others;
    }
}

std::optional<plan::Plan> fit_memory(const Problem& problem, const MakeInRoom& make, std::string& why) {
    const auto& devices = problem.bed.cluster().devices;
    Room room;
    for (const cluster::Device& device : devices) {
        room.push_back(device.memory ? static_cast<double>((*device.memory - plan::kProcessMemory).value) : kNoLimit);
    }
    const bool limited = std::any_of(devices.begin(), devices.end(), [](const auto& d) { return d.memory; });
    for (int fit = 0; fit < kMostFits; ++fit) {
        std::optional<plan::Plan> plan = make(room);
        if (!plan || !limited) return plan;
        const plan::Compiled compiled(*plan, problem.graph);
        const std::vector<std::size_t> of_bed = cost::bed_devices(*plan, problem.bed);
        bool fits = true;
        for (std::uint32_t d = 0; d < of_bed.size(); ++d) {
            const cluster::Device& device = devices[of_bed[d]];
            const plan::Memory& memory = compiled.memory(plan::DeviceId{d});
            if (!device.memory || memory.peak <= *device.memory) continue;
            why = fmt::format("device '{}' needs {} bytes and has {}", device.name, memory.peak.value,
                              device.memory->value);
            const auto excess = static_cast<double>((memory.peak - *device.memory).value);
            room[of_bed[d]] = std::min(room[of_bed[d]], static_cast<double>(memory.weights.value)) - 1.01 * excess;
            fits = false;
        }
        if (fits) return plan;
    }
    return std::nullopt;
}

}  // namespace convoy::partition::detail
