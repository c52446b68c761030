#pragma once

#include "cost/prediction.hpp"

namespace convoy::cost {

/// A latency that no plan of any strategy, on any of the bed's devices, can go below.
///
/// The largest of three: all work over all speeds; the critical path through operators that only one device at a time
/// can compute, everything between them shared ideally; and what must leave the source (cost/egress.hpp). Counts what
/// every plan must do: elements that are needed, of the latency model the part that grows with FLOPs and bytes and each
/// operator's constant once, no halo, no message but the first to, and the last from, each device: their start-up and
/// delay.
///
/// Proof. Let w be weights of the devices, at least 0, that add up to 1, and T the latency of some plan.
/// 1. Device d computes within T, but neither before its first message, nor behind its last: busy_d <= T - idle_d. So
///    sum_d w_d max(0, T - idle_d) >= sum_d w_d busy_d, and the T for which both sides are equal is a bound.
/// 2. busy_d is the sum over its pieces of their operators' times. Of operator o each time is at least a number c_od
///    for each operation (least_rate(): whatever the piece's size), or once + a flops + b bytes with the least
///    correction; these are additive over pieces. All pieces together do the operations that are needed, whoever does
///    them. So sum_d w_d busy_d >= sum_o min_d (w_d c_od) operations_o, likewise for the other form part by part: weak
///    duality of the linear program that shares the work out. Any w gives a bound; a few are tried.
/// 3. An undivided operator starts when all that it reads is there, and all that depends on it in every element waits
///    for it: the bound of what lies between two of them, by 1 and 2 with idle 0, adds up along any path.
///
/// About 10 ms for a large CNN, 100 ms with learnt corrections.
///
/// @param coding  bytes of the shortest coding that a plan may use for what crosses the network, over those of fp32
[[nodiscard]] util::Seconds lower_bound(const graph::Graph& graph, const latency::Bed& bed, double coding = 1);

}  // namespace convoy::cost
