// What the random models and plans of the property tests reach: a cut that is never drawn is never tested.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "graph/calculus.hpp"
#include "support/random_graph.hpp"
#include "support/random_plan.hpp"

using namespace convoy;

namespace {

constexpr const char* kAxisNames = "nchw";

std::string cut_of(graph::Kind kind, const char* what, std::size_t axis) {
    return fmt::format("{} {} {}", to_string(kind), what, kAxisNames[axis]);
}

/// Cuts of operators, as "kind output axis" or "kind sum axis".
struct Reach {
    std::set<std::string> kinds;     ///< of any operator
    std::set<std::string> legal;     ///< where the axis has at least two elements
    std::set<std::string> drawn;     ///< by the pieces of a stage
    std::set<std::string> features;  ///< of plans
};

void add_legal(const graph::Graph& graph, Reach& reach) {
    for (std::size_t i = 0; i < graph.operators().size(); ++i) {
        const graph::Operator& op = graph.operators()[i];
        reach.kinds.insert(to_string(op.kind));
        const graph::Cuts cuts = graph::cuts(graph, graph::OperatorId(i));
        const graph::Box& output = graph.tensor(op.outputs[0]).full;
        for (std::size_t axis = 0; axis < graph::kAxes; ++axis) {
            if (cuts.output[axis] && output.axes[axis].size() > 1) reach.legal.insert(cut_of(op.kind, "output", axis));
            if (op.inputs.empty() || !cuts.contraction[axis]) continue;
            if (graph.tensor(op.inputs[0]).full.axes[axis].size() > 1) reach.legal.insert(cut_of(op.kind, "sum", axis));
        }
    }
}

void add_pieces(const graph::Graph& graph, const plan::Stage& stage, Reach& reach) {
    const graph::Operator& last = graph.op(stage.last);
    const graph::Box& output = graph.tensor(last.outputs[0]).full;
    std::size_t pieces = 0;
    for (const plan::Share& share : stage.shares) {
        pieces += share.pieces.size();
        for (const plan::Piece& piece : share.pieces) {
            for (std::size_t axis = 0; axis < graph::kAxes; ++axis) {
                if (piece.box.axes[axis] != output.axes[axis]) reach.drawn.insert(cut_of(last.kind, "output", axis));
                if (piece.in && piece.in->axes[axis] != graph.tensor(last.inputs[0]).full.axes[axis])
                    reach.drawn.insert(cut_of(last.kind, "sum", axis));
            }
        }
    }
    if (pieces > stage.shares.size()) reach.features.insert("several pieces on a device");
    if (stage.operators.size() > 1 && pieces > 1) reach.features.insert("fused operators in pieces");
}

void add_stage(const graph::Graph& graph, const plan::Stage& stage, Reach& reach) {
    if (stage.hold) {
        const bool one = stage.shares.size() == 1;
        reach.features.insert(one ? "hold on one device" : "hold on several devices");
    } else {
        add_pieces(graph, stage, reach);
    }
    if (!stage.outputs.empty()) reach.features.insert("outputs");
    if (!stage.from.empty()) reach.features.insert("from");
    for (const auto& [tensor, codec] : stage.wire) reach.features.insert(fmt::format("wire {}", to_string(codec)));
}

Reach reached(std::uint64_t first, std::uint64_t count) {
    Reach reach;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        util::Random random(seed);
        const graph::Graph graph = test::random_graph(random);
        const plan::Plan plan = test::random_plan(graph, random);
        add_legal(graph, reach);
        if (plan.routes.size() > 1) reach.features.insert("routes");
        if (plan.in_flight > 1) reach.features.insert("frames in flight");
        for (const plan::Route& route : plan.routes)
            for (const plan::Stage& stage : route.stages) add_stage(graph, stage, reach);
    }
    return reach;
}

/// The axes of an operator's output, and of its first input, that it can be cut along.
struct Legal {
    std::string output = "nchw";
    std::string sum;
};
const std::map<graph::Kind, Legal> kUnlikeTheRest{{graph::Kind::convolution, {"nchw", "c"}},
                                                  {graph::Kind::gemm, {"nc", "chw"}},
                                                  {graph::Kind::global_average_pool, {"nc", "hw"}},
                                                  {graph::Kind::global_sum_pool, {"nc", "hw"}},
                                                  {graph::Kind::global_max_pool, {"nc", ""}},
                                                  {graph::Kind::flatten, {"nc", ""}},
                                                  {graph::Kind::whole, {"", ""}}};

std::set<std::string> expected_cuts(graph::Kind kind) {
    const auto unlike = kUnlikeTheRest.find(kind);
    const Legal legal = unlike == kUnlikeTheRest.end() ? Legal{} : unlike->second;
    std::set<std::string> cuts;
    for (const char axis : legal.output) cuts.insert(fmt::format("{} output {}", to_string(kind), axis));
    for (const char axis : legal.sum) cuts.insert(fmt::format("{} sum {}", to_string(kind), axis));
    return cuts;
}

}  // namespace

TEST_CASE("plan: the property tests draw every kind of operator, every legal cut and every feature of a plan",
          "[plan]") {
    const Reach reach = reached(100000, 4000);  // the seeds of the long one
    std::set<std::string> expected;
    for (std::size_t kind = 0; kind <= static_cast<std::size_t>(graph::Kind::whole); ++kind) {
        INFO(to_string(graph::Kind(kind)));
        CHECK(reach.kinds.contains(to_string(graph::Kind(kind))));
        expected.merge(expected_cuts(graph::Kind(kind)));
    }
    CHECK(reach.legal == expected);
    CHECK(reach.drawn == expected);
    for (const char* feature :
         {"several pieces on a device", "fused operators in pieces", "hold on one device", "hold on several devices",
          "outputs", "from", "wire fp16", "wire int8", "routes", "frames in flight"}) {
        INFO(feature);
        CHECK(reach.features.contains(feature));
    }
}
