#include <catch2/catch.hpp>
#include <cmath>

#include "pieces.hpp"
#include "support/naive.hpp"

using namespace convoy;
using namespace convoy::graph;
using test::Values;

namespace {

using Dims = std::vector<Index>;

/// One operator between `x` and `y`.
Graph model(Operator op, const Dims& input, const Dims& output, const Dims& weights = {}) {
    GraphBuilder builder;
    op.name = "node";
    op.inputs = {builder.add_tensor("x", input)};
    op.outputs = {builder.add_tensor("y", output)};
    builder.add_input(op.inputs[0]);
    builder.add_output(op.outputs[0]);
    if (!weights.empty()) {
        util::Random random(1);
        Index count = 1;
        for (const Index dim : weights) count *= dim;
        std::vector<float> values;
        for (Index i = 0; i < count; ++i) values.push_back(static_cast<float>(random.normal()));
        op.weights = builder.make_constant(weights, values);
    }
    builder.add_operator(std::move(op));
    return builder.finish();
}

/// The outputs for the inputs 0, 1, 2, ...
std::vector<float> run(const Graph& graph) {
    std::vector<Values> values;
    for (const TensorInfo& tensor : graph.tensors()) {
        values.emplace_back(tensor);
        for (std::size_t i = 0; i < values.back().data.size(); ++i) values.back().data[i] = static_cast<double>(i);
    }
    engine::Weights weights(graph);
    const std::vector<Tensor> results = test::run_piece(weights, engine::whole_model(graph), values);
    return {results[0].floats(), results[0].floats() + results[0].view().bytes().value / 4};
}

/// Random pieces of the one operator against the naive executor.
void check_pieces(const Graph& graph, std::uint64_t seed, int pieces) {
    util::Random random(seed);
    const std::vector<Values> values = naive_run(graph, test::random_inputs(graph, random));
    engine::Weights weights(graph);
    const TensorInfo& output = graph.tensor(graph.outputs()[0]);
    for (int i = 0; i < pieces; ++i) {
        const Slab asked = test::random_slab(output.full, cuts(graph, OperatorId(0)).output, random);
        const plan::Run piece = test::single(graph, OperatorId(0), asked);
        INFO(to_string(piece.outputs[0].slab.hull()));
        const std::vector<Tensor> results = test::run_piece(weights, piece, values);
        CHECK(test::relative_difference(output, results[0], values[index(graph.outputs()[0])]) < 1e-5);
    }
}

Operator transposed(Index kernel, Index stride, Index dilation, Index pad, Index group) {
    Operator op;
    op.kind = Kind::transposed_convolution;
    op.window.kernel = {kernel, kernel};
    op.window.stride = {stride, stride};
    op.window.dilation = {dilation, dilation};
    op.window.pad_begin = {pad, pad};
    op.window.pad_end = {pad, pad};
    op.group = group;
    return op;
}

}  // namespace

TEST_CASE("engine: blocks of depth become space and back, as ONNX orders them", "[engine]") {
    Operator op;
    op.kind = Kind::depth_to_space;
    op.block = 2;
    const std::vector<float> rows{0, 4, 1, 5, 8, 12, 9, 13, 2, 6, 3, 7, 10, 14, 11, 15};
    CHECK(run(model(op, {1, 4, 2, 2}, {1, 1, 4, 4})) == rows);
    // Two channels: depth first is (block, channel), column first (channel, block).
    CHECK(run(model(op, {1, 8, 1, 1}, {1, 2, 2, 2})) == std::vector<float>{0, 2, 4, 6, 1, 3, 5, 7});
    op.channel_major = true;
    CHECK(run(model(op, {1, 8, 1, 1}, {1, 2, 2, 2})) == std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7});
    op.kind = Kind::space_to_depth;
    CHECK(run(model(op, {1, 2, 2, 2}, {1, 8, 1, 1})) == std::vector<float>{0, 4, 1, 5, 2, 6, 3, 7});
}

TEST_CASE("engine: a gather takes the listed positions, in tensors of any rank", "[engine]") {
    Operator op;
    op.kind = Kind::gather;
    op.picks = {{}, {1, 0, 1}, {}, {2, 0}};
    CHECK(run(model(op, {1, 2, 1, 3}, {1, 3, 1, 2})) == std::vector<float>{5, 3, 2, 0, 5, 3});
    op.picks = {{}, {2, 2}};
    CHECK(run(model(op, {2, 3}, {2, 2})) == std::vector<float>{2, 2, 5, 5});
    op.picks = {{1, 0}, {}, {0}};
    CHECK(run(model(op, {2, 2, 2}, {2, 2, 1})) == std::vector<float>{4, 6, 0, 2});
    op.picks = {{}, {1}, {}};
    CHECK(run(model(op, {2, 2, 2}, {2, 2})) == std::vector<float>{2, 3, 6, 7});  // an axis that goes away
    op.picks = {{}, {}, {1, 0}, {}, {}};
    CHECK(run(model(op, {1, 1, 2, 1, 2}, {1, 1, 2, 1, 2})) == std::vector<float>{2, 3, 0, 1});
    op.picks = {{3, 1}};
    CHECK(run(model(op, {4}, {2})) == std::vector<float>{3, 1});
    op.tail.activation = Activation::clip;
    op.tail.high = 2;
    CHECK(run(model(op, {4}, {2})) == std::vector<float>{2, 1});
}

TEST_CASE("engine: local response normalization is ONNX's formula", "[engine]") {
    Operator op;
    op.kind = Kind::lrn;
    op.local_response = {4, 0.5F, 0.75F, 2.0F};
    const std::vector<float> y = run(model(op, {1, 5, 1, 1}, {1, 5, 1, 1}));
    const auto wanted = [](double x, double squares) { return x / std::pow(2 + 0.5 / 4 * squares, 0.75); };
    CHECK(y[1] == Approx(wanted(1, 0 + 1 + 4 + 9)));  // one channel before, two behind
    CHECK(y[4] == Approx(wanted(4, 9 + 16)));
}

TEST_CASE("engine: transposed convolutions of every stride, dilation, pad and group", "[engine]") {
    struct Case {
        Index kernel, stride, dilation, pad, group, out;
    };
    const auto [kernel, stride, dilation, pad, group, out] = GENERATE(values<Case>({
        {2, 2, 1, 0, 1, 14},  // upsampling, as in segmentation networks
        {4, 2, 1, 1, 1, 14},
        {3, 2, 1, 1, 2, 14},  // with one element of output padding
        {3, 1, 1, 1, 1, 7},   // a convolution, turned around
        {2, 3, 1, 0, 1, 20},  // elements that no input reaches
        {3, 2, 2, 2, 1, 13},  // a phase without taps
        {3, 3, 2, 0, 1, 23},
        {4, 2, 1, 1, 6, 14},  // depthwise
        {5, 4, 1, 3, 3, 23},
    }));
    INFO(kernel << " " << stride << " " << dilation << " " << pad << " " << group);
    const Operator op = transposed(kernel, stride, dilation, pad, group);
    check_pieces(model(op, {2, 6, 7, 7}, {2, 12, out, out}, {12, 6 / group, kernel, kernel}), 1, 25);
}
