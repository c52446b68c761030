#include "runtime/compare.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace convoy;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

graph::Tensor vector_of(const std::vector<float>& values) {
    graph::Tensor tensor({graph::make_box(1, static_cast<graph::Index>(values.size()), 1, 1)});
    std::copy(values.begin(), values.end(), tensor.floats());
    return tensor;
}

/// Along c of a [1, c, h, 1] map, in double.
graph::Tensor softmax(const graph::Tensor& logits) {
    const graph::Box& box = logits.boxes().front();
    const graph::Index channels = box[graph::Axis::c].size();
    const graph::Index rows = box[graph::Axis::h].size();
    graph::Tensor result(logits.boxes());
    for (graph::Index row = 0; row < rows; ++row) {
        double sum = 0;
        for (graph::Index c = 0; c < channels; ++c) sum += std::exp(double{logits.floats()[c * rows + row]});
        for (graph::Index c = 0; c < channels; ++c)
            result.floats()[c * rows + row] =
                static_cast<float>(std::exp(double{logits.floats()[c * rows + row]}) / sum);
    }
    return result;
}

double error_behind_softmax(const graph::Tensor& actual, const graph::Tensor& expected) {
    return runtime::relative_error_of_logits(softmax(actual), expected, graph::Axis::c);
}

}  // namespace

TEST_CASE("runtime: outputs are compared relative to the largest magnitude", "[runtime]") {
    const graph::Tensor expected = vector_of({1, -4, 0});
    CHECK(runtime::relative_error(expected, expected) == 0);
    CHECK(runtime::relative_error(vector_of({1, -4, 0.5F}), expected) == Approx(0.125));
    CHECK(runtime::relative_error(vector_of({1, kNan, 0}), expected) == INFINITY);
    CHECK(runtime::relative_error(vector_of({1, kInfinity, 0}), expected) == INFINITY);
    CHECK(runtime::relative_error(vector_of({kNan}), vector_of({kNan})) == 0);
    CHECK(runtime::relative_error(vector_of({kInfinity}), vector_of({kInfinity})) == 0);
    CHECK(runtime::relative_error(vector_of({1}), vector_of({0})) == INFINITY);
}

TEST_CASE("runtime: an error that a softmax hides is found before it", "[runtime]") {
    const graph::Tensor expected = vector_of({20, 2, -3, 1});
    CHECK(error_behind_softmax(expected, expected) == 0);
    const graph::Tensor wrong = vector_of({20, 2, -3, 1.5F});
    CHECK(runtime::relative_error(softmax(wrong), softmax(expected)) < 1e-8);
    CHECK(error_behind_softmax(wrong, expected) == Approx(0.025).epsilon(0.01));
}

TEST_CASE("runtime: behind a sigmoid the logits are compared", "[runtime]") {
    const auto error = [](const std::vector<double>& actual, const std::vector<double>& expected) {
        const auto sigmoid = [](const std::vector<double>& logits) {
            std::vector<float> values;
            for (const double x : logits) values.push_back(static_cast<float>(1 / (1 + std::exp(-x))));
            return vector_of(values);
        };
        return runtime::relative_error_before_sigmoid(sigmoid(actual), sigmoid(expected));
    };
    CHECK(error({-40, -15}, {-40, -15}) == 0);
    CHECK(error({-40, -15.004}, {-40, -15}) == Approx(1e-4).epsilon(0.01));  // 4e-3 of the probability
    CHECK(error({-40, 5.004}, {-40, 5}) == Approx(1e-4).epsilon(0.1));       // 3e-5 of it
    CHECK(error({-4, 30}, {-4, 31}) == 0);                                   // both are 1
    CHECK(error({-4, 5}, {-4, 31}) > 0.5);
    CHECK(error({-200}, {-300}) == 0);
    CHECK(error({-20}, {-300}) > 0.5);
    for (const float wrong : {-0.1F, 1.1F, kNan, kInfinity})
        CHECK(runtime::relative_error_before_sigmoid(vector_of({0.5F, wrong}), vector_of({0.5F, 0.25F})) == INFINITY);
}

TEST_CASE("runtime: logits are compared in every column of a map", "[runtime]") {
    graph::Tensor expected({graph::make_box(1, 3, 2, 1)});
    for (int i = 0; i < 6; ++i) expected.floats()[i] = static_cast<float>(i);
    graph::Tensor wrong({graph::make_box(1, 3, 2, 1)});
    for (int i = 0; i < 6; ++i) wrong.floats()[i] = static_cast<float>(i);
    wrong.floats()[1] = 0;
    CHECK(error_behind_softmax(expected, expected) == 0);
    CHECK(error_behind_softmax(wrong, expected) > 0.1);
}

TEST_CASE("runtime: a probability that underflows says that its logit is small", "[runtime]") {
    const graph::Tensor expected = vector_of({200, 0});
    CHECK(error_behind_softmax(vector_of({200, 1}), expected) == 0);
    CHECK(error_behind_softmax(vector_of({200, 150}), expected) > 0.5);
    CHECK(runtime::relative_error_of_logits(vector_of({1, kNan}), expected, graph::Axis::c) == INFINITY);
    CHECK(runtime::relative_error_of_logits(vector_of({1, -1}), expected, graph::Axis::c) == INFINITY);
    CHECK(runtime::relative_error_of_logits(vector_of({1, 0}), vector_of({1, 2}), graph::Axis::c) > 1);
}
