#include "partition/proportion.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace convoy::partition::detail {

using graph::Index;
using graph::Interval;

std::vector<Interval> proportional(Index extent, std::span<const double> weights) {
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    std::vector<Interval> parts;
    double reached = 0;
    Index begin = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        reached += weights[i];
        const bool last = i + 1 == weights.size();
        const auto border = static_cast<Index>(std::llround(static_cast<double>(extent) * reached / sum));
        const Index end = last ? extent : std::clamp(border, begin, extent);
        parts.push_back({begin, end});
        begin = end;
    }
    return parts;
}

Tiling bands(const Tile& full, Axes axis, std::span<const std::size_t> devices, std::span<const Interval> parts) {
    Tiling tiling;
    for (std::size_t i = 0; i < devices.size(); ++i) {
        if (parts[i].empty()) continue;
        tiling.push_back({devices[i], axis.h ? Tile{parts[i], full.w} : Tile{full.h, parts[i]}});
    }
    return tiling;
}

Tiling proportional_bands(const Tile& full, Axes axis, std::span<const std::size_t> devices,
                          std::span<const double> weights) {
    return bands(full, axis, devices, proportional(axis.h ? full.h.size() : full.w.size(), weights));
}

}  // namespace convoy::partition::detail
