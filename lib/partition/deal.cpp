#include "partition/deal.hpp"

#include <algorithm>
#include <span>

#include "partition/least_maximum.hpp"

namespace convoy::partition::detail {

using graph::Index;
using graph::Interval;
using util::Seconds;

namespace {

std::vector<Interval> equal_parts(Index extent, std::size_t count) {
    std::vector<Interval> parts;
    const auto all = static_cast<Index>(count);
    for (Index i = 0; i < all; ++i) parts.push_back({extent * i / all, extent * (i + 1) / all});
    return parts;
}

/// Deals out one range.
class Dealer {
  public:
    Dealer(Slices& slices, OperatorRange range, const Deal& deal)
        : slices_(slices), range_(range), deal_(deal), full_(slices.extent(range)) {}

    Tiling rows() {
        const auto parts = split(full_.h.size(), deal_.devices.size(), [&](std::size_t i, const Interval& h) {
            return time(deal_.devices[i], {h, full_.w});
        });
        for (std::size_t i = 0; i < parts.size(); ++i) place(deal_.devices[i], {parts[i], full_.w});
        return std::move(tiling_);
    }

    Tiling columns() {
        columns_of(full_.h, deal_.devices);
        return std::move(tiling_);
    }

    Tiling grid() {
        const std::span<const std::size_t> all = deal_.devices;
        const std::size_t count = std::min(deal_.tile_rows, all.size());
        std::vector<std::span<const std::size_t>> groups;
        for (std::size_t row = 0; row < count; ++row) {
            const std::size_t begin = all.size() * row / count;
            groups.push_back(all.subspan(begin, all.size() * (row + 1) / count - begin));
        }
        const auto parts = split(full_.h.size(), count, [&](std::size_t row, const Interval& h) {
            return together(groups[row], {h, full_.w});
        });
        for (std::size_t row = 0; row < count; ++row) {
            if (count < all.size()) {
                columns_of(parts[row], groups[row]);
            } else {
                for (const Interval& w : equal_parts(full_.w.size(), 2)) place(groups[row].front(), {parts[row], w});
            }
        }
        return std::move(tiling_);
    }

  private:
    [[nodiscard]] Seconds time(std::size_t device, const Tile& tile) { return slices_.time(range_, tile, device); }

    /// Of devices that share a tile by their speeds.
    [[nodiscard]] Seconds together(std::span<const std::size_t> devices, const Tile& tile) {
        double speed = 0;
        for (const std::size_t device : devices) speed += 1 / std::max(time(device, tile).count(), 1e-12);
        return Seconds(1 / speed);
    }

    [[nodiscard]] std::vector<Interval> split(Index extent, std::size_t count, const TimeOf& time) const {
        return deal_.weighted ? least_maximum(extent, count, time) : equal_parts(extent, count);
    }

    void columns_of(const Interval& h, std::span<const std::size_t> devices) {
        if (h.empty()) return;
        const auto parts = split(full_.w.size(), devices.size(), [&](std::size_t i, const Interval& w) {
            return time(devices[i], {h, w});
        });
        for (std::size_t i = 0; i < parts.size(); ++i) place(devices[i], {h, parts[i]});
    }

    void place(std::size_t device, const Tile& tile) {
        if (tile.area() > 0) tiling_.push_back({device, tile});
    }

    Slices& slices_;
    OperatorRange range_;
    const Deal& deal_;
    Tile full_;
    Tiling tiling_;
};

}  // namespace

Tiling deal_out(Slices& slices, OperatorRange range, Axes axes, const Deal& deal) {
    Dealer dealer(slices, range, deal);
    if (axes.both()) return dealer.grid();
    return axes.h ? dealer.rows() : dealer.columns();
}

}  // namespace convoy::partition::detail
