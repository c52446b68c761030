#pragma once

#include <optional>
#include <vector>

#include "graph/graph.hpp"
#include "plan/plan.hpp"

namespace convoy::partition::detail {

/// A stage of which every device has one piece, and all pieces lie one after the other along one axis.
struct OneAxis {
    graph::Axis axis = graph::Axis::h;
    bool summed = false;  ///< along an axis of the first input: shares of a sum
};
/// Empty for any other stage.
[[nodiscard]] std::optional<OneAxis> one_axis(const plan::Stage& stage);

/// Multiplies the devices' parts of such a stage, as far as the parts of all of them allow; none becomes empty.
/// @param factors  by device of the plan
void scale_shares(plan::Stage& stage, const OneAxis& along, const std::vector<double>& factors);

/// Moves the border behind the i-th part, in the order along the axis. @return whether there was room
bool move_border(plan::Stage& stage, const OneAxis& along, std::size_t i, graph::Index by);

}  // namespace convoy::partition::detail
