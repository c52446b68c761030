#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <map>

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

TEST_CASE("engine: functions and arithmetic of whole tensors broadcast as ONNX says", "[engine]") {
    CHECK(run(model({"Exp", {1, 3, 1}, {{1, 3, 1}}})) == std::vector<float>{1, std::exp(1.0F), std::exp(2.0F)});
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
    op.name = "cast";
    op.onnx_type = "Cast";
    op.inputs = {builder.add_tensor("x", {1, 2})};
    op.outputs = {builder.add_tensor("y", {1, 2}, ElementType::int64)};
    builder.add_input(op.inputs[0]);
    builder.add_output(op.outputs[0]);
    builder.add_operator(std::move(op));
    CHECK(refusal(builder.finish()) == "operator 'cast' (Cast) works on int64; the engine has float32");
}
