#include "partition/slices.hpp"

#include <algorithm>

#include "graph/calculus.hpp"

namespace convoy::partition::detail {

using graph::Axis;
using graph::Index;
using graph::Interval;
using graph::OperatorId;
using graph::Slab;
using util::Seconds;

Slices::Slices(const Problem& problem)
    : problem_(problem), devices_(problem.bed.cluster().devices.size()), times_(problem.graph.operators().size()) {
    const std::size_t count = problem.graph.operators().size();
    for (std::size_t device = 0; device < devices_; ++device) {
        std::vector<Seconds> sums{Seconds{}};
        for (std::size_t op = 0; op < count; ++op) {
            const OperatorId id{static_cast<std::uint32_t>(op)};
            sums.push_back(sums.back() + problem.predictor.time(device, graph::whole_work(problem.graph, id)));
        }
        whole_.push_back(std::move(sums));
    }
}

Seconds Slices::whole(OperatorRange range, std::size_t device) {
    return whole_[device][range.end] - whole_[device][range.begin];
}

Index Slices::height(OperatorRange range) const {
    const graph::Operator& last = problem_.graph.operators()[range.end - 1];
    return problem_.graph.tensor(last.outputs.front()).full[Axis::h].size();
}

const Slice& Slices::at(OperatorRange range, Interval rows) {
    const std::tuple key{range.begin, range.end, rows};
    const auto found = known_.find(key);
    return found != known_.end() ? found->second : known_.emplace(key, grow(range, rows)).first->second;
}

const std::vector<Seconds>& Slices::times(const graph::Work& work) {
    auto& known = times_[index(work.op)];
    const Index rows = work.outputs.front().h.size();
    const auto found = known.find(rows);
    if (found != known.end()) return found->second;
    std::vector<Seconds> times;
    for (std::size_t device = 0; device < devices_; ++device) {
        times.push_back(problem_.predictor.time(device, work));
    }
    return known.emplace(rows, std::move(times)).first->second;
}

Slice Slices::grow(OperatorRange range, Interval rows) {
    const graph::Graph& graph = problem_.graph;
    std::map<graph::TensorId, Slab> asked;
    const graph::TensorId result = graph.operators()[range.end - 1].outputs.front();
    graph::Box box = graph.tensor(result).full;
    box[Axis::h] = rows;
    asked[result] = graph::make_slab(box);

    Slice slice;
    for (std::size_t device = 0; device < devices_; ++device) {
        slice.times.push_back(problem_.bed.piece_overhead(device));
    }
    for (std::size_t at = range.end; at-- > range.begin;) {
        const OperatorId id{static_cast<std::uint32_t>(at)};
        const graph::Operator& op = graph.op(id);
        const auto wanted = asked.find(op.outputs.front());
        if (wanted == asked.end()) continue;
        const graph::Work work{id, {graph::computed(graph, id, 0, wanted->second)}, std::nullopt};
        const std::vector<Seconds>& spent = times(work);
        for (std::size_t device = 0; device < devices_; ++device) slice.times[device] += spent[device];
        for (std::size_t input = 0; input < op.inputs.size(); ++input) {
            const Slab needed = graph::needed(graph, id, input, work.outputs);
            if (needed.empty()) continue;
            const auto [entry, added] = asked.emplace(op.inputs[input], needed);
            if (!added) entry->second = join(entry->second, needed);
        }
    }
    for (const auto& [tensor, slab] : asked) {
        const auto producer = graph.producer(tensor);
        if (!producer || index(*producer) < range.begin) slice.inputs.push_back({tensor, slab.h});
    }
    return slice;
}

std::vector<Interval> equal_rows(Index height, std::span<const std::size_t> devices, std::size_t all) {
    std::vector<Interval> rows(all);
    const auto count = static_cast<Index>(devices.size());
    for (Index i = 0; i < count; ++i) {
        rows[devices[static_cast<std::size_t>(i)]] = {height * i / count, height * (i + 1) / count};
    }
    return rows;
}

namespace {

/// The search of weighted_rows for one range.
class Balance {
  public:
    Balance(Slices& slices, OperatorRange range, std::span<const std::size_t> devices)
        : slices_(slices), range_(range), devices_(devices), height_(slices.height(range)) {}

    std::vector<Index> heights() {
        Seconds high = seed();
        Seconds low = 0.25 * high;
        std::vector<Index> best = caps(high);
        while (sum(best) < height_) best = caps(high *= 2);
        constexpr double kPrecision = 0.005;
        while (high - low > kPrecision * high) {
            const Seconds middle = 0.5 * (low + high);
            std::vector<Index> found = caps(middle);
            if (sum(found) >= height_) {
                high = middle;
                best = std::move(found);
            } else {
                low = middle;
            }
        }
        return trimmed(std::move(best));
    }

  private:
    static Index sum(const std::vector<Index>& heights) {
        Index sum = 0;
        for (const Index height : heights) sum += height;
        return sum;
    }

    /// So many rows where device i stands: the first at the top, the last at the bottom, others in the middle.
    [[nodiscard]] Seconds time(std::size_t i, Index rows) {
        if (rows == 0) return Seconds{};
        Index begin = (height_ - rows) / 2;
        if (i == 0) begin = 0;
        if (i + 1 == devices_.size()) begin = height_ - rows;
        return slices_.at(range_, {begin, begin + rows}).times[devices_[i]];
    }

    /// Time of the slowest device when rows go by the speed for the whole height.
    [[nodiscard]] Seconds seed() {
        double speeds = 0;
        for (std::size_t i = 0; i < devices_.size(); ++i) speeds += 1 / std::max(time(i, height_).count(), 1e-12);
        Seconds slowest{};
        for (std::size_t i = 0; i < devices_.size(); ++i) {
            const double share = 1 / std::max(time(i, height_).count(), 1e-12) / speeds;
            const auto rows = static_cast<Index>(share * static_cast<double>(height_)) + 1;
            slowest = std::max(slowest, time(i, std::min(rows, height_)));
        }
        return std::max(slowest, Seconds(1e-12));
    }

    [[nodiscard]] Index cap(std::size_t i, Seconds tau) {
        Index fits = 0;
        Index too_many = height_ + 1;
        while (too_many - fits > 1) {
            const Index middle = fits + (too_many - fits) / 2;
            (time(i, middle) <= tau ? fits : too_many) = middle;
        }
        return fits;
    }

    [[nodiscard]] std::vector<Index> caps(Seconds tau) {
        std::vector<Index> heights;
        for (std::size_t i = 0; i < devices_.size(); ++i) heights.push_back(cap(i, tau));
        return heights;
    }

    /// Takes the rows that are too many from whoever is busiest.
    [[nodiscard]] std::vector<Index> trimmed(std::vector<Index> heights) {
        for (Index excess = sum(heights) - height_; excess > 0; --excess) {
            std::size_t busiest = 0;
            for (std::size_t i = 1; i < heights.size(); ++i) {
                if (time(i, heights[i]) > time(busiest, heights[busiest])) busiest = i;
            }
            --heights[busiest];
        }
        return heights;
    }

    Slices& slices_;
    OperatorRange range_;
    std::span<const std::size_t> devices_;
    Index height_;
};

}  // namespace

std::vector<Interval> weighted_rows(Slices& slices, OperatorRange range, std::span<const std::size_t> devices,
                                    std::size_t all) {
    const std::vector<Index> heights = Balance(slices, range, devices).heights();
    std::vector<Interval> rows(all);
    Index begin = 0;
    for (std::size_t i = 0; i < devices.size(); ++i) {
        rows[devices[i]] = {begin, begin + heights[i]};
        begin += heights[i];
    }
    return rows;
}

}  // namespace convoy::partition::detail
