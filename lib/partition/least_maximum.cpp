#include "partition/least_maximum.hpp"

#include <algorithm>
#include <numeric>
#include <queue>

namespace convoy::partition::detail {

using graph::Index;
using graph::Interval;
using util::Seconds;

namespace {

/// The search for the smallest time in which all receivers together get through one axis.
class Balance {
  public:
    Balance(Index extent, std::size_t count, const TimeOf& time)
        : extent_(extent), count_(count), time_(time), receivers_(count) {
        std::iota(receivers_.begin(), receivers_.end(), std::size_t{0});
        const auto room = static_cast<std::size_t>(extent);
        if (count <= room) return;
        std::vector<Seconds> least;
        for (std::size_t i = 0; i < count; ++i) least.push_back(this->time(i, 1));
        std::stable_sort(receivers_.begin(), receivers_.end(),
                         [&](std::size_t a, std::size_t b) { return least[a] < least[b]; });
        receivers_.resize(room);
        std::sort(receivers_.begin(), receivers_.end());
    }

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
        const std::vector<Index> all(count_, extent_);
        std::vector<Index> least(count_, 0);
        std::vector<Index> best = caps(high, least, all);
        while (sum(best) < extent_) {
            least = best;
            low = high;
            best = caps(high *= 2, least, all);
        }
        constexpr double kPrecision = 0.005;
        while (high - low > kPrecision * high && least != best) {
            const Seconds middle = 0.5 * (low + high);
            std::vector<Index> found = caps(middle, least, best);
            if (sum(found) >= extent_) {
                high = middle;
                best = std::move(found);
            } else {
                low = middle;
                least = std::move(found);
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
        for (const std::size_t i : receivers_) speeds += 1 / std::max(time(i, extent_).count(), 1e-12);
        Seconds slowest{};
        for (const std::size_t i : receivers_) {
            const double share = 1 / std::max(time(i, extent_).count(), 1e-12) / speeds;
            const auto size = static_cast<Index>(share * static_cast<double>(extent_)) + 1;
            slowest = std::max(slowest, time(i, std::min(size, extent_)));
        }
        return std::max(slowest, Seconds(1e-12));
    }

    /// What a receiver gets through within tau, which is known to be from `least` to `most`.
    [[nodiscard]] Index cap(std::size_t i, Seconds tau, Index least, Index most) const {
        while (least < most) {
            const Index middle = least + (most - least + 1) / 2;
            if (time(i, middle) <= tau) {
                least = middle;
            } else {
                most = middle - 1;
            }
        }
        return least;
    }

    [[nodiscard]] std::vector<Index> caps(Seconds tau, const std::vector<Index>& least,
                                          const std::vector<Index>& most) const {
        std::vector<Index> sizes(count_, 0);
        for (const std::size_t i : receivers_) sizes[i] = cap(i, tau, least[i], most[i]);
        return sizes;
    }

    /// Takes what is too much from whoever is busiest.
    [[nodiscard]] std::vector<Index> trimmed(std::vector<Index> sizes) const {
        using Busy = std::pair<Seconds, std::size_t>;
        const auto less_busy = [](const Busy& a, const Busy& b) {
            return a.first != b.first ? a.first < b.first : a.second > b.second;
        };
        std::priority_queue<Busy, std::vector<Busy>, decltype(less_busy)> queue(less_busy);
        for (const std::size_t i : receivers_) queue.emplace(time(i, sizes[i]), i);
        for (Index excess = sum(sizes) - extent_; excess > 0; --excess) {
            const std::size_t busiest = queue.top().second;
            queue.pop();
            --sizes[busiest];
            queue.emplace(time(busiest, sizes[busiest]), busiest);
        }
        return sizes;
    }

    Index extent_;
    std::size_t count_;
    const TimeOf& time_;
    std::vector<std::size_t> receivers_;  ///< the fastest ones, as many as there is extent for
};

}  // namespace

std::vector<Interval> least_maximum(Index extent, std::size_t count, const TimeOf& time) {
    return Balance(extent, count, time).parts();
}

}  // namespace convoy::partition::detail
