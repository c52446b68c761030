#include "partition/slices.hpp"

#include <algorithm>

#include "graph/calculus.hpp"

namespace convoy::partition::detail {

using graph::Axis;
using graph::OperatorId;
using graph::Slab;
using util::Seconds;

Slices::Slices(const Problem& problem) : problem_(problem), works_(problem.graph.operators().size()) {
    const std::size_t count = problem.graph.operators().size();
    for (std::size_t device = 0; device < problem.bed.cluster().devices.size(); ++device) {
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

Seconds Slices::time(const Slice& slice, std::size_t device) {
    const auto place = std::lower_bound(slice.times.begin(), slice.times.end(), device,
                                        [](const auto& known, std::size_t wanted) { return known.first < wanted; });
    if (place != slice.times.end() && place->first == device) return place->second;
    Seconds time = problem_.bed.piece_overhead(device);
    for (const graph::Work* work : slice.works) time += problem_.predictor.time(device, *work);
    return slice.times.emplace(place, device, time)->second;
}

const graph::Work& Slices::alike(graph::Work work) {
    const std::pair size{work.outputs.front().h.size(), work.outputs.front().w.size()};
    return works_[index(work.op)].try_emplace(size, std::move(work)).first->second;
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
