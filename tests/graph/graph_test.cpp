#include "graph/graph.hpp"

#include <catch2/catch.hpp>

#include "util/error.hpp"

using namespace convoy;
using Catch::Contains;
using graph::GraphBuilder;
using graph::Kind;
using graph::Operator;
using graph::TensorId;

namespace {

Operator elementwise(std::string name, std::vector<TensorId> inputs, TensorId output) {
    Operator op;
    op.name = std::move(name);
    op.kind = inputs.size() == 1 ? Kind::relu : Kind::add;
    op.inputs = std::move(inputs);
    op.outputs = {output};
    return op;
}

}  // namespace

TEST_CASE("graph: the builder links producers, readers and names", "[graph]") {
    GraphBuilder builder;
    const TensorId x = builder.add_tensor("x", {1, 2, 3, 4});
    const TensorId y = builder.add_tensor("y", {1, 2, 3, 4});
    const TensorId z = builder.add_tensor("z", {1, 2, 3, 4});
    builder.alias_tensor("y_before", y);
    Operator first = elementwise("first", {x}, y);
    first.absorbed = {"folded"};
    builder.add_input(x);
    const auto a = builder.add_operator(first);
    const auto b = builder.add_operator(elementwise("second", {y, y}, z));
    builder.add_output(z);
    const graph::Graph graph = builder.finish();

    CHECK_FALSE(graph.producer(x));
    CHECK(graph.producer(y) == a);
    CHECK(graph.readers(y) == std::vector{b});
    CHECK(graph.readers(z).empty());
    CHECK(graph.is_output(z));
    CHECK_FALSE(graph.is_output(y));
    CHECK(graph.find_operator("folded") == a);
    CHECK(graph.find_tensor("y_before") == y);
    CHECK_FALSE(graph.find_operator("third"));
    CHECK_FALSE(graph.find_tensor("w"));
}

TEST_CASE("graph: tensors that are neither maps nor vectors are one element", "[graph]") {
    GraphBuilder builder;
    builder.add_tensor("map", {1, 2, 3, 4});
    builder.add_tensor("vector", {2, 10}, graph::ElementType::float16);
    builder.add_tensor("tokens", {1, 7, 16});
    const graph::Graph graph = builder.finish();
    CHECK(graph.tensors()[0].full == graph::make_box(1, 2, 3, 4));
    CHECK(graph.tensors()[1].full == graph::make_box(2, 10, 1, 1));
    CHECK(graph.tensors()[1].bytes() == util::Bytes(40));
    CHECK(graph.tensors()[2].whole_only);
    CHECK(graph.tensors()[2].full == graph::make_box(1, 1, 1, 1));
    CHECK(graph.tensors()[2].bytes() == util::Bytes(7 * 16 * 4));
}

TEST_CASE("graph: an inconsistent graph is refused with the names involved", "[graph]") {
    GraphBuilder builder;
    const TensorId x = builder.add_tensor("x", {1, 4});
    const TensorId y = builder.add_tensor("y", {1, 4});
    const TensorId z = builder.add_tensor("z", {1, 4});
    SECTION("a name given twice") {
        CHECK_THROWS_WITH(builder.add_tensor("x", {1}), Contains("two tensors are named 'x'"));
        builder.add_operator(elementwise("f", {x}, y));
        CHECK_THROWS_WITH(builder.add_operator(elementwise("f", {y}, z)), Contains("two operators are named 'f'"));
    }
    SECTION("an input computed later") {
        builder.add_input(x);
        builder.add_operator(elementwise("f", {y}, z));
        builder.add_operator(elementwise("g", {x}, y));
        CHECK_THROWS_WITH(builder.finish(), Contains("operator 'f' reads 'y', which is computed later or by nobody"));
    }
    SECTION("a tensor computed twice") {
        builder.add_input(x);
        builder.add_operator(elementwise("f", {x}, y));
        builder.add_operator(elementwise("g", {x}, y));
        CHECK_THROWS_WITH(builder.finish(), Contains("tensor 'y' is computed twice: operator 'g'"));
    }
    SECTION("an output that nobody computes") {
        builder.add_output(z);
        CHECK_THROWS_WITH(builder.finish(), Contains("output 'z' is computed by nobody"));
    }
    SECTION("impossible dimensions") {
        CHECK_THROWS_WITH(builder.add_tensor("v", {1, 0, 3, 3}), Contains("impossible dimensions [1, 0, 3, 3]"));
        CHECK_THROWS_AS(builder.add_tensor("v", {1 << 20, 1 << 20, 1 << 20, 1 << 20}), util::Error);
    }
}

TEST_CASE("graph: every kind is found by its name", "[graph]") {
    for (int i = 0; i <= static_cast<int>(Kind::whole); ++i) {
        const Kind kind{static_cast<std::uint8_t>(i)};
        CHECK(graph::kind_from_string(to_string(kind)) == kind);
    }
    CHECK_FALSE(graph::kind_from_string("conv"));
}

TEST_CASE("graph: constants are read at any alignment", "[graph]") {
    GraphBuilder builder;
    const graph::Constant constant = builder.make_constant({2, 2}, {1, 2, 3, 4});
    CHECK(constant.elements() == 4);
    CHECK(float_at(constant, 2) == 3);
    std::vector<std::byte> shifted(17);
    std::copy(constant.data.begin(), constant.data.end(), shifted.begin() + 1);
    const graph::Constant odd{graph::ElementType::float32, {4}, std::span(shifted).subspan(1)};
    std::array<float, 2> values{};
    copy_floats(odd, 1, 2, values.data());
    CHECK(values == std::array<float, 2>{2, 3});
}
