#include "plan/plan_file.hpp"

#include <catch2/catch.hpp>

#include "plan/program.hpp"
#include "support/catalogue.hpp"
#include "support/random_graph.hpp"
#include "support/random_plan.hpp"

using namespace convoy;

namespace {

graph::Operator conv(const std::string& name, graph::TensorId in, graph::TensorId out, const graph::Constant& weights) {
    graph::Operator op;
    op.name = name;
    op.kind = graph::Kind::convolution;
    op.inputs = {in};
    op.outputs = {out};
    op.weights = weights;
    op.window.kernel = {3, 3};
    op.window.pad_begin = op.window.pad_end = {1, 1};
    return op;
}

/// input [1, 4, 8, 8] -> conv1 (tail relu1) -> conv2 -> add with conv1's output.
graph::Graph small_graph() {
    graph::GraphBuilder builder;
    const std::vector<graph::Index> dims{1, 4, 8, 8};
    const graph::TensorId input = builder.add_tensor("input", dims);
    const graph::TensorId conv1 = builder.add_tensor("conv1_out", dims);
    const graph::TensorId conv2 = builder.add_tensor("conv2_out", dims);
    const graph::TensorId sum = builder.add_tensor("sum_out", dims);
    builder.add_input(input);
    const graph::Constant weights = builder.make_constant({4, 4, 3, 3}, std::vector<float>(4 * 4 * 9, 0.1F));
    graph::Operator first = conv("conv1", input, conv1, weights);
    first.tail.activation = graph::Activation::relu;
    first.absorbed = {"relu1"};
    builder.add_operator(first);
    builder.add_operator(conv("conv2", conv1, conv2, weights));
    graph::Operator add;
    add.name = "sum";
    add.kind = graph::Kind::add;
    add.inputs = {conv1, conv2};
    add.outputs = {sum};
    builder.add_operator(add);
    builder.add_output(sum);
    builder.set_source("small.onnx", "aaaa");
    return builder.finish();
}

plan::PlanDocument read(const std::string& text) {
    return plan::read_plan(util::FileView::from_bytes(text, "plan.yaml"), small_graph());
}

const std::string kHead = "schema: convoy.plan/1\ndevices: [a, b]\n";

}  // namespace

TEST_CASE("plan: a random plan reads back as it was written", "[plan]") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        util::Random random(seed);
        const graph::Graph graph = test::random_graph(random);
        plan::PlanDocument document;
        document.generator = "test";
        document.strategy = "random";
        document.plan = test::random_plan(graph, random);
        const auto format = random.chance(0.5) ? yaml::Format::yaml : yaml::Format::json;
        const std::string text = plan::write_plan(document, graph, format);
        INFO("seed " << seed << "\n" << text);
        const plan::PlanDocument back = plan::read_plan(util::FileView::from_bytes(text, "plan.yaml"), graph);
        REQUIRE(back == document);
        REQUIRE(plan::plan_hash(back.plan, graph) == plan::plan_hash(document.plan, graph));
    }
}

TEST_CASE("plan: a range names every operator between its ends, tails included", "[plan]") {
    const plan::PlanDocument document = read(kHead + "stages:\n  - {layers: [conv1..sum], on: b}\n");
    CHECK(document.plan.routes.front().stages.front().operators.size() == 3);
    CHECK(read(kHead + "stages:\n  - {layers: [relu1], on: a}\n  - {layers: [conv2, sum], on: a}\n")
              .plan.routes.front()
              .stages.size() == 2);
    CHECK(document.plan.source == plan::DeviceId{0});
    CHECK(document.plan.sink == plan::DeviceId{0});
}

TEST_CASE("plan: shares, inner sums and codecs are read as docs/format-plan.md says", "[plan]") {
    const plan::PlanDocument document = read(kHead +
                                             "wire: {input: uint8}\nstages:\n"
                                             "  - layers: [conv1]\n"
                                             "    shares: {b: [{h: [3, 4]}, {h: [0, 3]}], a: {h: [4, 8]}}\n"
                                             "    wire: {conv1_out: fp16}\n"
                                             "  - layers: [conv2]\n"
                                             "    shares: {a: {in: {c: [0, 2]}}, b: {in: {c: [2, 4]}}}\n"
                                             "  - {hold: conv2_out, on: [a, b]}\n"
                                             "  - {layers: [sum], on: a}\n");
    const std::vector<plan::Stage>& stages = document.plan.routes.front().stages;
    REQUIRE(stages.size() == 4);
    CHECK(stages[0].shares[0].device == plan::DeviceId{0});
    CHECK(stages[0].shares[1].pieces[0].box[graph::Axis::h] == graph::Interval{3, 4});
    CHECK(stages[1].shares[1].pieces[0].in->axes[1] == graph::Interval{2, 4});
    CHECK(stages[2].shares.size() == 2);
    CHECK(document.plan.wire.begin()->second == wire::Codec::uint8);
}

TEST_CASE("plan: a plan for another model is refused with both hashes", "[plan]") {
    const std::string text =
        kHead + "inputs: {model: {file: x.onnx, sha256: bbbb}}\nstages:\n  - {layers: [conv1..sum], on: a}\n";
    try {
        (void)read(text);
        FAIL("accepted");
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::data);
        CHECK(error.message() == "the plan is for the model with SHA-256 bbbb, but 'small.onnx' has aaaa");
        CHECK(error.where()->line == 3);
    }
}

TEST_CASE("plan: the file names the model before the model is there", "[plan]") {
    const plan::PlanFile file(util::FileView::from_bytes(
        kHead + "inputs: {model: {file: x.onnx, sha256: bbbb}}\nstages: [{layers: anything, on: a}]\n", "plan.yaml"));
    CHECK(file.inputs().model->file == "x.onnx");
}

TEST_CASE("plan: addends refuse lossy integer codecs as impossible", "[plan]") {
    try {
        (void)read(kHead +
                   "stages:\n  - {layers: [conv1], on: a}\n  - layers: [conv2]\n    shares: {a: {in: {c: [0, 2]}}, b: "
                   "{in: {c: "
                   "[2, 4]}}}\n    wire: {conv2_out: int8}\n  - {layers: [sum], on: a}\n");
        FAIL("accepted");
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::impossible);
        CHECK(error.where()->line == 7);
    }
}

TEST_CASE("plan: every bad plan has its message", "[plan]") {
    const graph::Graph graph = small_graph();
    test::check_catalogue("plan", [&](const util::FileView& file) { (void)plan::read_plan(file, graph); });
}
