#pragma once

#include "cost/prediction.hpp"

namespace convoy::cost {

/// A latency that no plan of any strategy, on any of the bed's devices, can go below.
///
/// The larger of two: all work over all speeds, and the critical path through operators that only one device at a time
/// can compute, everything between them shared ideally. Counts what every plan must do: elements that are needed, of
/// the latency model the part that grows with FLOPs and bytes and each operator's constant once, no halo, no message
/// but the first to, and the last from, each device: their start-up and delay. Devices of unlike kinds are weighted so
/// that the bound holds whichever of them computes what (weak duality of the linear program that shares the work out).
/// About 10 ms for a large CNN.
[[nodiscard]] util::Seconds lower_bound(const graph::Graph& graph, const latency::Bed& bed);

}  // namespace convoy::cost
