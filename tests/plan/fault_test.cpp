#include <algorithm>
#include <catch2/catch.hpp>

#include "support/program_executor.hpp"
#include "support/small_models.hpp"

// The property tests are only worth what they would catch: each case breaks compiled programs in one way.

using namespace convoy;
using graph::Axis;
using test::addend;
using test::layers;
using test::on;
using test::part;
using test::whole_on;

namespace {

template <class StepType, class Visit>
void for_each_step(test::Deployment& deployment, Visit visit) {
    for (plan::Program& program : deployment.programs[0]) {
        for (plan::Step& step : program.steps) {
            if (auto* wanted = std::get_if<StepType>(&step)) visit(program, *wanted);
        }
    }
}

test::Complaints run(const test::Deployment& deployment) {
    util::Random random(7);
    return test::execute(deployment, 3, random);
}

bool mentions(const test::Complaints& complaints, const std::string& text) {
    for (const std::string& complaint : complaints) {
        if (complaint.find(text) != std::string::npos) return true;
    }
    return false;
}

bool sound(const test::Deployment& deployment) {
    return run(deployment).empty() && test::inspect_programs(deployment).empty() &&
           test::inspect_moves(deployment).empty();
}

/// Three addends of conv, summed on b and c, which both read all of it.
graph::Graph two_readers() {
    test::Model model;
    const auto x = model.input("in", {1, 9, 4, 4});
    return model.finish({model.conv("next", model.conv("conv", x, 4), 4, 1)});
}
plan::Plan replicated_sum(const graph::Graph& graph) {
    return test::plan_of(
        {"a", "b", "c"},
        {layers(graph, {"conv"},
                {on(0, {addend(graph, "conv", Axis::c, 0, 3)}), on(1, {addend(graph, "conv", Axis::c, 3, 6)}),
                 on(2, {addend(graph, "conv", Axis::c, 6, 9)})}),
         layers(graph, {"next"},
                {on(1, {part(graph, "next", Axis::c, 0, 2)}), on(2, {part(graph, "next", Axis::c, 2, 4)})})});
}

/// Grouped: outputs 0 to 3 sum inputs 0 to 3, outputs 4 to 7 inputs 4 to 7.
graph::Graph grouped_convolution() {
    test::Model model;
    const auto x = model.input("in", {1, 8, 4, 4});
    return model.finish({model.conv("conv", x, 8, 3, 2)});
}

}  // namespace

TEST_CASE("plan faults: an executor that adds its own addend first is caught", "[plan]") {
    const graph::Graph graph = two_readers();
    test::Deployment deployment(replicated_sum(graph), graph);
    REQUIRE(sound(deployment));
    for_each_step<plan::Reduce>(deployment, [](const plan::Program& program, plan::Reduce& reduce) {
        const auto own = std::find_if(reduce.addends.begin(), reduce.addends.end(), [&](plan::BufferId id) {
            return std::none_of(program.steps.begin(), program.steps.end(), [&](const plan::Step& step) {
                const auto* receive = std::get_if<plan::Receive>(&step);
                return receive != nullptr && receive->into == id;
            });
        });
        std::rotate(reduce.addends.begin(), own, own + 1);
    });
    CHECK(mentions(run(deployment), "replicas disagree"));
}

TEST_CASE("plan faults: wrong group rounding is caught", "[plan]") {
    const graph::Graph graph = grouped_convolution();
    const plan::Plan plan = test::plan_of(
        {"a", "b"},
        {layers(graph, {"conv"},
                {on(0, {part(graph, "conv", Axis::c, 0, 3)}), on(1, {part(graph, "conv", Axis::c, 3, 8)})})});
    test::Deployment deployment(plan, graph);
    REQUIRE(sound(deployment));
    for_each_step<plan::Run>(deployment, [](const plan::Program&, plan::Run& piece) {
        if (piece.inputs[0].slab.channels() == 8) piece.inputs[0].slab.c = {{4, 8}};  // down from outputs [3, 8)
    });
    CHECK(mentions(run(deployment), "computes 'conv_out' from what it does not hold"));
}

TEST_CASE("plan faults: addends of zero, which trimming leaves out, are caught", "[plan]") {
    const graph::Graph graph = grouped_convolution();
    const plan::Plan plan = test::plan_of(
        {"a", "b"},
        {layers(graph, {"conv"},
                {on(0, {addend(graph, "conv", Axis::c, 0, 5)}), on(1, {addend(graph, "conv", Axis::c, 5, 8)})})});
    test::Deployment deployment(plan, graph);
    REQUIRE(sound(deployment));
    const graph::Box full = graph.tensor(graph.outputs()[0]).full;
    const auto widen = [&](plan::Program& program) {
        for (plan::Buffer& buffer : program.buffers) {
            if (buffer.addend) buffer.boxes = {full};
        }
        for (plan::Message& message : program.messages) {
            if (message.addend) message.boxes = {full};
        }
    };
    for (plan::Program& program : deployment.programs[0]) widen(program);
    for_each_step<plan::Run>(deployment, [&](const plan::Program&, plan::Run& piece) {
        piece.outputs[0].slab = piece.works[0].outputs[0] = graph::make_slab(full);
    });
    CHECK(mentions(test::inspect_moves(deployment), "gets wrong addends"));
    CHECK_FALSE(mentions(run(deployment), "differs from the whole model"));  // only the moves tell
}

TEST_CASE("plan faults: a tail on addends is caught", "[plan]") {
    const graph::Graph graph = two_readers();
    test::Deployment deployment(replicated_sum(graph), graph);
    for_each_step<plan::Run>(deployment, [](const plan::Program&, plan::Run& piece) {
        for (graph::Work& work : piece.works) work.in.reset();
    });
    CHECK_FALSE(run(deployment).empty());
}

TEST_CASE("plan faults: a lost message is a hang, not an endless run", "[plan]") {
    const graph::Graph graph = two_readers();
    test::Deployment deployment(replicated_sum(graph), graph);
    std::vector<plan::Step>& steps = deployment.programs[0][0].steps;
    std::erase_if(steps, [](const plan::Step& step) {
        const auto* send = std::get_if<plan::Send>(&step);
        return send != nullptr && send->message + 1 > 0;
    });
    CHECK(mentions(run(deployment), "hang"));
    CHECK(mentions(test::inspect_programs(deployment), "do not agree"));
}

TEST_CASE("plan faults: a buffer that ends too early or too late is caught", "[plan]") {
    const graph::Graph graph = two_readers();
    const test::Deployment whole(replicated_sum(graph), graph);
    test::Deployment early = whole;
    test::Deployment late = whole;
    std::vector<plan::Step>& steps = early.programs[0][1].steps;
    const auto first_free = [](std::vector<plan::Step>& all) {
        return std::find_if(all.begin(), all.end(),
                            [](const plan::Step& step) { return std::holds_alternative<plan::Free>(step); });
    };
    std::iter_swap(first_free(steps), first_free(steps) - 1);
    CHECK(mentions(test::inspect_programs(early), "outside its life"));
    CHECK(mentions(run(early), "not in use"));
    std::vector<plan::Step>& others = late.programs[0][1].steps;
    std::rotate(first_free(others), first_free(others) + 1, others.end());
    CHECK(mentions(test::inspect_programs(late), "freed later"));
}

TEST_CASE("plan faults: elements sent twice, or memory above the bound, are caught", "[plan]") {
    const graph::Graph graph = two_readers();
    plan::Plan plan = test::plan_of(
        {"a", "b"}, {layers(graph, {"conv"},
                            {on(0, {part(graph, "conv", Axis::h, 0, 2)}), on(1, {part(graph, "conv", Axis::h, 2, 4)})}),
                     layers(graph, {"next"}, {whole_on(1, graph, "next")})});
    const test::Deployment whole(plan, graph);
    REQUIRE(sound(whole));
    test::Deployment twice = whole;
    for (plan::Program& program : twice.programs[0]) {
        for (plan::Message& message : program.messages) {
            if (message.stage == plan::StageId{0}) message.boxes[0][Axis::h].end = 4;
        }
    }
    CHECK(mentions(test::inspect_moves(twice), "is sent what it has"));
    test::Deployment tight(test::plan_of({"a"}, {layers(graph, {"conv", "next"}, {whole_on(0, graph, "next")})}),
                           graph);
    REQUIRE(sound(tight));
    for (plan::Memory& memory : tight.memory) memory.peak -= util::Bytes(1);
    CHECK(mentions(run(tight), "the bound is"));
}
