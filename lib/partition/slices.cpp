#include "partition/slices.hpp"

#include <algorithm>

#include "graph/calculus.hpp"

namespace convoy::partition::detail {

using graph::Axis;
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

Tile Slices::extent(OperatorRange range) const {
    const graph::Operator& last = problem_.graph.operators()[range.end - 1];
    const graph::Box& full = problem_.graph.tensor(last.outputs.front()).full;
    return {full[Axis::h], full[Axis::w]};
}

const Slice& Slices::at(OperatorRange range, const Tile& tile) {
    const std::tuple key{range.begin, range.end, tile};
    const auto found = known_.find(key);
    return found != known_.end() ? found->second : known_.emplace(key, grow(range, tile)).first->second;
}

const std::vector<Seconds>& Slices::times(const graph::Work& work) {
    auto& known = times_[index(work.op)];
    const std::pair size{work.outputs.front().h.size(), work.outputs.front().w.size()};
    const auto found = known.find(size);
    if (found != known.end()) return found->second;
    std::vector<Seconds> times;
    for (std::size_t device = 0; device < devices_; ++device) {
        times.push_back(problem_.predictor.time(device, work));
    }
    return known.emplace(size, std::move(times)).first->second;
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
        if (!producer || index(*producer) < range.begin) slice.inputs.push_back({tensor, {slab.h, slab.w}});
    }
    return slice;
}

}  // namespace convoy::partition::detail
