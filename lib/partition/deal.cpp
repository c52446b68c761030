#include "partition/deal.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <span>

namespace convoy::partition::detail {

using graph::Index;
using graph::Interval;
using util::Seconds;

namespace {

/// Time of receiver i for an interval of the axis that is dealt out.
using TimeOf = std::function<Seconds(std::size_t, const Interval&)>;

std::vector<Interval> equal_parts(Index extent, std::size_t count) {
    std::vector<Interval> parts;
    const auto all = static_cast<Index>(count);
    for (Index i = 0; i < all; ++i) parts.push_back({extent * i / all, extent * (i + 1) / all});
    return parts;
}

/// The search for the smallest time in which all receivers together get through one axis.
class Balance {
  public:
    Balance(Index extent, std::size_t count, const TimeOf& time) : extent_(extent), count_(count), time_(time) {}

    std::vector<Interval> parts() {
        std::vector<Interval> parts;
        Index begin = 0;
        for (const Index size : sizes()) {
            parts.push_back({begin, begin + size});
            begin += size;
        }
        return parts;
    }

  private:
    static Index sum(const std::vector<Index>& sizes) { return std::accumulate(sizes.begin(), sizes.end(), Index{0}); }

    std::vector<Index> sizes() {
        Seconds high = seed();
        Seconds low = 0.25 * high;
        std::vector<Index> best = caps(high);
        while (sum(best) < extent_) best = caps(high *= 2);
        constexpr double kPrecision = 0.005;
        while (high - low > kPrecision * high) {
            const Seconds middle = 0.5 * (low + high);
            std::vector<Index> found = caps(middle);
            if (sum(found) >= extent_) {
                high = middle;
                best = std::move(found);
            } else {
                low = middle;
            }
        }
        return trimmed(std::move(best));
    }

    /// So much where receiver i stands: the first at the begin, the last at the end, others in the middle.
    [[nodiscard]] Seconds time(std::size_t i, Index size) const {
        if (size == 0) return Seconds{};
        Index begin = (extent_ - size) / 2;
        if (i == 0) begin = 0;
        if (i + 1 == count_) begin = extent_ - size;
        return time_(i, {begin, begin + size});
    }

    /// Time of the slowest receiver when parts go by the speed for the whole extent.
    [[nodiscard]] Seconds seed() const {
        double speeds = 0;
        for (std::size_t i = 0; i < count_; ++i) speeds += 1 / std::max(time(i, extent_).count(), 1e-12);
        Seconds slowest{};
        for (std::size_t i = 0; i < count_; ++i) {
            const double share = 1 / std::max(time(i, extent_).count(), 1e-12) / speeds;
            const auto size = static_cast<Index>(share * static_cast<double>(extent_)) + 1;
            slowest = std::max(slowest, time(i, std::min(size, extent_)));
        }
        return std::max(slowest, Seconds(1e-12));
    }

    [[nodiscard]] Index cap(std::size_t i, Seconds tau) const {
        Index fits = 0;
        Index too_many = extent_ + 1;
        while (too_many - fits > 1) {
            const Index middle = fits + (too_many - fits) / 2;
            (time(i, middle) <= tau ? fits : too_many) = middle;
        }
        return fits;
    }

    [[nodiscard]] std::vector<Index> caps(Seconds tau) const {
        std::vector<Index> sizes;
        for (std::size_t i = 0; i < count_; ++i) sizes.push_back(cap(i, tau));
        return sizes;
    }

    /// Takes what is too much from whoever is busiest.
    [[nodiscard]] std::vector<Index> trimmed(std::vector<Index> sizes) const {
        for (Index excess = sum(sizes) - extent_; excess > 0; --excess) {
            std::size_t busiest = 0;
            for (std::size_t i = 1; i < count_; ++i) {
                if (time(i, sizes[i]) > time(busiest, sizes[busiest])) busiest = i;
            }
            --sizes[busiest];
        }
        return sizes;
    }

    Index extent_;
    std::size_t count_;
    const TimeOf& time_;
};

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
    [[nodiscard]] Seconds time(std::size_t device, const Tile& tile) { return slices_.at(range_, tile).times[device]; }

    /// Of devices that share a tile by their speeds.
    [[nodiscard]] Seconds together(std::span<const std::size_t> devices, const Tile& tile) {
        double speed = 0;
        for (const std::size_t device : devices) speed += 1 / std::max(time(device, tile).count(), 1e-12);
        return Seconds(1 / speed);
    }

    [[nodiscard]] std::vector<Interval> split(Index extent, std::size_t count, const TimeOf& time) const {
        return deal_.weighted ? Balance(extent, count, time).parts() : equal_parts(extent, count);
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
