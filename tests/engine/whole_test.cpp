#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>

#include "engine/runnable.hpp"
#include "pieces.hpp"
#include "util/error.hpp"

using namespace convoy;
using namespace convoy::graph;
using test::Values;

namespace {

using Dims = std::vector<Index>;

struct Case {
    std::string type;
    Dims input;
    std::vector<Dims> outputs;
    std::map<std::string, Attribute> attributes = {};
};

Graph model(const Case& one, const std::function<void(GraphBuilder&, Operator&)>& more = {}) {
    GraphBuilder builder;
    Operator op;
    op.name = "node";
    op.onnx_type = one.type;
    op.attributes = one.attributes;
    op.inputs = {builder.add_tensor("x", one.input)};
    builder.add_input(op.inputs[0]);
    if (more) more(builder, op);
    for (std::size_t k = 0; k < one.outputs.size(); ++k) {
        op.outputs.push_back(builder.add_tensor("y" + std::to_string(k), one.outputs[k]));
        builder.add_output(op.outputs[k]);
    }
    builder.add_operator(std::move(op));
    return builder.finish();
}

Values counted(const TensorInfo& tensor) {
    Values values(tensor);
    for (std::size_t i = 0; i < values.data.size(); ++i) values.data[i] = static_cast<double>(i);
    return values;
}

/// All outputs, one after another, for the inputs 0, 1, 2, ...
std::vector<float> run(const Graph& graph) {
    std::vector<Values> values;
    for (const TensorInfo& tensor : graph.tensors()) values.push_back(counted(tensor));
    engine::Weights weights(graph);
    std::vector<float> all;
    for (const Tensor& result : test::run_piece(weights, engine::whole_model(graph), values)) {
        all.insert(all.end(), result.floats(), result.floats() + result.view().bytes().value / 4);
    }
    return all;
}

std::string refusal(const Graph& graph) {
    try {
        (void)run(graph);
        return "accepted";
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::data);
        return error.message();
    }
}

}  // namespace

TEST_CASE("engine: operators that only move elements move them as ONNX says", "[engine]") {
    CHECK(run(model({"Transpose", {2, 3}, {{3, 2}}})) == std::vector<float>{0, 3, 1, 4, 2, 5});
    const std::vector<std::int64_t> perm{0, 2, 1};
    CHECK(run(model({"Transpose", {1, 2, 3}, {{1, 3, 2}}, {{"perm", perm}}})) == std::vector<float>{0, 3, 1, 4, 2, 5});
    CHECK(run(model({"Reshape", {1, 2, 3}, {{3, 2}}})) == std::vector<float>{0, 1, 2, 3, 4, 5});
    CHECK(run(model({"Split", {1, 5, 1, 2}, {{1, 2, 1, 2}, {1, 3, 1, 2}}, {{"axis", std::int64_t{1}}}})) ==
          std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    CHECK(run(model({"Split", {2, 3}, {{2, 1}, {2, 2}}, {{"axis", std::int64_t{-1}}}})) ==
          std::vector<float>{0, 3, 1, 2, 4, 5});
}

TEST_CASE("engine: softmax and arithmetic of whole tensors broadcast as ONNX says", "[engine]") {
    const std::vector<float> softmax = run(model({"Softmax", {2, 1, 2}, {{2, 1, 2}}, {{"axis", std::int64_t{-1}}}}));
    CHECK(softmax[0] + softmax[1] == Approx(1));
    CHECK(softmax[1] == Approx(1 / (1 + std::exp(-1.0))));
    CHECK(softmax[2] == Approx(softmax[0]));
    const auto constant = [](std::size_t place) {
        return [place](GraphBuilder& builder, Operator& op) {
            op.constant_inputs.assign(2, std::nullopt);
            op.constant_inputs[place] = builder.make_constant({2, 1}, {10, 20});
        };
    };
    CHECK(run(model({"Sub", {1, 2, 2}, {{1, 2, 2}}}, constant(1))) == std::vector<float>{-10, -9, -18, -17});
    CHECK(run(model({"Sub", {1, 2, 2}, {{1, 2, 2}}}, constant(0))) == std::vector<float>{10, 9, 18, 17});
    CHECK(run(model({"Div", {1, 1, 2}, {{1, 2, 2}}}, constant(0))).at(3) == 20);
}

TEST_CASE("engine: what it cannot run is refused with node and type", "[engine]") {
    CHECK(refusal(model({"CumSum", {1, 2, 2}, {{1, 2, 2}}})) == "operator 'node' (CumSum) has no layer in the engine");
    CHECK(refusal(model({"Split", {1, 5, 1, 2}, {{1, 2, 1, 2}}, {{"axis", std::int64_t{1}}}})) ==
          "operator 'node' (Split) has no layer in the engine");
    const std::string transpose = "operator 'node' (Transpose) has no layer in the engine";
    const std::vector<std::int64_t> twice{0, 0};
    CHECK(refusal(model({"Transpose", {2, 3}, {{3, 2}}, {{"perm", twice}}})) == transpose);
    CHECK(refusal(model({"Transpose", {2, 3}, {{3, 2}}, {{"perm", std::int64_t{1}}}})) == transpose);
    CHECK(refusal(model({"Div", {1, 3}, {{1, 2}}}, [](GraphBuilder& builder, Operator& op) {
              op.constant_inputs = {std::nullopt, builder.make_constant({1}, {2})};
          })) == "operator 'node' (Div) has no layer in the engine");
    GraphBuilder builder;
    Operator op;
    op.name = "sum";
    op.onnx_type = "Add";
    op.inputs = {builder.add_tensor("x", {1, 2}, ElementType::int64)};
    op.outputs = {builder.add_tensor("y", {1, 2}, ElementType::int64)};
    builder.add_input(op.inputs[0]);
    builder.add_output(op.outputs[0]);
    builder.add_operator(std::move(op));
    CHECK(refusal(builder.finish()) == "operator 'sum' (Add) works on int64; the engine has float32");
}

TEST_CASE("engine: a model is refused for what cannot be run before anything is run", "[engine]") {
    CHECK_THROWS_WITH(engine::require_runnable(model({"CumSum", {1, 2, 2}, {{1, 2, 2}}})),
                      "operator 'node' (CumSum) has no layer in the engine");
    CHECK_THROWS_WITH(engine::require_runnable(model({"Transpose", {Index{1} << 20, Index{1} << 18}, {{3, 2}}})),
                      Catch::Contains("is too large for the engine"));
    CHECK_NOTHROW(engine::require_runnable(model({"Transpose", {2, 3}, {{3, 2}}})));
}

TEST_CASE("engine: reductions over any axes, with and without keeping them", "[engine]") {
    const auto axes = [](std::vector<std::int64_t> list) {
        return std::map<std::string, Attribute>{{"axes", std::move(list)}};
    };
    // [[0, 1, 2], [3, 4, 5]]
    CHECK(run(model({"ReduceSum", {2, 3}, {{2, 1}}, axes({1})})) == std::vector<float>{3, 12});
    CHECK(run(model({"ReduceMean", {2, 3}, {{3}}, axes({-2})})) == std::vector<float>{1.5, 2.5, 3.5});
    CHECK(run(model({"ReduceMax", {2, 3}, {{}}})) == std::vector<float>{5});
    CHECK(run(model({"ReduceMin", {2, 3}, {{1, 1}}})) == std::vector<float>{0});
    CHECK(run(model({"ReduceProd", {2, 3}, {{2}}, axes({1})})) == std::vector<float>{0, 60});
    CHECK(run(model({"ReduceSumSquare", {2, 3}, {{2}}, axes({1})})) == std::vector<float>{5, 50});
    CHECK(run(model({"ReduceL1", {2, 3}, {{2}}, axes({1})})) == std::vector<float>{3, 12});
    CHECK(run(model({"ReduceL2", {2, 3}, {{2}}, axes({1})})).at(1) == Approx(std::sqrt(50.0)));
    CHECK(run(model({"ReduceLogSum", {2, 3}, {{2}}, axes({1})})).at(1) == Approx(std::log(12.0)));
    CHECK(run(model({"ReduceLogSumExp", {2, 3}, {{2}}, axes({1})})).at(0) ==
          Approx(std::log(1 + std::exp(1.0) + std::exp(2.0))));
    // x[i, j, k] = 4 i + 2 j + k; the outer and the inner axis
    CHECK(run(model({"ReduceSum", {2, 2, 2}, {{1, 2, 1}}, axes({0, 2})})) == std::vector<float>{10, 18});
    // axes as a constant input, and none of them with noop
    const auto constant_axes = [](GraphBuilder& builder, Operator& op) {
        static const std::vector<std::int64_t> list{1};
        op.constant_inputs = {std::nullopt, Constant{ElementType::int64, {1}, std::as_bytes(std::span(list))}};
        static_cast<void>(builder);
    };
    CHECK(run(model({"ReduceSum", {2, 3}, {{2, 1}}}, constant_axes)) == std::vector<float>{3, 12});
    CHECK(run(model({"ReduceSum", {2, 2}, {{2, 2}}, {{"noop_with_empty_axes", std::int64_t{1}}}})) ==
          std::vector<float>{0, 1, 2, 3});
    CHECK(refusal(model({"ReduceSum", {2, 3}, {{2, 2}}, axes({1})})) ==
          "operator 'node' (ReduceSum) has no layer in the engine");
    CHECK(refusal(model({"ReduceSum", {2, 3}, {{2, 1}}, axes({2})})) ==
          "operator 'node' (ReduceSum) has no layer in the engine");
}

namespace {

Graph product(const Dims& left, const Dims& right, const Dims& out) {
    return model({"MatMul", left, {out}}, [&](GraphBuilder& builder, Operator& op) {
        op.inputs.push_back(builder.add_tensor("z", right));
        builder.add_input(op.inputs.back());
    });
}

}  // namespace

TEST_CASE("engine: products of matrices follow numpy, leading axes broadcast", "[engine]") {
    // [[0, 1], [2, 3]] [[0, 1, 2], [3, 4, 5]]
    CHECK(run(product({2, 2}, {2, 3}, {2, 3})) == std::vector<float>{3, 4, 5, 9, 14, 19});
    CHECK(run(product({2}, {2, 3}, {3})) == std::vector<float>{3, 4, 5});
    CHECK(run(product({2, 2}, {2}, {2})) == std::vector<float>{1, 3});
    CHECK(run(product({2}, {2}, {})) == std::vector<float>{1});
    // A batch on either side, and a broadcast one on both: out[i, j] is left[i] right[j].
    CHECK(run(product({2, 1, 2}, {2, 1}, {2, 1, 1})) == std::vector<float>{1, 3});
    CHECK(run(product({1, 2}, {2, 2, 1}, {2, 1, 1})) == std::vector<float>{1, 3});
    CHECK(run(product({2, 1, 1, 2}, {2, 2, 1}, {2, 2, 1, 1})) == std::vector<float>{1, 3, 3, 13});
    CHECK(refusal(product({2, 2}, {3, 2}, {2, 2})) == "operator 'node' (MatMul) has no layer in the engine");
}

TEST_CASE("engine: large products of matrices are exact sums", "[engine]") {
    const Graph graph = product({3, 37, 301}, {3, 301, 45}, {3, 37, 45});
    util::Random random(4);
    std::vector<Values> values;
    for (const TensorInfo& tensor : graph.tensors()) values.push_back(test::random_values(tensor, random));
    for (Index batch = 0; batch < 3; ++batch) {
        for (Index row = 0; row < 37; ++row) {
            for (Index column = 0; column < 45; ++column) {
                double sum = 0;
                for (Index k = 0; k < 301; ++k) {
                    sum += values[0].data[static_cast<std::size_t>((batch * 37 + row) * 301 + k)] *
                           values[1].data[static_cast<std::size_t>((batch * 301 + k) * 45 + column)];
                }
                values[2].data[static_cast<std::size_t>((batch * 37 + row) * 45 + column)] = sum;
            }
        }
    }
    engine::Weights weights(graph);
    const std::vector<Tensor> result = test::run_piece(weights, engine::whole_model(graph), values);
    CHECK(test::relative_difference(graph.tensor(TensorId{2}), result[0], values[2]) < 1e-6);
    CHECK(flops(graph, whole_work(graph, OperatorId(0))).value == 2.0 * 3 * 37 * 45 * 301);
}

TEST_CASE("engine: concatenation along any axis, and layer normalization", "[engine]") {
    const auto twice = [](GraphBuilder&, Operator& op) { op.inputs.push_back(op.inputs[0]); };
    CHECK(run(model({"Concat", {1, 2, 2}, {{1, 2, 4}}, {{"axis", std::int64_t{-1}}}}, twice)) ==
          std::vector<float>{0, 1, 0, 1, 2, 3, 2, 3});
    CHECK(run(model({"Concat", {2}, {{4}}, {{"axis", std::int64_t{0}}}}, twice)) == std::vector<float>{0, 1, 0, 1});
    const auto scaled = [](GraphBuilder& builder, Operator& op) {
        op.constant_inputs = {std::nullopt, builder.make_constant({2}, {1, 2}), builder.make_constant({2}, {0, 5})};
    };
    const std::vector<float> normal = run(model({"LayerNormalization", {1, 2, 2}, {{1, 2, 2}}}, scaled));
    CHECK(normal[0] == Approx(-1).epsilon(1e-4));  // 0 and 1 are half a unit from their mean, 0.5 from each other
    CHECK(normal[1] == Approx(7).epsilon(1e-4));
    CHECK(normal[2] == Approx(-1).epsilon(1e-4));
}

TEST_CASE("engine: images of bytes become floats, and back", "[engine]") {
    GraphBuilder builder;
    const auto cast = [&](const char* name, TensorId from, TensorId to) {
        Operator op;
        op.name = name;
        op.onnx_type = "Cast";
        op.inputs = {from};
        op.outputs = {to};
        builder.add_operator(std::move(op));
    };
    const TensorId bytes = builder.add_tensor("bytes", {1, 2, 2, 3}, ElementType::uint8);
    const TensorId floats = builder.add_tensor("floats", {1, 2, 2, 3});
    const TensorId longs = builder.add_tensor("longs", {1, 2, 2, 3}, ElementType::int64);
    builder.add_input(bytes);
    builder.add_output(floats);
    builder.add_output(longs);
    cast("to_floats", bytes, floats);
    cast("to_longs", floats, longs);
    const Graph graph = builder.finish();
    engine::Weights weights(graph);
    engine::Shard shard(weights, engine::whole_model(graph));
    const Box full = graph.tensor(bytes).full;
    const Tensor in({full}, 1);
    for (std::size_t i = 0; i < 12; ++i) in.view().data()[i] = static_cast<std::byte>(20 * i);
    const Tensor as_floats({full});
    const Tensor as_longs({full}, 8);
    shard.run(std::vector<std::vector<TensorView>>{{in.view()}}, std::vector{as_floats.view(), as_longs.view()});
    std::int64_t last = 0;
    std::memcpy(&last, as_longs.view().data() + 88, sizeof(last));
    CHECK(as_floats.floats()[11] == 220);
    CHECK(last == 220);
}
