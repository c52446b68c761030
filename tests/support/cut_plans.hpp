#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>

#include "graph/graph.hpp"
#include "plan/plan.hpp"

namespace convoy::test {

/// Ways to cut a model, as somebody would write them into a plan by hand. Operators that one of them does not fit run
/// on one device, another one from operator to operator.
enum class Cut {
    rows,
    columns,
    grid,             ///< of rows and columns
    fused_tiles,      ///< runs of up to six operators in more tiles than devices
    row_sums,         ///< rows; what reads whole maps adds up over the rows: global pools, layers behind Flatten
    output_channels,  ///< aligned with nothing: groups are grown where a border falls inside
    sums_direct,      ///< over input channels; every reader adds up what it reads
    sums_on_one,      ///< over input channels, added up on one device
    sums_scattered,   ///< over input channels: reduce-scatter, then all-gather
    channel_grid,     ///< p parts of the output channels x q of the input channels
    interleaved,      ///< one layer by output channels, the next sums over the same ones: nothing crosses in between
    branches,         ///< of a DAG, on different devices
    pipeline,         ///< the layers in order over the devices, two frames in flight
    weighted_routes,  ///< whole frames dealt to the devices 2 : 1 : 1...
    batch,            ///< along n
    mixed,            ///< another way from operator to operator
};
[[nodiscard]] std::span<const Cut> every_cut() noexcept;
[[nodiscard]] const char* to_string(Cut cut) noexcept;

struct CutPlan {
    std::optional<plan::Plan> plan;   ///< source is the first device, sink the last; empty where the cut is refused
    std::string refusal;              ///< why no operator of the model can be cut in this way
    std::size_t cut_operators = 0;    ///< that several devices compute parts of
    std::set<graph::TensorId> local;  ///< that no message may carry
    int frames = 1;                   ///< that it takes to use all of the plan
};
/// @param devices  at least 2
[[nodiscard]] CutPlan cut_plan(const graph::Graph& graph, Cut cut, std::size_t devices);

}  // namespace convoy::test
