#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "plan/growth.hpp"
#include "plan/program.hpp"

namespace convoy::plan::detail {

/// What crosses the network in one frame of a route.
struct Moves {
    std::vector<Message> messages;  ///< by (stage, sender, piece, tensor, receiver), graph inputs first
    /// Where addends are summed: by device and tensor, the elements that the device needs complete.
    std::map<std::pair<DeviceId, graph::TensorId>, graph::Region> sums;
};

/// Layouts and moves, rules 10 to 16: who holds what of each tensor that leaves a stage, and what each reader lacks.
///
/// Works backwards through the stages. Marks the pieces that somebody reads as live; the others ask for nothing.
/// @param stages  by stage, as grow() gave them
[[nodiscard]] Moves derive_moves(const RouteView& view, const Outline& outline,
                                 std::vector<std::vector<Grown>>& stages);

}  // namespace convoy::plan::detail
