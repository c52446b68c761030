#include <catch2/catch.hpp>
#include <functional>

#include "graph/graph.hpp"
#include "util/error.hpp"

using namespace convoy;
using Catch::Contains;
using graph::Index;
using graph::Kind;
using graph::Operator;
using Dims = std::vector<Index>;

namespace {

/// Builds one operator on tensors of these dims; `change` makes it wrong.
void build(Kind kind, const std::vector<Dims>& inputs, const Dims& output,
           const std::function<void(Operator&, graph::GraphBuilder&)>& change) {
    graph::GraphBuilder builder;
    Operator op;
    op.name = "f";
    op.kind = kind;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        op.inputs.push_back(builder.add_tensor("x" + std::to_string(i), inputs[i]));
        builder.add_input(op.inputs.back());
    }
    op.outputs = {builder.add_tensor("y", output)};
    change(op, builder);
    builder.add_operator(op);
    static_cast<void>(builder.finish());
}

void nothing(Operator&, graph::GraphBuilder&) {}

/// A 3x3 convolution from 4 channels to 6.
void convolution(Operator& op, graph::GraphBuilder& builder) {
    op.window.kernel = {3, 3};
    op.weights = builder.make_constant({6, 4, 3, 3}, std::vector<float>(216));
}

const Dims kMap{1, 4, 8, 8};

}  // namespace

TEST_CASE("graph: an operator that fits its tensors is accepted", "[graph]") {
    CHECK_NOTHROW(build(Kind::convolution, {kMap}, {1, 6, 6, 6}, convolution));
    CHECK_NOTHROW(build(Kind::add, {kMap, {1, 4, 1, 1}}, kMap, nothing));
    CHECK_NOTHROW(build(Kind::softmax, {kMap}, kMap, [](Operator& op, auto&) { op.axis = graph::Axis::h; }));
    CHECK_NOTHROW(build(Kind::add, {kMap, {1, 1, 8, 1}, kMap}, kMap, nothing));
    CHECK_NOTHROW(build(Kind::unary, {{1, 4, 8}}, {1, 4, 8}, nothing));
    CHECK_NOTHROW(build(Kind::concat, {kMap, {1, 1, 8, 8}}, {1, 5, 8, 8}, nothing));
    CHECK_NOTHROW(build(Kind::flatten, {kMap}, {1, 256}, nothing));
    CHECK_NOTHROW(build(Kind::whole, {kMap, {3}}, {7, 7, 7}, nothing));
    for (const Index rows : {3, 4}) {  // without and with ceil_mode
        CHECK_NOTHROW(build(Kind::max_pool, {{1, 4, 8, 8}}, {1, 4, rows, rows}, [](Operator& op, auto&) {
            op.window.kernel = {3, 3};
            op.window.stride = {2, 2};
        }));
    }
}

TEST_CASE("graph: a convolution that does not fit is refused, naming it and its shapes", "[graph]") {
    const auto refused = [](const Dims& output, const std::string& why, const auto& change) {
        const auto both = [&](Operator& op, graph::GraphBuilder& builder) {
            convolution(op, builder);
            change(op, builder);
        };
        CHECK_THROWS_WITH(build(Kind::convolution, {kMap}, output, both),
                          Contains("operator 'f' (convolution, [1,4,8,8] ") && Contains(why));
    };
    const Dims fits{1, 6, 6, 6};
    refused({1, 6, 6, 7}, "does not fit its output", nothing);
    refused({2, 6, 6, 6}, "does not fit its output", nothing);
    refused({1, 5, 6, 6}, "has weights [6,4,3,3] where [5,4,3,3] are needed", nothing);
    refused(fits, "has no weights", [](Operator& op, auto&) { op.weights.reset(); });
    refused(fits, "has groups that do not divide", [](Operator& op, auto&) { op.group = 3; });
    refused(fits, "has groups that do not divide", [](Operator& op, auto&) { op.group = 0; });
    refused(fits, "out of range", [](Operator& op, auto&) { op.window.stride = {0, 1}; });
    refused(fits, "out of range", [](Operator& op, auto&) { op.window.pad_begin = {-1, 0}; });
    refused(fits, "out of range", [](Operator& op, auto&) { op.window.dilation = {Index{1} << 60, 1}; });
    refused(fits, "has weights of the wrong size",
            [](Operator& op, auto&) { op.weights->data = op.weights->data.first(100); });
    refused(fits, "has a scale of 5 values for 6 channels",
            [](Operator& op, auto&) { op.tail.scale = std::vector<float>(5); });
    refused(fits, "has weights [7] where [6] are needed", [](Operator& op, graph::GraphBuilder& builder) {
        op.tail.bias = builder.make_constant({7}, std::vector<float>(7));
    });
    refused(fits, "has the wrong number of inputs", [](Operator& op, auto&) { op.inputs.push_back(op.inputs[0]); });
}

TEST_CASE("graph: constants of a binary operator must broadcast to its output", "[graph]") {
    const auto with = [](Dims dims, bool short_of_data = false) {
        return [=](Operator& op, graph::GraphBuilder& builder) {
            std::size_t count = 1;
            for (const Index dim : dims) count *= static_cast<std::size_t>(dim);
            op.constant_inputs = {std::nullopt, builder.make_constant(dims, std::vector<float>(count))};
            if (short_of_data) op.constant_inputs[1]->data = op.constant_inputs[1]->data.first(4 * count - 1);
        };
    };
    for (const Dims& dims : std::vector<Dims>{{}, {8}, {4, 1, 1}, {1, 4, 8, 1}}) {
        CHECK_NOTHROW(build(Kind::binary, {kMap}, kMap, with(dims)));
    }
    CHECK_THROWS_WITH(build(Kind::binary, {kMap}, kMap, with({3})), Contains("has a constant that does not fit"));
    CHECK_THROWS_WITH(build(Kind::binary, {kMap}, kMap, with({1, 1, 4, 8, 8})), Contains("does not fit"));
    CHECK_THROWS_WITH(build(Kind::binary, {kMap}, kMap, with({8}, true)), Contains("of the wrong size"));
    CHECK_THROWS_WITH(build(Kind::binary, {kMap}, kMap, nothing), Contains("wrong number of inputs"));
    CHECK_THROWS_WITH(build(Kind::binary, {kMap, kMap}, kMap, with({8})), Contains("wrong number of inputs"));
    CHECK_THROWS_WITH(build(Kind::add, {kMap}, kMap, with({8})), Contains("has constant operands"));
}

TEST_CASE("graph: other operators that do not fit are refused", "[graph]") {
    const auto refused = [](Kind kind, const std::vector<Dims>& inputs, const Dims& output, const auto& change) {
        INFO(to_string(kind));
        CHECK_THROWS_AS(build(kind, inputs, output, change), util::Error);
    };
    refused(Kind::max_pool, {kMap}, {1, 4, 9, 8}, nothing);
    refused(Kind::max_pool, {kMap}, {1, 3, 8, 8}, nothing);
    refused(Kind::global_average_pool, {kMap}, {1, 4, 2, 1}, nothing);
    refused(Kind::relu, {kMap}, {1, 4, 64, 1}, nothing);
    refused(Kind::softmax, {{1, 4}}, {1, 4}, [](Operator& op, auto&) { op.axis = graph::Axis::h; });
    refused(Kind::unary, {{1, 4, 8}}, {1, 8, 4}, nothing);
    refused(Kind::batch_norm, {{1, 4, 8}}, {1, 4, 8}, nothing);
    refused(Kind::add, {{1, 4, 8}, {1, 4, 1}}, {1, 4, 8}, nothing);
    refused(Kind::global_sum_pool, {kMap}, {1, 4, 1, 8}, nothing);
    refused(Kind::add, {kMap, {1, 4, 8, 2}}, kMap, nothing);
    refused(Kind::add, {kMap}, kMap, nothing);
    refused(Kind::mul, {kMap, {1, 4}}, kMap, nothing);
    refused(Kind::concat, {kMap, kMap}, {1, 9, 8, 8}, nothing);
    refused(Kind::concat, {kMap, {1, 4, 8, 7}}, {1, 8, 8, 8}, nothing);
    refused(Kind::concat, {kMap, kMap}, {1, 4, 16, 8}, [](Operator& op, auto&) { op.axis = graph::Axis::h; });
    refused(Kind::pad, {kMap}, {1, 4, 9, 8}, nothing);
    refused(Kind::flatten, {kMap}, {1, 255}, nothing);
    refused(Kind::gemm, {kMap}, {1, 10}, [](Operator& op, graph::GraphBuilder& builder) {
        op.weights = builder.make_constant({10, 255}, std::vector<float>(2550));
    });
    refused(Kind::whole, {}, kMap, nothing);
}
