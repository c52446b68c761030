#include "engine/weights.hpp"

#include <catch2/catch.hpp>

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
