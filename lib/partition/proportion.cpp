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

Tiling proportional_grid(const Tile& full, std::size_t tile_rows, std::span<const std::size_t> devices,
                         std::span<const double> weights) {
    std::vector<std::size_t> first;
    std::vector<double> of_rows;
    for (std::size_t row = 0; row < tile_rows; ++row) {
        first.push_back(devices.size() * row / tile_rows);
        const std::size_t end = devices.size() * (row + 1) / tile_rows;
        const auto part = weights.subspan(first.back(), end - first.back());
        of_rows.push_back(std::accumulate(part.begin(), part.end(), 0.0));
    }
    first.push_back(devices.size());
    const std::vector<Interval> heights = proportional(full.h.size(), of_rows);
    Tiling tiling;
    for (std::size_t row = 0; row < tile_rows; ++row) {
        const auto part = weights.subspan(first[row], first[row + 1] - first[row]);
        const std::vector<Interval> widths = proportional(full.w.size(), part);
        for (std::size_t i = 0; i < widths.size(); ++i) {
            if (heights[row].empty() || widths[i].empty()) continue;
            tiling.push_back({devices[first[row] + i], {heights[row], widths[i]}});
        }
    }
    return tiling;
}

}  // namespace convoy::partition::detail
