#include "partition/slices.hpp"

#include <algorithm>

#include "graph/calculus.hpp"

namespace convoy::partition::detail {

using graph::Axis;
using graph::Index;
using graph::Interval;
using graph::OperatorId;
using util::Seconds;

namespace {

using Times = std::vector<std::pair<std::size_t, Seconds>>;

/// A device's time, worked out once.
template <class Make>
Seconds kept(Times& times, std::size_t device, Make make) {
    const auto place = std::lower_bound(times.begin(), times.end(), device,
                                        [](const auto& known, std::size_t wanted) { return known.first < wanted; });
    if (place != times.end() && place->first == device) return place->second;
    return times.emplace(place, device, make())->second;
}

}  // namespace

std::size_t Slices::KeyHash::operator()(const Key& key) const noexcept {
    constexpr IntervalHash kHash;
    const Interval range{static_cast<Index>(key.range.begin), static_cast<Index>(key.range.end)};
    const Interval tile{static_cast<Index>(kHash(key.tile.h)), static_cast<Index>(kHash(key.tile.w))};
    return kHash(range) ^ (3 * kHash(tile));
}

Slices::Slices(const Problem& problem)
    : problem_(problem), growth_(problem.graph), works_(problem.graph.operators().size()) {
    std::vector<graph::Work> works;
    for (std::uint32_t op = 0; op < problem.graph.operators().size(); ++op) {
        works.push_back(graph::whole_work(problem.graph, OperatorId{op}));
    }
    for (std::size_t device = 0; device < problem.bed.cluster().devices.size(); ++device) {
        std::vector<Seconds> sums{Seconds{}};
        for (const graph::Work& work : works) sums.push_back(sums.back() + problem.predictor.time(device, work));
        whole_.push_back(std::move(sums));
    }
}

Seconds Slices::whole(OperatorRange range, std::size_t device) {
    return whole_[device][range.end] - whole_[device][range.begin];
}

Tile Slices::extent(OperatorRange range) const {
    const graph::Operator& last = problem_.graph.operators()[range.end - 1];
    const graph::Box& full = problem_.graph.tensor(last.outputs.front()).full;
    return {full[Axis::h], full[Axis::w]};
}

const Slice& Slices::at(OperatorRange range, const Tile& tile) {
    const auto [entry, added] = known_.try_emplace(Key{range, tile});
    Slice& slice = entry->second;
    if (!added) return slice;
    slice.grown = &tile_of(range.end, tile);
    slice.range = range;
    const std::size_t steps = growth_.steps(range);
    const std::vector<graph::TensorId>& asked = growth_.of(range).asked[steps];
    const std::vector<Interval>& rows = growth_.grown(range, Axis::h, tile.h).asked[steps];
    const std::vector<Interval>& columns = growth_.grown(range, Axis::w, tile.w).asked[steps];
    for (std::size_t i = 0; i < asked.size(); ++i) {
        if (!rows[i].empty() && !columns[i].empty()) slice.inputs.push_back({asked[i], {rows[i], columns[i]}});
    }
    std::sort(slice.inputs.begin(), slice.inputs.end(),
              [](const Slice::Input& a, const Slice::Input& b) { return a.tensor < b.tensor; });
    return slice;
}

Seconds Slices::time(const Slice& slice, std::size_t device) { return time(*slice.grown, slice.range, device); }

Seconds Slices::time(OperatorRange range, const Tile& tile, std::size_t device) {
    return time(tile_of(range.end, tile), range, device);
}

Seconds Slices::time(GrownTile& grown, OperatorRange range, std::size_t device) {
    auto place = std::lower_bound(grown.times.begin(), grown.times.end(), device,
                                  [](const auto& known, std::size_t wanted) { return known.first < wanted; });
    if (place == grown.times.end() || place->first != device) {
        place = grown.times.emplace(place, device, std::vector<Seconds>{problem_.bed.piece_overhead(device)});
    }
    std::vector<Seconds>& sums = place->second;
    const std::size_t steps = growth_.steps(range);
    if (grown.works.size() < steps) add_works(grown, range);
    while (sums.size() <= steps) {
        AlikeWorks* next = grown.works[sums.size() - 1];
        Seconds time{};
        if (next != nullptr)
            time = kept(next->times, device, [&] { return problem_.predictor.time(device, next->first); });
        sums.push_back(sums.back() + time);
    }
    return sums[steps];
}

GrownTile& Slices::tile_of(std::size_t end, const Tile& tile) {
    const auto [entry, added] = grown_.try_emplace(Key{{0, end}, tile});
    if (added) entry->second.tile = tile;
    return entry->second;
}

void Slices::add_works(GrownTile& grown, OperatorRange range) {
    const Backwards& backwards = growth_.of(range);
    const GrownInterval& rows = growth_.grown(range, Axis::h, grown.tile.h);
    const GrownInterval& columns = growth_.grown(range, Axis::w, grown.tile.w);
    const std::size_t steps = growth_.steps(range);
    for (std::size_t step = grown.works.size(); step < steps; ++step) {
        grown.works.push_back(alike(backwards.steps[step], rows.computed[step], columns.computed[step]));
    }
}

AlikeWorks* Slices::alike(const Backwards::Step& step, const Interval& h, const Interval& w) {
    if (h.empty() || w.empty() || step.output.empty()) return nullptr;
    const auto [entry, added] = works_[step.op].try_emplace(Size{h.size(), w.size(), step.output.channels()});
    if (added) {
        graph::Slab output = step.output;
        output.h = h;
        output.w = w;
        entry->second.first = {OperatorId{static_cast<std::uint32_t>(step.op)}, {std::move(output)}, std::nullopt};
    }
    return &entry->second;
}

}  // namespace convoy::partition::detail
