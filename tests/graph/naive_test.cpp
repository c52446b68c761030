#include "support/naive.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "support/random_graph.hpp"

using namespace convoy;

TEST_CASE("naive: random graphs are equal for equal seeds, finite and not large", "[graph]") {
    std::set<graph::Kind> seen;
    bool several_outputs = false;
    double largest = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        util::Random random(seed);
        util::Random again(seed);
        const graph::Graph graph = test::random_graph(random);
        REQUIRE(test::describe(graph) == test::describe(test::random_graph(again)));
        INFO(test::describe(graph));
        const std::vector<test::Values> inputs = test::random_inputs(graph, random);
        for (const test::Values& values : test::naive_run(graph, inputs)) {
            REQUIRE(test::known(values, values.full));
            for (const double value : values.data) largest = std::max(largest, std::abs(value));
        }
        for (const graph::Operator& op : graph.operators()) seen.insert(op.kind);
        several_outputs = several_outputs || graph.outputs().size() > 1;
    }
    CHECK(seen.size() == static_cast<std::size_t>(graph::Kind::whole) + 1);
    CHECK(several_outputs);
    CHECK(largest < 1000);
}

TEST_CASE("naive: a convolution agrees with numbers worked out by hand", "[graph]") {
    graph::GraphBuilder builder;
    const auto x = builder.add_tensor("x", {1, 2, 2, 2});
    const auto y = builder.add_tensor("y", {1, 2, 2, 1});
    graph::Operator op;
    op.name = "conv";
    op.kind = graph::Kind::convolution;
    op.inputs = {x};
    op.outputs = {y};
    op.group = 2;
    op.window.kernel = {2, 2};
    op.window.pad_end = {1, 0};
    op.weights = builder.make_constant({2, 1, 2, 2}, {1, 2, 3, 4, 1, 0, 0, -1});
    op.tail.bias = builder.make_constant({2}, {0.5F, -10});
    op.tail.activation = graph::Activation::relu;
    builder.add_input(x);
    builder.add_operator(op);
    builder.add_output(y);
    const graph::Graph graph = builder.finish();
    test::Values input(graph.tensor(x));
    input.data = {1, 2, 3, 4, 5, 6, 7, 8};
    const std::vector<test::Values> all = test::naive_run(graph, std::vector{input});
    CHECK(all[index(y)].data == std::vector<double>{30.5, 11.5, 0, 0});
}

TEST_CASE("naive: an average pool divides by the window inside the padded tensor", "[graph]") {
    graph::GraphBuilder builder;
    const auto x = builder.add_tensor("x", {1, 1, 1, 5});
    graph::Operator op;
    op.kind = graph::Kind::average_pool;
    op.inputs = {x};
    op.window.kernel = {1, 3};
    op.window.stride = {1, 2};  // ceil mode: the last window sticks out
    op.window.pad_begin = {0, 1};
    builder.add_input(x);
    for (const bool include : {false, true}) {
        op.name = include ? "include" : "exclude";
        op.outputs = {builder.add_tensor(op.name, {1, 1, 1, 3})};
        op.window.count_include_pad = include;
        builder.add_operator(op);
        builder.add_output(op.outputs[0]);
    }
    const graph::Graph graph = builder.finish();
    test::Values input(graph.tensor(x));
    input.data = {1, 2, 4, 6, 8};
    const std::vector<test::Values> all = test::naive_run(graph, std::vector{input});
    CHECK(all[1].data == std::vector<double>{1.5, 4, 7});
    CHECK(all[2].data == std::vector<double>{1, 4, 7});
}

TEST_CASE("naive: a value that is not held poisons exactly what depends on it", "[graph]") {
    graph::GraphBuilder builder;
    const auto x = builder.add_tensor("x", {1, 1, 1, 4});
    const auto y = builder.add_tensor("y", {1, 1, 1, 3});
    graph::Operator op;
    op.name = "pool";
    op.kind = graph::Kind::max_pool;
    op.inputs = {x};
    op.outputs = {y};
    op.window.kernel = {1, 2};
    builder.add_input(x);
    const auto id = builder.add_operator(op);
    builder.add_output(y);
    const graph::Graph graph = builder.finish();
    test::Values input(graph.tensor(x));
    input.data = {4, 3, 2, 1};
    const auto held = test::restricted(input, graph::Box{{{{0, 1}, {0, 1}, {0, 1}, {0, 2}}}});
    const auto outputs =
        test::naive_work(graph, {id, {make_slab(graph.tensor(y).full)}, std::nullopt}, std::vector{held});
    CHECK(outputs[0].at(0, 0, 0, 0) == 4);
    CHECK(std::isnan(outputs[0].at(0, 0, 0, 1)));
    CHECK(std::isnan(outputs[0].at(0, 0, 0, 2)));
}
