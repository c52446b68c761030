#include "engine/weights.hpp"

#include <catch2/catch.hpp>

#include "pieces.hpp"
#include "support/random_graph.hpp"
#include "support/small_models.hpp"

using namespace convoy;

TEST_CASE("engine: a slice of a Gemm's features is held alone, in rows that OpenCV reads without a copy", "[engine]") {
    test::Model model;
    const auto input = model.input("in", {1, 3, 3, 2});
    const graph::Graph graph = model.finish({model.gemm("fc", input, 5)});
    const graph::OperatorId fc = graph.find_operator("fc").value();
    const graph::Constant& all = *graph.op(fc).weights;
    graph::Box in = graph.tensor(graph.op(fc).inputs[0]).full;
    in[graph::Axis::c] = {1, 3};
    in[graph::Axis::h] = {1, 3};
    engine::Weights weights(graph);
    const auto slice = weights.store().slice({fc, {{1, 2}, {3, 5}}, in});
    const cv::Mat& values = slice->values;
    REQUIRE(values.size[0] == 3);
    REQUIRE(values.size[1] == 8);
    const int rows[] = {1, 3, 4};
    for (int row = 0; row < 3; ++row)
        for (int c = 1; c < 3; ++c)
            for (int h = 1; h < 3; ++h)
                for (int w = 0; w < 2; ++w) {
                    float expected = 0;
                    graph::copy_floats(all, rows[row] * 18 + (c * 3 + h) * 2 + w, 1, &expected);
                    CHECK(values.at<float>(row, ((c - 1) * 2 + h - 1) * 2 + w) == expected);
                }

    in[graph::Axis::w] = {0, 1};
    const auto padded = weights.store().slice({fc, {{0, 5}}, in});
    REQUIRE(padded->values.size[0] == 5);
    REQUIRE(padded->values.size[1] == 8);
    CHECK(padded->memory.size() == 5 * 8 * sizeof(float));
    for (int row = 0; row < 5; ++row)
        for (int column = 4; column < 8; ++column) CHECK(padded->values.at<float>(row, column) == 0);
}

TEST_CASE("engine: a slice of a convolution's inputs may end with channels of zeros", "[engine]") {
    test::Model model;
    const graph::Graph graph = model.finish({model.conv("conv", model.input("in", {1, 6, 4, 4}), 3)});
    const graph::OperatorId conv = graph.find_operator("conv").value();
    graph::Box in = graph.tensor(graph.op(conv).inputs[0]).full;
    in[graph::Axis::c] = {1, 4};
    engine::Weights weights(graph);
    const auto slice = weights.store().slice({conv, {{1, 3}}, in, 5});
    REQUIRE(slice->memory.size() == 2 * 8 * 9 * sizeof(float));
    const auto* values = slice->values.ptr<float>();
    for (int row = 0; row < 2; ++row) {
        std::vector<float> expected(3 * 9);
        graph::copy_floats(*graph.op(conv).weights, ((row + 1) * 6 + 1) * 9, 3 * 9, expected.data());
        expected.resize(8 * 9);
        CHECK(std::equal(expected.begin(), expected.end(), values + row * 8 * 9));
    }
}

TEST_CASE("engine: sums over uneven parts of the input channels add up to the whole convolution", "[engine]") {
    test::Model model;
    const graph::Graph graph = model.finish({model.conv("conv", model.input("in", {2, 29, 5, 3}), 24)});
    const graph::OperatorId conv = graph.find_operator("conv").value();
    util::Random random(1);
    std::vector<test::Values> values;
    for (const graph::TensorInfo& tensor : graph.tensors()) values.push_back(test::random_values(tensor, random));
    engine::Weights weights(graph);
    const graph::Slab full = graph::make_slab(graph.tensor(graph.op(conv).outputs[0]).full);
    const graph::Tensor whole = std::move(test::run_piece(weights, test::single(graph, conv, full), values)[0]);
    std::vector<double> sums(static_cast<std::size_t>(full.volume()));
    for (const graph::Interval part : {graph::Interval{0, 11}, graph::Interval{11, 12}, graph::Interval{12, 29}}) {
        graph::Box in = graph.tensor(graph.op(conv).inputs[0]).full;
        in[graph::Axis::c] = part;
        const graph::Tensor addend =
            std::move(test::run_piece(weights, test::single(graph, conv, full, in), values)[0]);
        for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += addend.floats()[i];
    }
    constexpr double kBias = 0.3;  // of every channel, added once, behind the sum
    for (std::size_t i = 0; i < sums.size(); ++i) CHECK(whole.floats()[i] == Approx(sums[i] + kBias).margin(1e-3));
}
