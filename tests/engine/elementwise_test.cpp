// Functions of one and of two elements, whole and cut, against double precision.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "engine/functions.hpp"
#include "pieces.hpp"

using namespace convoy;
using namespace convoy::graph;
using test::Values;

namespace {

using Dims = std::vector<Index>;

constexpr std::array kEveryFunction{
    Activation::none,    Activation::relu,         Activation::leaky_relu, Activation::clip,
    Activation::sigmoid, Activation::hard_sigmoid, Activation::hard_swish, Activation::silu,
    Activation::tanh,    Activation::elu,          Activation::softplus,   Activation::softsign,
    Activation::abs,     Activation::neg,          Activation::exp,        Activation::log,
    Activation::sqrt,    Activation::erf,          Activation::reciprocal, Activation::floor,
    Activation::ceil,    Activation::round,        Activation::sign};

bool of_positives(Activation function) {
    return function == Activation::log || function == Activation::sqrt || function == Activation::reciprocal;
}

Graph unary_graph(Activation function, const Dims& dims) {
    GraphBuilder builder;
    Operator op;
    op.name = "f";
    op.kind = Kind::unary;
    op.function = function;
    op.alpha = 0.3F;
    op.beta = 0.45F;
    op.low = -0.5F;
    op.high = 1.25F;
    op.inputs = {builder.add_tensor("x", dims)};
    op.outputs = {builder.add_tensor("y", dims)};
    builder.add_input(op.inputs[0]);
    builder.add_output(op.outputs[0]);
    builder.add_operator(std::move(op));
    return builder.finish();
}

/// An operand of a binary operator: its dims, and whether it is a constant.
struct Operand {
    Dims dims;
    bool constant = false;
};

Graph binary_graph(Arithmetic arithmetic, const std::vector<Operand>& operands, const Dims& out, util::Random& random) {
    GraphBuilder builder;
    Operator op;
    op.name = "f";
    op.kind = Kind::binary;
    op.arithmetic = arithmetic;
    for (const Operand& operand : operands) {
        if (!operand.constant) {
            op.inputs.push_back(builder.add_tensor("x" + std::to_string(op.inputs.size()), operand.dims));
            builder.add_input(op.inputs.back());
            op.constant_inputs.emplace_back(std::nullopt);
            continue;
        }
        Constant shape{ElementType::float32, operand.dims, {}};
        std::vector<float> values(static_cast<std::size_t>(shape.elements()));
        for (float& value : values) value = static_cast<float>(0.5 + random.uniform());
        op.constant_inputs.emplace_back(builder.make_constant(operand.dims, values));
    }
    op.outputs = {builder.add_tensor("y", out)};
    builder.add_output(op.outputs[0]);
    builder.add_operator(std::move(op));
    return builder.finish();
}

/// The whole and some parts of the only operator are what the naive executor computes.
void check(const Graph& graph, const std::vector<Values>& inputs, util::Random& random) {
    const std::vector<Values> values = naive_run(graph, inputs);
    const TensorId id = graph.operators()[0].outputs[0];
    engine::Weights weights(graph);
    const TensorInfo& output = graph.tensor(id);
    CHECK(test::relative_difference(output, test::run_piece(weights, engine::whole_model(graph), values)[0],
                                    values[index(id)]) < 2e-6);
    for (int i = 0; i < 4 && !output.whole_only; ++i) {
        const Slab asked = test::random_slab(output.full, cuts(graph, OperatorId(0)).output, random);
        INFO(to_string(asked.hull()));
        const std::vector<Tensor> part = test::run_piece(weights, test::single(graph, OperatorId(0), asked), values);
        CHECK(test::relative_difference(output, part[0], values[index(id)]) < 2e-6);
    }
}

}  // namespace

TEST_CASE("engine: every function of one element, on maps, vectors and other tensors", "[engine]") {
    for (const Activation function : kEveryFunction) {
        for (const Dims& dims : std::vector<Dims>{{2, 3, 5, 7}, {2, 11}, {2, 3, 5}, {}}) {
            INFO("function " << static_cast<int>(function) << " of rank " << dims.size());
            util::Random random(dims.size() + 1);
            const Graph graph = unary_graph(function, dims);
            std::vector<Values> inputs = test::random_inputs(graph, random);
            for (double& value : inputs[0].data) value = of_positives(function) ? 0.1 + std::abs(value) : 3 * value;
            for (double& value : inputs[0].data) value = static_cast<double>(static_cast<float>(value));
            check(graph, inputs, random);
        }
    }
}

TEST_CASE("engine: a function's value does not depend on where the element stands", "[engine]") {
    std::vector<float> row(37, -0.75F);
    std::vector<float> result(row.size());
    for (const Activation function : kEveryFunction) {
        engine::activate(function, {0.3F, 0.45F, -0.5F, 1.25F}, row.data(), result.data(), std::ssize(row));
        if (!std::isnan(result[0])) CHECK(result == std::vector<float>(row.size(), result[0]));
    }
}

TEST_CASE("engine: sigmoids are within a few units in the last place, and keep NaN and the ends", "[engine]") {
    for (float x = -100; x < 100; x += 0.01F) {
        float got = 0;
        engine::activate(Activation::sigmoid, {}, &x, &got, 1);
        const double wanted = 1 / (1 + std::exp(-static_cast<double>(x)));
        if (x > -80) CHECK(std::abs(got - wanted) <= 4e-7 * wanted);
        if (x <= -80) CHECK((got >= 0 && got < 1e-30F));
    }
    const float infinity = std::numeric_limits<float>::infinity();
    std::vector<float> ends{infinity, -infinity, std::nanf("")};
    engine::activate(Activation::sigmoid, {}, ends.data(), ends.data(), 3);
    CHECK(ends[0] == 1);
    CHECK(ends[1] < 1e-30F);
    CHECK(std::isnan(ends[2]));
}

TEST_CASE("engine: every function of two elements broadcasts activations and constants", "[engine]") {
    const Dims map{2, 3, 5, 7};
    const std::vector<std::vector<Operand>> cases{
        {{map}, {map}},
        {{map}, {{2, 3, 1, 1}}},
        {{{2, 3, 1, 1}}, {map}},
        {{map}, {{1, 3, 1, 1}}},
        {{map}, {{2, 1, 5, 7}}},
        {{{2, 3, 1, 7}}, {{1, 1, 5, 1}}},
        {{map}, {{}, true}},
        {{{}, true}, {map}},
        {{map}, {{3, 1, 1}, true}},
        {{map}, {{1, 3, 1, 1}, true}},
        {{{2, 3, 5, 7}, true}, {map}},
        {{map}, {{7}, true}},
        {{{2, 1, 5, 1}}, {{3, 1, 7}, true}},
        {{map}, {map}, {{5, 7}, true}, {{2, 3, 1, 1}}},
    };
    for (const Arithmetic arithmetic : {Arithmetic::add, Arithmetic::sub, Arithmetic::mul, Arithmetic::div,
                                        Arithmetic::pow, Arithmetic::min, Arithmetic::max, Arithmetic::prelu}) {
        for (std::size_t i = 0; i < cases.size(); ++i) {
            INFO("arithmetic " << static_cast<int>(arithmetic) << " case " << i);
            util::Random random(i + 1);
            const Graph graph = binary_graph(arithmetic, cases[i], map, random);
            std::vector<Values> inputs = test::random_inputs(graph, random);
            const bool positive = arithmetic == Arithmetic::div || arithmetic == Arithmetic::pow;
            for (Values& values : inputs) {
                for (double& value : values.data) {
                    value = static_cast<double>(static_cast<float>(positive ? 0.5 + std::abs(value) : value));
                }
            }
            check(graph, inputs, random);
        }
    }
}

TEST_CASE("engine: vectors broadcast along the batch and along the features", "[engine]") {
    for (const Operand& other : std::vector<Operand>{{{2, 9}}, {{1, 9}}, {{2, 1}}, {{9}, true}, {{2, 1}, true}}) {
        util::Random random(7);
        const Graph graph = binary_graph(Arithmetic::sub, {{{2, 9}}, other}, {2, 9}, random);
        check(graph, test::random_inputs(graph, random), random);
    }
}

TEST_CASE("engine: softmax along any axis of a map, whole and cut along the others", "[engine]") {
    for (const Axis axis : kAllAxes) {
        GraphBuilder builder;
        Operator op;
        op.name = "softmax";
        op.kind = Kind::softmax;
        op.axis = axis;
        op.inputs = {builder.add_tensor("x", {3, 4, 5, 6})};
        op.outputs = {builder.add_tensor("y", {3, 4, 5, 6})};
        builder.add_input(op.inputs[0]);
        builder.add_output(op.outputs[0]);
        builder.add_operator(std::move(op));
        const Graph graph = builder.finish();
        CHECK_FALSE(cuts(graph, OperatorId(0)).output[static_cast<std::size_t>(axis)]);
        util::Random random(9);
        check(graph, test::random_inputs(graph, random), random);
    }
}

TEST_CASE("engine: values change their type towards zero, inside the type's range", "[engine]") {
    const std::vector<float> from{1.9F, -1.9F, 300, -300, std::nanf(""), 0};
    const auto as = [&](ElementType type) {
        std::vector<float> to(from.size());
        engine::cast(type, from.data(), to.data(), std::ssize(from));
        return to;
    };
    CHECK(as(ElementType::int64) == std::vector<float>{1, -1, 300, -300, 0, 0});
    CHECK(as(ElementType::int32) == std::vector<float>{1, -1, 300, -300, 0, 0});
    CHECK(as(ElementType::uint8) == std::vector<float>{1, 0, 255, 0, 0, 0});
    CHECK(as(ElementType::int8) == std::vector<float>{1, -1, 127, -128, 0, 0});
    CHECK(as(ElementType::boolean) == std::vector<float>{1, 1, 1, 1, 1, 0});
    CHECK(as(ElementType::float32)[2] == 300);
}
