#pragma once

#include <vector>

#include "plan/growth.hpp"
#include "plan/moves.hpp"
#include "plan/program.hpp"

namespace convoy::plan::detail {

/// The step program of every device of one route: messages are taken just before their first use, each piece's are
/// sent as soon as it is done, and every buffer ends after its last use (rule 17 of docs/format-plan.md).
[[nodiscard]] std::vector<Program> compile_route(const RouteView& view, const std::vector<std::vector<Grown>>& stages,
                                                 const Moves& moves);

/// Rule 18: what one frame of a route holds at most on each device, weights and the inside of pieces left out.
/// @param messages  of the route
[[nodiscard]] std::vector<util::Bytes> frame_peaks(const std::vector<Program>& programs, std::size_t messages);

/// The insides of all pieces of a program: tensors that live only while a piece runs, in blocks that stay with it.
[[nodiscard]] util::Bytes insides_of(const graph::Graph& graph, const Program& program);

/// The weights of all pieces that a device runs, each slice once.
[[nodiscard]] util::Bytes weights_of(const graph::Graph& graph, const std::vector<const Program*>& programs);

}  // namespace convoy::plan::detail
