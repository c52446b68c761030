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
    : problem_(problem),
      works_(problem.graph.operators().size()),
      reaches_(problem.graph.operators().size()),
      asked_(problem.graph.tensors().size()) {
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
    std::optional<Slice> slice = grow_known(range, tile);
    return known_.emplace(key, slice ? std::move(*slice) : grow(range, tile)).first->second;
}

Seconds Slices::time(const Slice& slice, std::size_t device) {
    return kept(slice.times, device, [&] {
        Seconds time = problem_.bed.piece_overhead(device);
        for (AlikeWorks* works : slice.works) {
            time += kept(works->times, device, [&] { return problem_.predictor.time(device, works->first); });
        }
        return time;
    });
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

void Slices::ask(graph::TensorId tensor, const Tile& tile) {
    Asked& asked = asked_[index(tensor)];
    const bool again = asked.slice == grown_;
    asked.tile = again ? Tile{hull(asked.tile.h, tile.h), hull(asked.tile.w, tile.w)} : tile;
    asked.slice = grown_;
}

std::optional<Slice> Slices::grow_known(OperatorRange range, const Tile& tile) {
    ++grown_;
    Slice slice;
    std::vector<graph::TensorId> outside;
    ask(problem_.graph.operators()[range.end - 1].outputs.front(), tile);
    for (std::size_t at = range.end; at-- > range.begin;) {
        const graph::Operator& op = problem_.graph.operators()[at];
        const Asked& wanted = asked_[index(op.outputs.front())];
        if (wanted.slice != grown_) continue;
        const Reach& rows = reach(at, Axis::h, wanted.tile.h);
        const Reach& columns = reach(at, Axis::w, wanted.tile.w);
        const auto known = works_[at].find({rows.computed.size(), columns.computed.size()});
        if (known == works_[at].end()) return std::nullopt;
        slice.works.push_back(&known->second);
        for (std::size_t input = 0; input < op.inputs.size(); ++input) {
            if (rows.needed[input].empty() || columns.needed[input].empty()) continue;
            const graph::TensorId tensor = op.inputs[input];
            const auto producer = problem_.graph.producer(tensor);
            const bool is_outside = !producer || index(*producer) < range.begin;
            if (is_outside && asked_[index(tensor)].slice != grown_) outside.push_back(tensor);
            ask(tensor, {rows.needed[input], columns.needed[input]});
        }
    }
    std::sort(outside.begin(), outside.end());
    for (const graph::TensorId tensor : outside) slice.inputs.push_back({tensor, asked_[index(tensor)].tile});
    return slice;
}

Slice Slices::grow(OperatorRange range, const Tile& tile) {
    const graph::Graph& graph = problem_.graph;
    std::map<graph::TensorId, Slab> asked;
    const graph::TensorId result = graph.operators()[range.end - 1].outputs.front();
    graph::Box box = graph.tensor(result).full;
    box[Axis::h] = tile.h;
    box[Axis::w] = tile.w;
    asked[result] = graph::make_slab(box);

    Slice slice;
    for (std::size_t at = range.end; at-- > range.begin;) {
        const OperatorId id{static_cast<std::uint32_t>(at)};
        const graph::Operator& op = graph.op(id);
        const auto wanted = asked.find(op.outputs.front());
        if (wanted == asked.end()) continue;
        const graph::Work work{id, {graph::computed(graph, id, 0, wanted->second)}, std::nullopt};
        slice.works.push_back(&alike(work));
        for (std::size_t input = 0; input < op.inputs.size(); ++input) {
            const Slab needed = graph::needed(graph, id, input, work.outputs);
            if (needed.empty()) continue;
            const auto [entry, added] = asked.emplace(op.inputs[input], needed);
            if (!added) entry->second = join(entry->second, needed);
        }
    }
    for (const auto& [tensor, slab] : asked) {
        const auto producer = graph.producer(tensor);
        if (!producer || index(*producer) < range.begin) slice.inputs.push_back({tensor, {slab.h, slab.w}});
    }
    return slice;
}

}  // namespace convoy::partition::detail
