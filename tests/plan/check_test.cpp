#include <catch2/catch.hpp>

#include "plan/program.hpp"
#include "support/small_models.hpp"
#include "util/error.hpp"

using namespace convoy;
using graph::Axis;
using test::addend;
using test::held;
using test::layers;
using test::on;
using test::part;
using test::whole_on;

namespace {

/// in -> conv1 (absorbs relu1) -> conv2 -> add (with side, from conv1) -> fc -> softmax
graph::Graph branched() {
    test::Model model;
    const auto x = model.input("in", {1, 2, 8, 8});
    const auto one = model.conv("conv1", x, 4, 3, 1, "relu1");
    const auto two = model.conv("conv2", one, 4);
    const auto side = model.conv("side", one, 4, 1);
    return model.finish({model.softmax("softmax", model.gemm("fc", model.add("add", two, side), 10))});
}

/// Stages that are right: one for each operator, on a.
std::vector<plan::Stage> one_by_one(const graph::Graph& graph) {
    std::vector<plan::Stage> stages;
    for (const graph::Operator& op : graph.operators()) {
        stages.push_back(layers(graph, {op.name}, {whole_on(0, graph, op.name)}));
    }
    return stages;
}

std::string text_of(const util::Error& error) {
    std::string text = error.key() + ": " + error.message();
    if (!error.hint().empty()) text += " (" + error.hint() + ")";
    for (const util::Error& further : error.further()) text += "\n" + text_of(further);
    return text;
}

std::string complaint(const plan::Plan& plan, const graph::Graph& graph, util::Errc code = util::Errc::data) {
    try {
        (void)plan::Compiled(plan, graph);
        return "accepted";
    } catch (const util::Error& error) {
        CHECK(error.code() == code);
        return text_of(error);
    }
}

/// What is said when `stage` stands in place of the stage number `at`.
std::string with_stage(const graph::Graph& graph, std::size_t at, plan::Stage stage) {
    std::vector<plan::Stage> stages = one_by_one(graph);
    stages[at] = std::move(stage);
    return complaint(test::plan_of({"a", "b", "c"}, std::move(stages)), graph);
}

}  // namespace

TEST_CASE("plan checks: pieces lie inside their tensor and cover it", "[plan]") {
    const graph::Graph graph = branched();
    CHECK(with_stage(
              graph, 0,
              layers(graph, {"conv1"},
                     {on(0, {part(graph, "conv1", Axis::h, 0, 4)}), on(1, {part(graph, "conv1", Axis::h, 4, 9)})})) ==
          "stages[0].shares.b[0]: h [4, 9] is outside of 'conv1_out', whose h is [0, 8]");
    CHECK(with_stage(graph, 0, layers(graph, {"conv1"}, {on(0, {part(graph, "conv1", Axis::h, 4, 4)})})) ==
          "stages[0].shares.a[0]: h [4, 4] is empty (intervals are half open: [begin, end) with begin below end)");
    CHECK(with_stage(
              graph, 0,
              layers(graph, {"conv1"},
                     {on(0, {part(graph, "conv1", Axis::h, 0, 3)}), on(1, {part(graph, "conv1", Axis::h, 4, 8)})})) ==
          "stages[0].shares: no piece has n[0,1) c[0,4) h[3,4) w[0,8) of 'conv1_out' "
          "(the pieces of a stage together cover the whole tensor)");
    CHECK(with_stage(graph, 5,
                     layers(graph, {"softmax"},
                            {on(0, {part(graph, "softmax", Axis::c, 0, 5)}),
                             on(1, {part(graph, "softmax", Axis::c, 0, 10)})})) ==
          "stages[5].shares.a[0]: 'softmax' (Softmax) cannot be cut along c (leave c out, which means all of it)");
    CHECK(with_stage(graph, 0, layers(graph, {"conv1"}, {})) ==
          "stages[0]: no device computes this stage (give it `on: DEVICE` or `shares:`)");
}

TEST_CASE("plan checks: the addends of every element are disjoint and complete", "[plan]") {
    const graph::Graph graph = branched();
    CHECK(
        with_stage(
            graph, 1,
            layers(graph, {"conv2"},
                   {on(0, {addend(graph, "conv2", Axis::c, 0, 2)}), on(1, {addend(graph, "conv2", Axis::c, 3, 4)})})) ==
        "stages[1].shares: no piece adds n[0,1) c[2,3) h[0,8) w[0,8) of 'conv1_out' to n[0,1) c[0,4) h[0,8) w[0,8) of "
        "'conv2_out' (the `in` boxes of the pieces that make an element together cover all that it sums over)");
    CHECK(
        with_stage(
            graph, 1,
            layers(graph, {"conv2"},
                   {on(0, {addend(graph, "conv2", Axis::c, 0, 3)}), on(1, {addend(graph, "conv2", Axis::c, 2, 4)})})) ==
        "stages[1].shares.b[0]: also adds n[0,1) c[2,3) h[0,8) w[0,8) of 'conv1_out' to n[0,1) c[0,4) h[0,8) w[0,8) of "
        "'conv2_out', as stages[1].shares.a[0] does (the `in` boxes of the pieces that make an element must not "
        "overlap)");
    CHECK(with_stage(graph, 0,
                     layers(graph, {"conv1"},
                            {on(0, {addend(graph, "conv1", Axis::h, 0, 4)}),
                             on(1, {addend(graph, "conv1", Axis::h, 4, 8)})})) ==
          "stages[0].shares.a[0].in: 'conv1' (Conv) does not sum over h of its input (it sums over c)");
    std::vector<plan::Stage> stages = one_by_one(graph);
    stages[3] = layers(graph, {"side", "add"},
                       {on(0, {addend(graph, "add", Axis::c, 0, 2)}), on(1, {addend(graph, "add", Axis::c, 2, 4)})});
    stages.erase(stages.begin() + 2);
    CHECK(complaint(test::plan_of({"a", "b"}, stages), graph) ==
          "stages[2].shares.a[0].in: 'add' (Add) does not sum over c of its input "
          "(`in` acts on the stage's last layer: end the stage at 'side')");
}

TEST_CASE("plan checks: a grouped convolution's addends are checked group by group", "[plan]") {
    test::Model model;
    const graph::Graph graph = model.finish({model.conv("conv", model.input("in", {1, 8, 4, 4}), 8, 3, 2)});
    const auto outputs = [&](graph::Index begin, graph::Index end, graph::Index from, graph::Index to) {
        plan::Piece piece = addend(graph, "conv", Axis::c, from, to);
        piece.box[Axis::c] = {begin, end};
        return piece;
    };
    const auto say = [&](plan::Piece a, plan::Piece b) {
        return complaint(test::plan_of({"a", "b"}, {layers(graph, {"conv"}, {on(0, {a}), on(1, {b})})}), graph);
    };
    CHECK(say(outputs(0, 4, 0, 4), outputs(4, 8, 4, 8)) == "accepted");
    CHECK(say(outputs(0, 8, 0, 4), outputs(0, 8, 4, 8)) == "accepted");
    CHECK(say(outputs(0, 5, 0, 4), outputs(4, 8, 4, 8)) == "accepted");  // a has no terms for output 4
    CHECK(say(outputs(0, 5, 0, 8), outputs(4, 8, 4, 8)).find("also adds n[0,1) c[4,8)") != std::string::npos);
    CHECK(say(outputs(0, 4, 0, 4), outputs(4, 8, 5, 8)).find("no piece adds n[0,1) c[4,5)") != std::string::npos);
}

TEST_CASE("plan checks: every operator is in one stage, behind what it reads", "[plan]") {
    const graph::Graph graph = branched();
    const auto say = [&](std::vector<plan::Stage> stages) {
        return complaint(test::plan_of({"a", "b"}, std::move(stages)), graph);
    };
    std::vector<plan::Stage> stages = one_by_one(graph);
    stages.erase(stages.begin() + 2);
    CHECK(say(stages) ==
          "stages: an operator is listed in no stage: side "
          "(a..b lists only what lies on a path from a to b; a side branch is listed by name)");
    stages = one_by_one(graph);
    std::swap(stages[3], stages[4]);
    CHECK(say(stages) ==
          "stages[3]: 'fc' reads 'add_out', which stages[4] makes later "
          "(a stage reads only graph inputs and tensors of stages listed before it)");
    stages = one_by_one(graph);
    stages.push_back(stages[0]);
    CHECK(say(stages) ==
          "stages[6]: operator 'conv1' is already listed in stages[0] "
          "(every operator, its fused tail included, belongs to exactly one stage)");
    stages = one_by_one(graph);
    stages[0] = layers(graph, {"conv2", "conv1"}, {whole_on(0, graph, "conv1")});
    stages.erase(stages.begin() + 1);
    CHECK(say(stages).find("stages[0]: 'conv1' is listed last, but 'conv2' of the same stage reads it") == 0);
    stages = one_by_one(graph);
    stages[1] = layers(graph, {"conv2", "side"}, {whole_on(0, graph, "side")});
    stages.erase(stages.begin() + 2);
    CHECK(say(stages).find("stages[1]: 'conv2_out' is needed outside of this stage, but no piece of 'side' needs it") ==
          0);
}

TEST_CASE("plan checks: codecs, holders and outputs belong to what a stage makes", "[plan]") {
    const graph::Graph graph = branched();
    const auto tensor = [&](const char* name) { return graph.find_tensor(name).value(); };
    plan::Stage stage = layers(graph, {"conv1"}, {whole_on(0, graph, "conv1")});
    stage.wire[tensor("conv2_out")] = wire::Codec::fp16;
    stage.from[tensor("conv1_out")][plan::DeviceId{0}] = plan::DeviceId{2};
    stage.outputs[tensor("side_out")][plan::DeviceId{0}] = {graph.tensor(tensor("side_out")).full};
    CHECK(with_stage(graph, 0, stage) ==
          "stages[0].outputs.side_out: 'side_out' is not made by this stage\n"
          "stages[0].wire.conv2_out: 'conv2_out' is not made by this stage\n"
          "stages[0].from.conv1_out.a: 'c' holds nothing of 'conv1_out' behind this stage");
    std::vector<plan::Stage> stages = one_by_one(graph);
    stages[0] =
        layers(graph, {"conv1"},
               {on(0, {addend(graph, "conv1", Axis::c, 0, 1)}), on(1, {addend(graph, "conv1", Axis::c, 1, 2)})});
    stages[0].wire[tensor("conv1_out")] = wire::Codec::uint8;
    CHECK(complaint(test::plan_of({"a", "b"}, stages), graph, util::Errc::impossible) ==
          "stages[0].wire.conv1_out: addends cross as fp32 or fp16, not as uint8 "
          "(hold 'conv1_out' first and give that layout the codec)");
    plan::Plan plan = test::plan_of({"a"}, one_by_one(graph));
    plan.wire[tensor("conv1_out")] = wire::Codec::fp16;
    CHECK(complaint(plan, graph).find("wire.conv1_out: 'conv1_out' is not an input of the model") == 0);
}

TEST_CASE("plan checks: with several routes the key says which", "[plan]") {
    const graph::Graph graph = branched();
    plan::Plan plan = test::plan_of({"a"}, one_by_one(graph));
    plan.routes.push_back(plan.routes[0]);
    plan.routes[1].stages[0].shares[0].pieces[0].box[Axis::w] = {0, 9};
    CHECK(complaint(plan, graph) ==
          "routes[1].stages[0].shares.a[0]: w [0, 9] is outside of 'conv1_out', whose w is [0, 8]");
}

TEST_CASE("plan checks: devices are named once, source and sink are among them", "[plan]") {
    const graph::Graph graph = branched();
    plan::Plan plan = test::plan_of({"a", "a"}, one_by_one(graph));
    plan.sink = plan::DeviceId{7};
    plan.in_flight = 0;
    CHECK(complaint(plan, graph) ==
          "devices[1]: device 'a' is listed twice\n"
          "sink: the sink is not one of the devices\n"
          "in_flight: at least one frame must be in flight");
}
