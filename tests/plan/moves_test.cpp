#include <catch2/catch.hpp>

#include "plan/program.hpp"
#include "support/program_executor.hpp"
#include "support/small_models.hpp"

using namespace convoy;
using graph::Axis;
using test::addend;
using test::held;
using test::layers;
using test::on;
using test::part;
using test::whole_on;

namespace {

/// "stage.piece tensor sender>receiver: boxes", `+` for addends.
std::vector<std::string> texts(const plan::Plan& plan, const graph::Graph& graph) {
    std::vector<std::string> texts;
    const plan::Compiled compiled(plan, graph);
    for (const plan::Message& m : compiled.messages(0)) {
        const std::string stage =
            m.stage == plan::kInputStage ? "in" : std::to_string(static_cast<std::uint32_t>(m.stage));
        std::string text = stage + "." + std::to_string(m.piece) + " " + graph.tensor(m.tensor).name + " " +
                           plan.devices[index(m.sender)] + ">" + plan.devices[index(m.receiver)] +
                           (m.addend ? "+" : "");
        for (const graph::Box& box : m.boxes) text += " " + to_string(box);
        texts.push_back(std::move(text));
    }
    return texts;
}

using Texts = std::vector<std::string>;

/// in [1, 2, 8, 1] -> conv1 -> conv2, both 3x3.
graph::Graph two_convolutions() {
    test::Model model;
    const auto x = model.input("in", {1, 2, 8, 1});
    return model.finish({model.conv("conv2", model.conv("conv1", x, 6), 3)});
}

void check_all(const plan::Plan& plan, const graph::Graph& graph) {
    util::Random random(1);
    const test::Deployment deployment(plan, graph);
    CHECK(test::inspect_programs(deployment).empty());
    CHECK(test::inspect_moves(deployment).empty());
    CHECK(test::execute(deployment, 3, random).empty());
}

}  // namespace

TEST_CASE("plan: everything on the source sends nothing", "[plan]") {
    const graph::Graph graph = two_convolutions();
    const plan::Plan plan =
        test::plan_of({"a", "b"}, {layers(graph, {"conv1", "conv2"}, {whole_on(0, graph, "conv2")})});
    CHECK(texts(plan, graph).empty());
    CHECK(plan::Compiled(plan, graph).program(0, plan::DeviceId{1}).steps.empty());
    check_all(plan, graph);
}

TEST_CASE("plan: the halo of fused rows is computed twice, not sent", "[plan]") {
    const graph::Graph graph = two_convolutions();
    const plan::Plan plan = test::plan_of(
        {"a", "b"},
        {layers(graph, {"conv1", "conv2"},
                {on(0, {part(graph, "conv2", Axis::h, 0, 4)}), on(1, {part(graph, "conv2", Axis::h, 4, 8)})})});
    CHECK(texts(plan, graph) ==
          Texts{"in.0 in a>b n[0,1) c[0,2) h[2,8) w[0,1)", "0.0 conv2_out b>a n[0,1) c[0,3) h[4,8) w[0,1)"});
    check_all(plan, graph);
}

TEST_CASE("plan: of rows in separate stages only the missing border rows cross", "[plan]") {
    const graph::Graph graph = two_convolutions();
    plan::Plan plan = test::plan_of(
        {"a", "b"},
        {layers(graph, {"conv1"},
                {on(0, {part(graph, "conv1", Axis::h, 0, 4)}),
                 on(1, {part(graph, "conv1", Axis::h, 4, 5), part(graph, "conv1", Axis::h, 5, 8)})}),
         layers(graph, {"conv2"},
                {on(0, {part(graph, "conv2", Axis::h, 0, 4)}), on(1, {part(graph, "conv2", Axis::h, 4, 8)})})});
    const auto out = graph.find_tensor("conv1_out").value();
    plan.routes[0].stages[0].wire[out] = wire::Codec::fp16;
    CHECK(texts(plan, graph) ==
          Texts{"in.0 in a>b n[0,1) c[0,2) h[3,8) w[0,1)", "0.0 conv1_out a>b n[0,1) c[0,6) h[3,4) w[0,1)",
                "0.0 conv1_out b>a n[0,1) c[0,6) h[4,5) w[0,1)", "1.0 conv2_out b>a n[0,1) c[0,3) h[4,8) w[0,1)"});
    CHECK(plan::Compiled(plan, graph).messages(0)[1].payload == util::Bytes(6 * 2));
    check_all(plan, graph);
}

TEST_CASE("plan: an interleaved pair moves what an output-channel and an input-channel stage move", "[plan]") {
    const graph::Graph graph = two_convolutions();
    const std::vector<plan::Share> sums{on(0, {addend(graph, "conv2", Axis::c, 0, 4)}),
                                        on(1, {addend(graph, "conv2", Axis::c, 4, 6)})};
    const plan::Plan pair = test::plan_of({"a", "b"}, {layers(graph, {"conv1", "conv2"}, sums)});
    const plan::Plan stages = test::plan_of(
        {"a", "b"},
        {layers(graph, {"conv1"},
                {on(0, {part(graph, "conv1", Axis::c, 0, 4)}), on(1, {part(graph, "conv1", Axis::c, 4, 6)})}),
         layers(graph, {"conv2"}, sums)});
    const Texts moves = texts(pair, graph);
    CHECK(moves == Texts{"in.0 in a>b n[0,1) c[0,2) h[0,8) w[0,1)", "0.0 conv2_out b>a+ n[0,1) c[0,3) h[0,8) w[0,1)"});
    CHECK(texts(stages, graph) == Texts{moves[0], "1" + moves[1].substr(1)});
    check_all(pair, graph);
    check_all(stages, graph);
}

TEST_CASE("plan: reduce-scatter then all-gather are two identity stages", "[plan]") {
    const graph::Graph graph = two_convolutions();
    const plan::Plan plan = test::plan_of(
        {"a", "b"},
        {layers(graph, {"conv1"},
                {on(0, {addend(graph, "conv1", Axis::c, 0, 1)}), on(1, {addend(graph, "conv1", Axis::c, 1, 2)})}),
         held(graph, "conv1_out",
              {on(0, {part(graph, "conv1_out", Axis::h, 0, 4)}), on(1, {part(graph, "conv1_out", Axis::h, 4, 8)})}),
         held(graph, "conv1_out", {whole_on(0, graph, "conv1_out"), whole_on(1, graph, "conv1_out")}),
         layers(graph, {"conv2"},
                {on(0, {part(graph, "conv2", Axis::c, 0, 1)}), on(1, {part(graph, "conv2", Axis::c, 1, 3)})})});
    CHECK(texts(plan, graph) ==
          Texts{"in.0 in a>b n[0,1) c[1,2) h[0,8) w[0,1)", "0.0 conv1_out a>b+ n[0,1) c[0,6) h[4,8) w[0,1)",
                "0.0 conv1_out b>a+ n[0,1) c[0,6) h[0,4) w[0,1)", "1.0 conv1_out a>b n[0,1) c[0,6) h[0,4) w[0,1)",
                "1.0 conv1_out b>a n[0,1) c[0,6) h[4,8) w[0,1)", "3.0 conv2_out b>a n[0,1) c[1,3) h[0,8) w[0,1)"});
    check_all(plan, graph);
}

TEST_CASE("plan: a reader uses its own copy, then the holder that `from` names, then the first", "[plan]") {
    const graph::Graph graph = two_convolutions();
    plan::Plan plan = test::plan_of(
        {"a", "b", "c"},
        {layers(graph, {"conv1"}, {whole_on(0, graph, "conv1"), whole_on(1, graph, "conv1")}),
         layers(graph, {"conv2"},
                {on(1, {part(graph, "conv2", Axis::h, 0, 4)}), on(2, {part(graph, "conv2", Axis::h, 4, 8)})})});
    const auto sender = [&] { return plan::Compiled(plan, graph).messages(0)[1].sender; };
    CHECK(texts(plan, graph).size() == 4);  // in to b, conv1_out to c, both halves to a
    CHECK(sender() == plan::DeviceId{0});
    plan.routes[0].stages[0].from[graph.find_tensor("conv1_out").value()][plan::DeviceId{2}] = plan::DeviceId{1};
    CHECK(sender() == plan::DeviceId{1});
    check_all(plan, graph);
    CHECK(plan::Compiled(plan, graph).warnings() == Texts{"stages[0].shares.a[0] is read by nobody; it is left out"});
}

TEST_CASE("plan: rows that a strided layer skips go to the piece that grows least", "[plan]") {
    test::Model model;
    const auto x = model.input("in", {1, 1, 8, 1});
    const auto c = model.conv("conv", x, 1, 1);
    const auto r = model.relu("relu", c);
    const graph::Graph graph = model.finish({c, r});
    plan::Plan plan = test::plan_of(
        {"a", "b"},
        {layers(graph, {"conv", "relu"},
                {on(0, {part(graph, "relu", Axis::h, 0, 3)}), on(1, {part(graph, "relu", Axis::h, 3, 8)})})});
    CHECK(texts(plan, graph).back() == "0.0 relu_out b>a n[0,1) c[0,1) h[3,8) w[0,1)");
    plan.routes[0].stages[0].outputs[c][plan::DeviceId{0}] = {part(graph, "conv", Axis::h, 2, 8).box};
    CHECK(texts(plan, graph).back() == "0.0 relu_out b>a n[0,1) c[0,1) h[3,8) w[0,1)");
    CHECK(texts(plan, graph).size() == 2);  // a has all of conv_out by itself
    check_all(plan, graph);
}

TEST_CASE("plan: memory counts weights once, messages that may come early, and every frame in flight", "[plan]") {
    const graph::Graph graph = two_convolutions();
    plan::Plan plan = test::plan_of({"a"}, {layers(graph, {"conv1", "conv2"}, {whole_on(0, graph, "conv2")})});
    const plan::Memory one = plan::Compiled(plan, graph).memory(plan::DeviceId{0});
    CHECK(one.weights == util::Bytes(4 * ((6 * 2 * 9 + 6) + (3 * 6 * 9 + 3))));
    CHECK(one.inside == util::Bytes(4 * 8 * (6 + 3)));
    const util::Bytes input_and_result(4 * 8 * (2 + 3));
    CHECK(one.peak == plan::kProcessMemory + one.weights + one.inside + input_and_result);
    plan.in_flight = 3;
    CHECK(plan::Compiled(plan, graph).memory(plan::DeviceId{0}).peak == one.peak + input_and_result * 2);
}

TEST_CASE("plan: routes take frames by smooth weighted round robin", "[plan]") {
    plan::Plan plan;
    plan.routes = {{2, {}}, {1, {}}, {1, {}}};
    std::vector<std::size_t> taken;
    for (std::uint64_t frame = 0; frame < 8; ++frame) taken.push_back(plan::route_of(plan, frame));
    CHECK(taken == std::vector<std::size_t>{0, 1, 2, 0, 0, 1, 2, 0});
    CHECK(plan::turn_of_routes(plan) == std::vector<std::size_t>{0, 1, 2, 0});
    plan.routes = {{6, {}}, {4, {}}};
    CHECK(plan::turn_of_routes(plan) == std::vector<std::size_t>{0, 1, 0, 1, 0});
    plan.routes = {{7, {}}};
    CHECK(plan::turn_of_routes(plan) == std::vector<std::size_t>{0});
}
