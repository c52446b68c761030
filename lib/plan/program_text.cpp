#include <fmt/format.h>
#include <fmt/ranges.h>

#include "plan/program.hpp"

namespace convoy::plan {
namespace {

std::string list(const std::vector<BufferId>& ids) {
    std::vector<std::size_t> numbers;
    for (const BufferId id : ids) numbers.push_back(index(id));
    return fmt::format("[{}]", fmt::join(numbers, ", "));
}

std::string list(const std::vector<graph::Box>& boxes) {
    std::string text;
    for (const graph::Box& box : boxes) text += (text.empty() ? "" : " + ") + to_string(box);
    return text;
}

/// Writes one step as one line.
struct StepText {
    const Program& program;
    const Plan& plan;
    const graph::Graph& graph;

    [[nodiscard]] const std::string& name(graph::TensorId id) const { return graph.tensor(id).name; }

    std::string operator()(const Receive& step) const {
        const Message& m = program.messages[step.message];
        return fmt::format("receive {} {} from {} into {}{}", name(m.tensor), list(m.boxes),
                           plan.devices[index(m.sender)], index(step.into), m.addend ? " (addend)" : "");
    }
    std::string operator()(const Reduce& step) const {
        return fmt::format("reduce {} {} into {}", graph.op(step.op).name, list(step.addends), index(step.into));
    }
    std::string operator()(const Run& step) const {
        std::string text = fmt::format("run stage {} piece {}:", static_cast<std::uint32_t>(step.stage), step.piece);
        for (const Run::Input& input : step.inputs) {
            text += fmt::format(" {} {} of {}", name(input.tensor), list(input.slab.boxes()), list(input.from));
        }
        text += " ->";
        for (const Run::Output& output : step.outputs) {
            text += fmt::format(" {} {} into {}", name(output.tensor), list(output.slab.boxes()), index(output.into));
        }
        return text;
    }
    std::string operator()(const Send& step) const {
        const Message& m = program.messages[step.message];
        return fmt::format("send {} {} of {} to {}{}", name(m.tensor), list(m.boxes), list(step.from),
                           plan.devices[index(m.receiver)], m.addend ? " (addend)" : "");
    }
    std::string operator()(const Free& step) const { return fmt::format("free {}", index(step.buffer)); }
};

}  // namespace

std::string to_string(const Program& program, const Plan& plan, const graph::Graph& graph) {
    std::string text = fmt::format("program of {}\n", plan.devices[index(program.device)]);
    const StepText step_text{program, plan, graph};
    for (const auto& input : program.inputs) {
        text += fmt::format("  input {} in {}\n", graph.tensor(input.tensor).name, index(input.buffer));
    }
    for (const Step& step : program.steps) text += "  " + std::visit(step_text, step) + "\n";
    for (const auto& result : program.results) {
        text += fmt::format("  result {} of {}\n", graph.tensor(result.tensor).name, list(result.from));
    }
    return text;
}

}  // namespace convoy::plan
