#include "partition/two_sides.hpp"

#include <limits>

#include "partition/solvers.hpp"
#include "partition/traffic.hpp"

namespace convoy::partition::detail {

using graph::OperatorId;
using graph::TensorId;
using util::Seconds;

TwoSides::TwoSides(const Problem& problem, Slices& slices, std::size_t cloud)
    : problem_(problem), edge_(problem.bed.cluster().source), cloud_(cloud) {
    const graph::Graph& graph = problem.graph;
    const std::size_t sink = problem.bed.cluster().sink;
    for (std::size_t op = 0; op < graph.operators().size(); ++op) {
        edge_times_.push_back(slices.whole({op, op + 1}, edge_));
        cloud_times_.push_back(slices.whole({op, op + 1}, cloud_));
        Seconds down{};
        Seconds kept{};
        for (const TensorId output : graph.operators()[op].outputs) {
            if (!graph.is_output(output)) continue;
            down += message_time(problem.bed, cloud_, sink, graph.tensor(output).bytes());
            kept += message_time(problem.bed, edge_, sink, graph.tensor(output).bytes());
        }
        down_.push_back(down);
        kept_.push_back(kept);
    }
    for (std::size_t t = 0; t < graph.tensors().size(); ++t) {
        const TensorId tensor{static_cast<std::uint32_t>(t)};
        if (graph.readers(tensor).empty()) continue;
        crossings_.push_back({graph.producer(tensor), graph.readers(tensor),
                              message_time(problem.bed, edge_, cloud_, graph.tensor(tensor).bytes())});
    }
}

std::vector<bool> TwoSides::cut_at(std::optional<std::size_t> border) const {
    constexpr double kUncut = std::numeric_limits<double>::infinity();
    const std::size_t count = edge_times_.size();
    const std::size_t edge = count;       // the source of the network: what stays
    const std::size_t cloud = count + 1;  // its sink
    std::vector<Arc> arcs;
    for (std::size_t op = 0; op < count; ++op) {
        const bool must_stay = border && op + 1 == *border;
        const bool must_go = border && op == *border;
        arcs.push_back({edge, op, must_stay ? kUncut : (cloud_times_[op] + down_[op]).count()});
        arcs.push_back({op, cloud, must_go ? kUncut : (edge_times_[op] + kept_[op]).count()});
    }
    std::size_t vertex = count + 2;
    for (const Crossing& crossing : crossings_) {
        const std::size_t from = crossing.producer ? index(*crossing.producer) : edge;
        arcs.push_back({from, vertex, crossing.up.count()});
        for (const OperatorId reader : crossing.readers) {
            arcs.push_back({vertex, index(reader), kUncut});
            if (crossing.producer) arcs.push_back({index(reader), from, kUncut});  // nothing comes back
        }
        ++vertex;
    }
    std::vector<bool> on_edge = least_cut(vertex, arcs, edge, cloud);
    on_edge.resize(count);
    return on_edge;
}

SideTimes TwoSides::times(const std::vector<bool>& on_edge) const {
    SideTimes times;
    for (std::size_t op = 0; op < on_edge.size(); ++op) {
        (on_edge[op] ? times.edge : times.cloud) += on_edge[op] ? edge_times_[op] : cloud_times_[op];
        times.transfer += on_edge[op] ? kept_[op] : down_[op];
    }
    for (const Crossing& crossing : crossings_) {
        if (crossing.producer && !on_edge[index(*crossing.producer)]) continue;
        const bool crosses = std::any_of(crossing.readers.begin(), crossing.readers.end(),
                                         [&](OperatorId reader) { return !on_edge[index(reader)]; });
        if (crosses) times.transfer += crossing.up;
    }
    return times;
}

plan::Plan TwoSides::plan(const std::vector<bool>& on_edge, int in_flight) const {
    plan::Plan plan = empty_plan(problem_.bed);
    plan.in_flight = in_flight;
    for (const bool edge : {true, false}) {
        std::vector<OperatorId> operators;
        for (std::size_t op = 0; op < on_edge.size(); ++op) {
            if (on_edge[op] == edge) operators.push_back(OperatorId{static_cast<std::uint32_t>(op)});
        }
        if (operators.empty()) continue;
        plan.routes.front().stages.push_back(device_stage(problem_.graph, operators, edge ? edge_ : cloud_));
    }
    return without_idle_devices(plan);
}

}  // namespace convoy::partition::detail
