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

std::size_t Slices::Hash::operator()(const Interval& interval) const noexcept {
    constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15U;
    const auto begin = static_cast<std::uint64_t>(interval.begin);
    const auto end = static_cast<std::uint64_t>(interval.end);
    const std::uint64_t mixed = (begin * kMultiplier + end) * kMultiplier;
    return mixed ^ (mixed >> 32U);
}

std::size_t Slices::Hash::operator()(const Key& key) const noexcept {
    const Interval range{static_cast<Index>(key.range.begin), static_cast<Index>(key.range.end)};
    const Interval tile{static_cast<Index>((*this)(key.tile.h)), static_cast<Index>((*this)(key.tile.w))};
    return (*this)(range) ^ (3 * (*this)(tile));
}

Slices::Slices(const Problem& problem)
    : problem_(problem), works_(problem.graph.operators().size()), reaches_(problem.graph.operators().size()) {
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
    const Key key{range, tile};
    const auto found = known_.find(key);
    if (found != known_.end()) return found->second;
    GrownTile& grown = tile_of(range, tile);
    Slice slice{&grown, grown.counts[range.end - range.begin - 1], {}};
    if (grown.next == range.begin) {
        slice.inputs = grown.asked;
    } else {
        GrownTile again;
        grow_until(again, range, tile);
        slice.inputs = std::move(again.asked);
    }
    std::sort(slice.inputs.begin(), slice.inputs.end(),
              [](const Slice::Input& a, const Slice::Input& b) { return a.tensor < b.tensor; });
    return known_.emplace(key, std::move(slice)).first->second;
}

Seconds Slices::time(const Slice& slice, std::size_t device) { return time(*slice.grown, slice.works, device); }

Seconds Slices::time(OperatorRange range, const Tile& tile, std::size_t device) {
    GrownTile& grown = tile_of(range, tile);
    return time(grown, grown.counts[range.end - range.begin - 1], device);
}

Seconds Slices::time(GrownTile& grown, std::size_t works, std::size_t device) {
    auto place = std::lower_bound(grown.times.begin(), grown.times.end(), device,
                                  [](const auto& known, std::size_t wanted) { return known.first < wanted; });
    if (place == grown.times.end() || place->first != device) {
        place = grown.times.emplace(place, device, std::vector<Seconds>{problem_.bed.piece_overhead(device)});
    }
    std::vector<Seconds>& sums = place->second;
    while (sums.size() <= works) {
        AlikeWorks& next = *grown.works[sums.size() - 1];
        sums.push_back(sums.back() +
                       kept(next.times, device, [&] { return problem_.predictor.time(device, next.first); }));
    }
    return sums[works];
}

AlikeWorks& Slices::alike(graph::Work work) {
    const std::pair size{work.outputs.front().h.size(), work.outputs.front().w.size()};
    auto& of_operator = works_[index(work.op)];
    const auto found = of_operator.find(size);
    if (found != of_operator.end()) return found->second;
    return of_operator.emplace(size, AlikeWorks{std::move(work), {}}).first->second;
}

const Slices::Reach& Slices::reach(std::size_t op, Axis axis, const Interval& asked) {
    Reaches& known = reaches_[op][axis == Axis::h ? 0 : 1];
    const auto found = known.find(asked);
    if (found != known.end()) return found->second;
    const graph::Graph& graph = problem_.graph;
    const OperatorId id{static_cast<std::uint32_t>(op)};
    const auto along = [&](const Slab& slab) { return axis == Axis::h ? slab.h : slab.w; };
    Slab slab = graph::make_slab(graph.tensor(graph.op(id).outputs.front()).full);
    (axis == Axis::h ? slab.h : slab.w) = asked;
    const std::vector<Slab> outputs{graph::computed(graph, id, 0, slab)};
    Reach made{along(outputs.front()), {}};
    for (std::size_t input = 0; input < graph.op(id).inputs.size(); ++input) {
        const Slab needed = graph::needed(graph, id, input, outputs);
        made.needed.push_back(needed.empty() ? Interval{} : along(needed));
    }
    return known.emplace(asked, std::move(made)).first->second;
}

GrownTile& Slices::tile_of(OperatorRange range, const Tile& tile) {
    GrownTile& grown = grown_[Key{{0, range.end}, tile}];
    if (grown.counts.size() < range.end - range.begin) grow_until(grown, range, tile);
    return grown;
}

void Slices::grow_until(GrownTile& grown, OperatorRange range, const Tile& tile) {
    if (grown.counts.empty()) {
        grown.next = range.end;
        grown.asked.push_back({problem_.graph.operators()[range.end - 1].outputs.front(), tile});
    }
    const auto find = [&](graph::TensorId tensor) {
        return std::find_if(grown.asked.begin(), grown.asked.end(),
                            [&](const GrownTile::Input& input) { return input.tensor == tensor; });
    };
    std::vector<AlikeWorks*> made;  // of the range, when works of some size are new
    const auto compute = [&](std::size_t at, const Tile& asked) {
        const Reach& rows = reach(at, Axis::h, asked.h);
        const Reach& columns = reach(at, Axis::w, asked.w);
        const auto known = works_[at].find({rows.computed.size(), columns.computed.size()});
        if (known == works_[at].end() && made.empty()) made = make_works(range, tile);
        AlikeWorks* works = known != works_[at].end() ? &known->second : made[at - range.begin];
        if (works == nullptr) return;  // what is asked has none of its channels
        grown.works.push_back(works);
        const graph::Operator& op = problem_.graph.operators()[at];
        for (std::size_t input = 0; input < op.inputs.size(); ++input) {
            const Tile needed{rows.needed[input], columns.needed[input]};
            if (needed.h.empty() || needed.w.empty()) continue;
            if (const auto other = find(op.inputs[input]); other != grown.asked.end()) {
                other->tile = {hull(other->tile.h, needed.h), hull(other->tile.w, needed.w)};
            } else {
                grown.asked.push_back({op.inputs[input], needed});
            }
        }
    };
    while (grown.next > range.begin) {
        const std::size_t at = --grown.next;
        const auto wanted = find(problem_.graph.operators()[at].outputs.front());
        if (wanted != grown.asked.end()) {
            const Tile asked = wanted->tile;
            grown.asked.erase(wanted);
            compute(at, asked);
        }
        grown.counts.push_back(grown.works.size());
    }
}

std::vector<AlikeWorks*> Slices::make_works(OperatorRange range, const Tile& tile) {
    const graph::Graph& graph = problem_.graph;
    std::map<graph::TensorId, Slab> asked;
    const graph::TensorId result = graph.operators()[range.end - 1].outputs.front();
    graph::Box box = graph.tensor(result).full;
    box[Axis::h] = tile.h;
    box[Axis::w] = tile.w;
    asked[result] = graph::make_slab(box);

    std::vector<AlikeWorks*> made(range.end - range.begin, nullptr);
    for (std::size_t at = range.end; at-- > range.begin;) {
        const OperatorId id{static_cast<std::uint32_t>(at)};
        const graph::Operator& op = graph.op(id);
        const auto wanted = asked.find(op.outputs.front());
        if (wanted == asked.end()) continue;
        const graph::Work work{id, {graph::computed(graph, id, 0, wanted->second)}, std::nullopt};
        made[at - range.begin] = &alike(work);
        for (std::size_t input = 0; input < op.inputs.size(); ++input) {
            const Slab needed = graph::needed(graph, id, input, work.outputs);
            if (needed.empty()) continue;
            const auto [entry, added] = asked.emplace(op.inputs[input], needed);
            if (!added) entry->second = join(entry->second, needed);
        }
    }
    return made;
}

}  // namespace convoy::partition::detail
