#include <fmt/format.h>

#include "plan/compile.hpp"
#include "plan/growth.hpp"
#include "plan/moves.hpp"
#include "plan/program.hpp"
#include "plan/route_view.hpp"

namespace convoy::plan {
namespace {

using namespace detail;

struct CompiledRoute {
    std::vector<Message> messages;
    std::vector<Program> programs;
};

/// Pieces that nobody reads are not compiled; the user is told.
void warn(const RouteView& view, const std::vector<std::vector<Grown>>& stages, std::vector<std::string>& warnings) {
    for (std::size_t s = 0; s < stages.size(); ++s) {
        for (const Grown& piece : stages[s]) {
            if (piece.live) continue;
            const char* why =
                piece.outputs.empty() ? "makes nothing: no output sums over its `in`" : "is read by nobody";
            warnings.push_back(fmt::format("{} {}; it is left out", view.key(s, piece.device, piece.piece), why));
        }
    }
}

CompiledRoute compile(const RouteView& view, std::vector<std::string>& warnings) {
    Problems problems;
    check_stages(view, problems);
    problems.throw_if_any();
    const Outline outline = outline_of(view);
    check_shares(view, outline, problems);
    problems.throw_if_any();
    std::vector<std::vector<Grown>> stages;
    for (std::size_t s = 0; s < view.stages().size(); ++s) stages.push_back(grow(view, outline, s, problems));
    problems.throw_if_any();
    Moves moves = derive_moves(view, outline, stages);
    warn(view, stages, warnings);
    std::vector<Program> programs = compile_route(view, stages, moves);
    return {std::move(moves.messages), std::move(programs)};
}

}  // namespace

Compiled::Compiled(const Plan& plan, const graph::Graph& graph) : memory_(plan.devices.size()) {
    Problems problems;
    check_plan(plan, graph, problems);
    problems.throw_if_any();
    for (std::size_t r = 0; r < plan.routes.size(); ++r) {
        CompiledRoute route = compile({plan, graph, r}, warnings_);
        const std::vector<util::Bytes> peaks = frame_peaks(route.programs, route.messages.size());
        for (std::size_t d = 0; d < memory_.size(); ++d) memory_[d].peak += peaks[d] * plan.in_flight;
        messages_.push_back(std::move(route.messages));
        programs_.push_back(std::move(route.programs));
    }
    for (std::size_t d = 0; d < memory_.size(); ++d) {
        std::vector<const Program*> programs;
        for (const auto& route : programs_) {
            programs.push_back(&route[d]);
            memory_[d].inside += insides_of(graph, route[d]);
        }
        memory_[d].weights = weights_of(graph, programs);
        memory_[d].peak += kProcessMemory + memory_[d].weights + memory_[d].inside;
    }
}

const Program& Compiled::program(std::size_t route, DeviceId device) const {
    return programs_.at(route).at(index(device));
}

}  // namespace convoy::plan
