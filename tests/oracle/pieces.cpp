#include "pieces.hpp"

#include <fmt/format.h>

#include "plan/program.hpp"
#include "support/cut_stages.hpp"
#include "support/in_process.hpp"
#include "util/error.hpp"

namespace convoy::test {
namespace {

using graph::Axis;
using graph::OperatorId;

bool fits(const graph::Graph& graph, OperatorId op, const Way& way) {
    return way.sum ? cuts_sum(graph, op, way.axis) : cuts_output(graph, op, way.axis);
}

plan::Stage in_two(const graph::Graph& graph, OperatorId op, const Way& way) {
    const graph::Box& output = graph.tensor(graph.op(op).outputs[0]).full;
    const graph::Box& cut = way.sum ? graph.tensor(graph.op(op).inputs[0]).full : output;
    Placed pieces;
    for (const graph::Interval& part : uneven_parts(cut[way.axis].size(), 2)) {
        graph::Box box = cut;
        box[way.axis] = part;
        pieces.push_back({pieces.size(), way.sum ? plan::Piece{output, box} : plan::Piece{box, std::nullopt}});
    }
    return operator_stage(op, pieces);
}

plan::Plan plan_in_two(const graph::Graph& graph, std::size_t cut, const Way& way) {
    plan::Plan plan;
    plan.devices = {"a", "b"};
    plan.sink = plan::DeviceId{1};
    plan.routes.emplace_back();
    for (std::size_t i = 0; i < graph.operators().size(); ++i) {
        const auto op = static_cast<OperatorId>(i);
        plan.routes[0].stages.push_back(i == cut ? in_two(graph, op, way) : operator_on(graph, op, i % 2));
    }
    return plan;
}

std::vector<graph::Tensor> run(const plan::Plan& plan, const graph::Graph& graph,
                               const std::vector<graph::Tensor>& inputs) {
    const plan::Compiled compiled(plan, graph);
    engine::Weights weights(graph);
    InProcessCluster cluster(plan, compiled, weights, 1);
    return cluster.run({inputs}).at(0);
}

}  // namespace

std::string to_string(const Way& way) {
    return fmt::format("{}{}", way.sum ? "sum " : "", "nchw"[static_cast<std::size_t>(way.axis)]);
}

std::vector<Way> every_way() {
    return {{false, Axis::n}, {false, Axis::c}, {false, Axis::h}, {false, Axis::w},
            {true, Axis::c},  {true, Axis::h},  {true, Axis::w}};
}

void run_in_pieces(const graph::Graph& graph, const std::vector<graph::Tensor>& inputs,
                   const std::function<std::string(const std::vector<graph::Tensor>&)>& difference, Pieces& pieces) {
    for (std::size_t i = 0; i < graph.operators().size(); ++i) {
        for (const Way& way : every_way()) {
            if (!fits(graph, static_cast<OperatorId>(i), way)) continue;
            std::string text;
            try {
                text = difference(run(plan_in_two(graph, i, way), graph, inputs));
            } catch (const util::Error& error) {
                text = error.message();
            }
            if (text.empty()) {
                pieces.run.insert(way);
            } else if (pieces.wrong.empty()) {
                pieces.wrong = fmt::format("'{}' cut along {}: {}", graph.operators()[i].name, to_string(way), text);
            }
        }
    }
}

}  // namespace convoy::test
