#pragma once

#include <map>
#include <span>
#include <vector>

#include "graph/graph.hpp"
#include "latency/bed.hpp"
#include "partition/tile.hpp"
#include "plan/plan.hpp"

namespace convoy::partition::detail {

/// Operators [begin, end) of the graph's topological order.
struct OperatorRange {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// A plan of one route without stages, whose devices are the bed's.
[[nodiscard]] plan::Plan empty_plan(const latency::Bed& bed);

/// Everything in the range on one device; tensors that leave it beside its last operator's are listed as outputs.
[[nodiscard]] plan::Stage device_stage(const graph::Graph& graph, OperatorRange range, std::size_t device);

/// The same for any operators, ascending, of which none but these reads a tensor between two of them.
[[nodiscard]] plan::Stage device_stage(const graph::Graph& graph, std::span<const graph::OperatorId> operators,
                                       std::size_t device);

/// A whole tensor gathered on one device.
[[nodiscard]] plan::Stage hold_stage(const graph::Graph& graph, graph::TensorId tensor, std::size_t device);

/// The last operator's output in tiles.
[[nodiscard]] plan::Stage tiled_stage(const graph::Graph& graph, OperatorRange range, const Tiling& tiling);

/// Leaves out devices that compute nothing and are neither source nor sink.
[[nodiscard]] plan::Plan without_idle_devices(const plan::Plan& plan);

/// Devices that compute something in the plan's first route.
[[nodiscard]] std::size_t computing_devices(const plan::Plan& plan);

/// What the range's last operator needs, to be computed whole, of every tensor that operators of the range read or
/// make; tensors of which it needs nothing are left out.
[[nodiscard]] std::map<graph::TensorId, graph::Slab> needed_for_last(const graph::Graph& graph, OperatorRange range);

}  // namespace convoy::partition::detail
