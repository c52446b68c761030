#include "graph/surgery.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "graph/onnx_write.hpp"
#include "onnx_model.hpp"
#include "support/naive.hpp"
#include "support/random_graph.hpp"
#include "util/error.hpp"

using namespace convoy;
using namespace convoy::graph;

namespace {

/// Two convolutions in a row.
Graph chain() {
    test::Model model;
    model.input("x", {1, 2, 4, 4}).output("c_out").weights("w", {2, 2, 1, 1});
    for (const auto& [name, from] : {std::pair{"a", "x"}, std::pair{"b", "a_out"}, std::pair{"c", "b_out"}}) {
        model.node("Conv", {from, "w"}, {std::string(name) + "_out"}, name);
    }
    return model.read();
}

/// A residual sum in front of a fully connected layer.
Graph residual() {
    test::Model model;
    model.input("x", {1, 2, 4, 4}).output("y").weights("w", {2, 2, 1, 1}).weights("matrix", {32, 5});
    model.node("Conv", {"x", "w"}, {"a_out"}, "a");
    model.node("Sigmoid", {"a_out"}, {"b_out"}, "b");
    model.node("Add", {"a_out", "b_out"}, {"sum_out"}, "sum");
    model.node("Flatten", {"sum_out"}, {"flat"}, "flatten");
    model.node("Gemm", {"flat", "matrix"}, {"y"}, "fc");
    return model.read();
}

}  // namespace

TEST_CASE("graph: a model taken apart unchanged is put together the same", "[graph]") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        util::Random random(seed);
        const Graph graph = test::random_graph(random);
        INFO("seed " << seed);
        const Graph again = Surgery(graph).put_together();
        CHECK(test::describe(graph) == test::describe(again));
        CHECK(again.sha256().empty());
        for (const TensorInfo& tensor : graph.tensors()) CHECK(again.find_tensor(tensor.name));
        const std::vector<test::Values> inputs = test::random_inputs(graph, random);
        const auto before = test::naive_run(graph, inputs)[index(graph.outputs()[0])];
        CHECK(test::naive_run(again, inputs)[index(again.outputs()[0])].data == before.data);
    }
}

TEST_CASE("graph: operators in any order are put together in one that works, a circle is refused", "[graph]") {
    const Graph graph = chain();
    Surgery surgery(graph);
    std::reverse(surgery.operators.begin(), surgery.operators.end());
    CHECK(test::describe(surgery.put_together()) == test::describe(graph));
    surgery.operators.back().inputs = {graph.find_tensor("c_out").value()};
    CHECK_THROWS_WITH(surgery.put_together(), "the operators form a circle");
}

TEST_CASE("graph: what no output needs is left out, new names give way to old ones", "[graph]") {
    const Graph graph = chain();
    Surgery surgery(graph);
    surgery.outputs = {graph.find_tensor("a_out").value()};
    CHECK(surgery.put_together().operators().size() == 1);
    CHECK(surgery.fresh_name("b") == "b'");
    CHECK(surgery.fresh_name("d") == "d");
    CHECK(surgery.tensors[index(surgery.add_tensor("a_out", {1, 2}))].name == "a_out'");
    CHECK(surgery.tensors[index(surgery.add_tensor("a_out", {1, 2}))].name == "a_out''");
    CHECK_THROWS_AS(surgery.constant({2, 3}, {1}), util::Error);
}

TEST_CASE("graph: the halves of a model compute together what it computes", "[graph]") {
    const Graph graph = residual();
    const TensorId sum = graph.find_tensor("sum_out").value();
    const Graph head = part_between(graph, graph.inputs(), {sum});
    const Graph tail = part_between(graph, {sum}, graph.outputs());
    CHECK(head.operators().size() == 3);
    CHECK(tail.operators().size() == 1);
    CHECK(tail.tensor(tail.inputs().at(0)).name == "sum_out");
    CHECK(read_onnx(util::FileView::from_bytes(onnx_bytes(tail), "tail.onnx")).operators().size() == 1);

    util::Random random(1);
    const std::vector<test::Values> inputs = test::random_inputs(graph, random);
    const auto middle = test::naive_run(head, inputs)[index(head.outputs()[0])];
    const auto whole = test::naive_run(graph, inputs)[index(graph.outputs()[0])];
    CHECK(test::naive_run(tail, std::vector{middle})[index(tail.outputs()[0])].data == whole.data);

    const TensorId inner = graph.find_tensor("b_out").value();
    CHECK_THROWS_WITH(part_between(graph, {inner}, graph.outputs()), "this part of the model also needs its input 'x'");
}
