#include <catch2/catch.hpp>

#include "graph/calculus.hpp"

using namespace convoy;
using graph::Axis;
using graph::Box;
using graph::Index;
using graph::Interval;
using graph::Kind;
using graph::OperatorId;
using graph::Slab;
using graph::Work;

namespace {

/// A one-operator graph of a convolution on [2, 8, 10, 10] -> [2, 4, 5, 10] in two groups.
graph::Graph grouped_convolution() {
    graph::GraphBuilder builder;
    const auto x = builder.add_tensor("x", {2, 8, 10, 10});
    const auto y = builder.add_tensor("y", {2, 4, 5, 10});
    graph::Operator op;
    op.name = "conv";
    op.kind = Kind::convolution;
    op.inputs = {x};
    op.outputs = {y};
    op.group = 2;
    op.window = {{3, 3}, {2, 1}, {1, 1}, {0, 1}, {1, 1}, false};
    op.weights = builder.make_constant({4, 4, 3, 3}, std::vector<float>(144, 1));
    op.tail.bias = builder.make_constant({4}, {1, 2, 3, 4});
    op.tail.activation = graph::Activation::relu;
    builder.add_input(x);
    builder.add_operator(op);
    builder.add_output(y);
    return builder.finish();
}

}  // namespace

TEST_CASE("calculus: a grouped convolution grows, needs, trims and counts as worked out by hand", "[graph]") {
    const graph::Graph graph = grouped_convolution();
    const OperatorId op{0};
    const auto slab = [](Interval n, std::vector<Interval> c, Interval h) { return Slab{n, std::move(c), h, {0, 10}}; };
    CHECK(group_borders(graph, op) == std::vector<Index>{2});
    CHECK(computed(graph, op, 0, slab({0, 1}, {{1, 2}}, {0, 2})) == slab({0, 1}, {{1, 2}}, {0, 2}));
    CHECK(computed(graph, op, 0, slab({0, 1}, {{1, 3}}, {0, 2})) == slab({0, 1}, {{0, 4}}, {0, 2}));
    CHECK(computed(graph, op, 0, slab({0, 1}, {{0, 1}, {3, 4}}, {0, 2})) == slab({0, 1}, {{0, 4}}, {0, 2}));
    const auto need = [&](const Slab& asked, const std::optional<Box>& in = std::nullopt) {
        return needed(graph, op, 0, std::vector{asked}, in);
    };
    CHECK(need(slab({1, 2}, {{0, 2}}, {0, 2})) == slab({1, 2}, {{0, 4}}, {0, 5}));
    CHECK(need(slab({1, 2}, {{3, 4}}, {4, 5})) == slab({1, 2}, {{4, 8}}, {8, 10}));
    Box in = graph.tensor(graph.inputs()[0]).full;
    in[Axis::c] = {1, 4};
    CHECK(need(slab({1, 2}, {{0, 4}}, {0, 2}), in) == slab({1, 2}, {{1, 4}}, {0, 5}));
    CHECK(trimmed(graph, op, slab({0, 2}, {{1, 4}}, {0, 5}), in) == slab({0, 2}, {{1, 2}}, {0, 5}));
    CHECK(summed_domain(graph, op, Box{{{{0, 1}, {2, 4}, {0, 1}, {0, 1}}}}) ==
          Box{{{{0, 1}, {4, 8}, {0, 10}, {0, 10}}}});
    const Work half{op, {slab({0, 1}, {{0, 2}}, {0, 5})}, std::nullopt};
    CHECK(flops(graph, half).value == 100 * (2 * 9 * 4 + 2));
    CHECK(weight_bytes(graph, half) == util::Bytes(4 * (2 * 36 + 2)));
    CHECK(flops(graph, {op, half.outputs, in}).value == 100 * 2 * 9 * 3);
    CHECK(weight_bytes(graph, {op, half.outputs, in}) == util::Bytes(4 * 2 * 27));
}

TEST_CASE("calculus: a window wholly in padding needs nothing, one partly in it what lies inside", "[graph]") {
    const auto [dilation, outputs] = GENERATE(table<Index, Index>({{1, 9}, {2, 7}}));
    graph::GraphBuilder builder;
    const auto x = builder.add_tensor("x", {1, 1, 3, 3});
    graph::Operator op;
    op.name = "pool";
    op.kind = Kind::average_pool;
    op.inputs = {x};
    op.outputs = {builder.add_tensor("y", {1, 1, outputs, 3})};
    op.window = {{3, 1}, {1, 1}, {dilation, 1}, {4, 0}, {4, 0}, true};
    builder.add_input(x);
    builder.add_operator(op);
    const graph::Graph graph = builder.finish();
    const auto rows = [&](Interval h) {
        return needed(graph, OperatorId{0}, 0, std::vector{Slab{{0, 1}, {{0, 1}}, h, {0, 3}}}).h;
    };
    CHECK(rows({0, outputs}) == Interval{0, 3});
    if (dilation == 1) {
        CHECK(rows({0, 2}) == Interval{});  // taps at -4 to -1
        CHECK(rows({0, 3}) == Interval{0, 1});
        CHECK(rows({8, 9}) == Interval{});
        CHECK(graph::window_reach(op.window, Axis::h, {1, 3}) == Interval{-3, 1});
    } else {
        CHECK(rows({0, 1}) == Interval{0, 1});  // taps at -4, -2, 0
        CHECK(rows({1, 2}) == Interval{1, 2});  // taps at -3, -1, 1
        CHECK(graph::window_reach(op.window, Axis::h, {1, 3}) == Interval{-3, 3});
    }
}

TEST_CASE("calculus: a sum over an operator without contraction is a bug, not a value", "[graph]") {
    graph::GraphBuilder builder;
    const auto x = builder.add_tensor("x", {1, 1, 3, 3});
    graph::Operator op;
    op.name = "r";
    op.kind = Kind::relu;
    op.inputs = {x};
    op.outputs = {builder.add_tensor("y", {1, 1, 3, 3})};
    builder.add_input(x);
    builder.add_operator(op);
    const graph::Graph graph = builder.finish();
    CHECK_THROWS_WITH(summed_domain(graph, OperatorId{0}, graph::make_box(1, 1, 1, 1)),
                      Catch::Contains("operator 'r' (relu) sums over nothing"));
}
