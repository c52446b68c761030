// Operators that run whole, against their formulas.
#include <catch2/catch.hpp>
#include <cmath>

#include "pieces.hpp"

using namespace convoy;
using namespace convoy::graph;

namespace {

std::vector<float> softmax(const std::vector<float>& values, std::int64_t opset, std::int64_t axis) {
    GraphBuilder builder;
    const TensorId x = builder.add_tensor("x", {1, 2, 2, 2});
    const TensorId y = builder.add_tensor("y", {1, 2, 2, 2});
    Operator op;
    op.name = "softmax";
    op.onnx_type = "Softmax";
    op.inputs = {x};
    op.outputs = {y};
    op.attributes = {{"opset", opset}, {"axis", axis}};
    op.constant_inputs = {std::nullopt};
    builder.add_operator(std::move(op));
    builder.add_input(x);
    builder.add_output(y);
    const Graph graph = builder.finish();
    test::Values in(graph.tensor(x));
    in.data.assign(values.begin(), values.end());
    engine::Weights weights(graph);
    const Tensor result = test::run_piece(weights, engine::whole_model(graph), {in, in}).at(0);
    return {result.floats(), result.floats() + 8};
}

}  // namespace

TEST_CASE("engine: softmax before opset 13 is over all axes from its axis on", "[engine]") {
    const std::vector<float> values{0, 1, 2, 3, -1, 0.5F, 0.25F, 4};
    const std::int64_t opset = GENERATE(9, 13);
    const std::int64_t axis = GENERATE(1, 2, 3);
    const std::vector<float> got = softmax(values, opset, axis);
    const std::size_t step = std::size_t{8} >> axis;  // from one element to the next along the axis
    for (std::size_t i = 0; i < 8; ++i) {
        double sum = 0;
        for (std::size_t k = 0; k < 8; ++k) {
            const bool same_row = i / (2 * step) == k / (2 * step);
            if (opset < 13 ? same_row : same_row && i % step == k % step) sum += std::exp(values[k]);
        }
        CHECK(got[i] == Approx(std::exp(values[i]) / sum).epsilon(1e-5));
    }
}
