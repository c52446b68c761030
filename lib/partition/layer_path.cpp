#include "partition/layer_path.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "partition/least_maximum.hpp"
#include "partition/plan_builder.hpp"
#include "partition/proportion.hpp"
#include "partition/tile_traffic.hpp"

namespace convoy::partition::detail {

using graph::Interval;
using util::Bytes;
using util::Seconds;

namespace {

constexpr Seconds kNever(std::numeric_limits<double>::infinity());

Bytes output_bytes(const graph::Graph& graph) {
    Bytes bytes;
    for (const graph::TensorId output : graph.outputs()) bytes += graph.tensor(output).bytes();
    return bytes;
}

}  // namespace

LayerPath::LayerPath(const Problem& problem, Slices& slices, const std::vector<Unit>& layers, PathRules rules)
    : problem_(problem), slices_(slices), layers_(layers), rules_(std::move(rules)) {
    for (const Unit& layer : layers_) {
        std::vector<Tiling> tilings(rules_.sets.size());
        for (std::size_t s = 0; layer.axes.h && s < tilings.size(); ++s) tilings[s] = deal(layer.range, rules_.sets[s]);
        tilings_.push_back(std::move(tilings));
        Bytes bytes;
        for (const auto tensor : alive_at(problem.graph, layer.range.begin))
            bytes += problem.graph.tensor(tensor).bytes();
        alive_.push_back(bytes);
    }
}

Tiling LayerPath::deal(const OperatorRange& range, const std::vector<std::size_t>& devices) {
    const Tile full = slices_.extent(range);
    if (rules_.heights == Heights::equal) {
        return proportional_bands(full, kRows, devices, std::vector<double>(devices.size(), 1));
    }
    const std::size_t source = problem_.bed.cluster().source;
    const graph::TensorInfo& output = problem_.graph.tensor(problem_.graph.operators()[range.end - 1].outputs.front());
    const auto time = [&](std::size_t i, const Interval& rows) {
        const Tile tile{rows, full.w};
        const Slice& slice = slices_.at(range, tile);
        Seconds spent = slices_.time(slice, devices[i]);
        if (rules_.heights == Heights::compute) return spent;
        for (const Slice::Input& input : slice.inputs) {
            const graph::TensorInfo& tensor = problem_.graph.tensor(input.tensor);
            spent += message_time(problem_.bed, source, devices[i], tile_bytes(tensor, input.tile));
        }
        return spent + message_time(problem_.bed, devices[i], source, tile_bytes(output, tile));
    };
    return bands(full, kRows, devices, least_maximum(full.h.size(), devices.size(), time));
}

bool LayerPath::possible(std::size_t layer, std::size_t state) const {
    const bool can_be_cut = layers_[layer].axes.h && !rules_.sets.empty();
    if (!is_rows(state)) return rules_.vertical || !can_be_cut;
    return can_be_cut && !tilings_[layer][state - rules_.single.size()].empty();
}

Seconds LayerPath::compute(std::size_t layer, std::size_t state) {
    const OperatorRange range = layers_[layer].range;
    if (!is_rows(state)) return slices_.whole(range, rules_.single[state]);
    std::map<std::size_t, Seconds> busy;
    for (const auto& [device, tile] : tilings_[layer][state - rules_.single.size()]) {
        busy[device] += slices_.time(range, tile, device);
    }
    Seconds longest{};
    for (const auto& [device, time] : busy) longest = std::max(longest, time);
    return longest;
}

Seconds LayerPath::scatter(std::size_t layer, std::size_t state, std::size_t from) {
    const OperatorRange range = layers_[layer].range;
    Traffic traffic(problem_.bed);
    for (const auto& [device, tile] : tilings_[layer][state - rules_.single.size()]) {
        for (const Slice::Input& input : slices_.at(range, tile).inputs) {
            const bool is_graph_input = !problem_.graph.producer(input.tensor);
            const std::size_t holder = is_graph_input ? problem_.bed.cluster().source : from;
            traffic.carry(holder, device, tile_bytes(problem_.graph.tensor(input.tensor), input.tile));
        }
    }
    return traffic.duration();
}

Seconds LayerPath::gather(std::size_t layer, std::size_t before, std::size_t to, Bytes bytes) {
    const Tiling& held = tilings_[layer][before - rules_.single.size()];
    Traffic traffic(problem_.bed);
    carry_shares(traffic, bytes, {held, slices_.extent(layers_[layer].range)}, to);
    return traffic.duration();
}

Seconds LayerPath::exchange(std::size_t layer, std::size_t before, std::size_t state) {
    const Tiling& held = tilings_[layer - 1][before - rules_.single.size()];
    const Tile full = slices_.extent(layers_[layer - 1].range);
    Traffic traffic(problem_.bed);
    for (const auto& [device, tile] : tilings_[layer][state - rules_.single.size()]) {
        for (const Slice::Input& input : slices_.at(layers_[layer].range, tile).inputs) {
            const graph::TensorInfo& tensor = problem_.graph.tensor(input.tensor);
            if (problem_.graph.producer(input.tensor)) {
                carry_lacking(traffic, tensor, {held, full}, {device, input.tile});
            } else {
                traffic.carry(problem_.bed.cluster().source, device, tile_bytes(tensor, input.tile));
            }
        }
    }
    return traffic.duration();
}

LayerPath::Step LayerPath::start(std::size_t state) {
    const std::size_t source = problem_.bed.cluster().source;
    if (is_rows(state)) return {scatter(0, state, source), std::nullopt};
    const std::size_t device = rules_.single[state];
    return {message_time(problem_.bed, source, device, alive_.front()) + problem_.bed.piece_overhead(device),
            std::nullopt};
}

LayerPath::Step LayerPath::move(std::size_t layer, std::size_t before, std::size_t state) {
    if (!is_rows(state)) {
        const std::size_t device = rules_.single[state];
        if (before == state) return {};
        const Seconds overhead = problem_.bed.piece_overhead(device);
        const Bytes alive = alive_[layer];
        if (is_rows(before)) return {gather(layer - 1, before, device, alive) + overhead, std::nullopt};
        return {message_time(problem_.bed, rules_.single[before], device, alive) + overhead, std::nullopt};
    }
    if (!is_rows(before)) return {scatter(layer, state, rules_.single[before]), std::nullopt};
    Step best{before == state ? exchange(layer, before, state) : kNever, std::nullopt};
    for (const std::size_t device : rules_.single) {
        const Seconds gathered = gather(layer - 1, before, device, alive_[layer]);
        if (gathered >= best.time) continue;
        const Seconds time = gathered + scatter(layer, state, device);
        if (time < best.time) best = {time, device};
    }
    return best;
}

Seconds LayerPath::finish(std::size_t state) {
    const std::size_t sink = problem_.bed.cluster().sink;
    const Bytes bytes = output_bytes(problem_.graph);
    if (is_rows(state)) return gather(layers_.size() - 1, state, sink, bytes);
    return message_time(problem_.bed, rules_.single[state], sink, bytes);
}

LayerPath::Path LayerPath::along(const std::vector<std::size_t>& states) {
    Path path{states, {}, {}};
    for (std::size_t layer = 0; layer < states.size(); ++layer) {
        const Step step = layer == 0 ? start(states[0]) : move(layer, states[layer - 1], states[layer]);
        path.gathers.push_back(step.gather);
        path.cost += step.time + compute(layer, states[layer]);
    }
    path.cost += finish(states.back());
    return path;
}

LayerPath::Path LayerPath::shortest() {
    std::vector<std::vector<Seconds>> cost(layers_.size(), std::vector<Seconds>(states(), kNever));
    std::vector<std::vector<std::size_t>> from(layers_.size(), std::vector<std::size_t>(states(), 0));
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
        for (std::size_t state = 0; state < states(); ++state) {
            if (!possible(layer, state)) continue;
            const Seconds computing = compute(layer, state);
            if (layer == 0) cost[0][state] = start(state).time + computing;
            for (std::size_t before = 0; layer > 0 && before < states(); ++before) {
                if (cost[layer - 1][before] + computing >= cost[layer][state]) continue;
                const Seconds reached = cost[layer - 1][before] + move(layer, before, state).time + computing;
                if (reached >= cost[layer][state]) continue;
                cost[layer][state] = reached;
                from[layer][state] = before;
            }
        }
    }
    std::optional<std::size_t> last;
    Seconds best = kNever;
    for (std::size_t state = 0; state < states(); ++state) {
        if (cost.back()[state] == kNever) continue;
        const Seconds whole = cost.back()[state] + finish(state);
        if (last && whole >= best) continue;
        best = whole;
        last = state;
    }
    if (!last) return {};
    std::vector<std::size_t> path(layers_.size());
    for (std::size_t layer = layers_.size(); layer-- > 0;) {
        path[layer] = *last;
        last = from[layer][*last];
    }
    return along(path);
}

plan::Plan LayerPath::plan(const Path& path) const {
    PlanBuilder builder(problem_);
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
        const OperatorRange range = layers_[layer].range;
        const std::size_t state = path.states[layer];
        if (path.gathers[layer]) builder.gather(layers_[layer - 1].range, *path.gathers[layer]);
        if (is_rows(state)) {
            builder.tiled(range, tilings_[layer][state - rules_.single.size()]);
        } else {
            builder.whole(range, rules_.single[state]);
        }
    }
    return std::move(builder).finish();
}

}  // namespace convoy::partition::detail
