#include "samples/work.hpp"

#include <catch2/catch.hpp>

using namespace convoy;
using namespace convoy::graph;

namespace {

/// A 3x3 convolution with padding 1 of [1, channels, 8, 8] to [1, outputs, 8, 8].
Graph convolution(Index channels, Index outputs, Index group) {
    GraphBuilder builder;
    const TensorId x = builder.add_tensor("x", {1, channels, 8, 8});
    const TensorId y = builder.add_tensor("y", {1, outputs, 8, 8});
    Operator op;
    op.name = "conv";
    op.kind = Kind::convolution;
    op.onnx_type = "Conv";
    op.inputs = {x};
    op.outputs = {y};
    op.group = group;
    op.window.kernel = {3, 3};
    op.window.pad_begin = op.window.pad_end = {1, 1};
    const Index per_group = channels / group;
    op.weights = builder.make_constant({outputs, per_group, 3, 3},
                                       std::vector<float>(static_cast<std::size_t>(outputs * per_group * 9)));
    builder.add_input(x);
    builder.add_operator(op);
    builder.add_output(y);
    return builder.finish();
}

}  // namespace

TEST_CASE("samples: a slice of a convolution is described by what it reads, computes and costs", "[samples]") {
    const Graph graph = convolution(3, 4, 1);
    Work work = whole_work(graph, OperatorId{0});
    work.outputs[0].h = {2, 4};
    const samples::WorkShape shape = samples::describe(graph, work);
    CHECK(shape.output == work.outputs[0].hull());
    CHECK(shape.whole_output == make_box(1, 4, 8, 8));
    CHECK(shape.inputs.at(0)[Axis::h] == Interval{1, 5});
    CHECK(shape.channels == 3);
    CHECK(shape.flops == util::Flops(2.0 * 27 * 4 * 16));
    CHECK(shape.input_bytes == util::Bytes(4 * 3 * 4 * 8));
    CHECK(shape.output_bytes == util::Bytes(4 * 4 * 2 * 8));
    CHECK(shape.weight_bytes == util::Bytes(4 * 27 * 4));
}

TEST_CASE("samples: an addend over part of the channels sums over those", "[samples]") {
    const Graph graph = convolution(3, 4, 1);
    Work work = whole_work(graph, OperatorId{0});
    work.in = make_box(1, 3, 8, 8);
    (*work.in)[Axis::c] = {1, 3};
    const samples::WorkShape shape = samples::describe(graph, work);
    CHECK(shape.addend);
    CHECK(shape.channels == 2);
    CHECK(shape.inputs.at(0)[Axis::c] == Interval{1, 3});
}

TEST_CASE("samples: a depthwise convolution is known by its groups", "[samples]") {
    const Graph graph = convolution(4, 4, 4);
    const samples::WorkShape shape = samples::describe(graph, whole_work(graph, OperatorId{0}));
    CHECK(samples::operator_type(shape) == "depthwise_convolution");
}
