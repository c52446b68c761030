#include "latency/evaluation.hpp"

#include <catch2/catch.hpp>

#include "latency/forecast.hpp"
#include "support/random_graph.hpp"
#include "support/synthetic.hpp"

using namespace convoy;
using namespace convoy::latency;
using test::convolution_work;

namespace {

/// Two convolutions measured 10 % slower and as fast as a model of 1 GFLOP/s says, one slice, and the whole model.
samples::Profile held_out() {
    samples::Profile profile;
    profile.context.device = "a";
    profile.model_file = "two.onnx";
    profile.model_sha256 = "ab";
    const samples::WorkShape work = convolution_work(4, 8, 10);
    const double seconds = work.flops.value / 1e9;
    profile.layers = {test::layer_sample("conv0", work, 0, seconds / 0.9),
                      test::layer_sample("conv1", work, 0, seconds)};
    samples::WorkShape slice = convolution_work(4, 8, 10);
    slice.output[graph::Axis::h] = {0, 5};
    slice.flops = slice.flops * 0.5;
    profile.layers.push_back(test::layer_sample("conv1", slice, 0, seconds / 2));
    const util::Seconds whole(2.5 * seconds);
    profile.whole_model = {{0, 0, 1, {5, whole, whole, whole, {}}}};
    return profile;
}

}  // namespace

TEST_CASE("latency: an evaluation tells the errors per operator type, and of all", "[latency]") {
    const Evaluation evaluation = evaluate(test::linear_model(1e9), held_out());
    REQUIRE(evaluation.types.size() == 2);
    CHECK(evaluation.types[0].type == "convolution");
    CHECK(evaluation.types[1].type == "all");
    CHECK(evaluation.types[1].accuracy.samples == 3);
    CHECK(evaluation.types[1].accuracy.mape == Approx(0.1 / 3));
    CHECK(evaluation.types[1].accuracy.within_20 == 1);
}

TEST_CASE("latency: the whole model is compared with the sum of its whole operators", "[latency]") {
    const Evaluation evaluation = evaluate(test::linear_model(1e9), held_out());
    REQUIRE(evaluation.whole_model.size() == 1);
    CHECK(evaluation.whole_model[0].predicted / evaluation.whole_model[0].measured == Approx(2 / 2.5));
    samples::Profile other_load = held_out();
    other_load.whole_model[0].load_offered = 0.5;
    CHECK(evaluate(test::linear_model(1e9), other_load).whole_model.empty());
}

TEST_CASE("latency: an evaluation is read back as it was written", "[latency]") {
    for (const yaml::Format format : {yaml::Format::yaml, yaml::Format::json}) {
        const std::string text = write_evaluation(evaluate(test::linear_model(1e9), held_out()), format);
        const Evaluation again = read_evaluation(util::FileView::from_bytes(text, "e.yaml"));
        CHECK(write_evaluation(again, format) == text);
    }
}

TEST_CASE("latency: a profile without layers cannot be compared with", "[latency]") {
    CHECK_THROWS_WITH(evaluate(test::linear_model(1e9), samples::Profile{}),
                      "there are no layer samples to compare with");
}

TEST_CASE("latency: a forecast has every operator once, and their sum with the overhead of one piece", "[latency]") {
    util::Random random(2);
    const graph::Graph graph = test::random_graph(random);
    const ModelForecast result =
        forecast(test::linear_model(1e9, util::Seconds(1e-5), util::Seconds(1e-3)), graph, {0.5, 1});
    CHECK(result.operators.size() == graph.operators().size());
    const double operators = static_cast<double>(result.operators.size());
    CHECK(result.latency().count() == Approx(1e-3 + operators * 1e-5 + result.flops().value / 1e9 * 2));
}

TEST_CASE("latency: a model that is left out is predicted without any layer of its shapes", "[latency]") {
    // Both models have conv0; only the second has layers of ten times the time, so the first says nothing of them.
    samples::Profile one = held_out();
    samples::Profile two = held_out();
    one.layers.resize(1);
    one.whole_model.clear();
    two.layers.resize(1);
    two.model_sha256 = "other";
    two.model_file = "other.onnx";
    CHECK_THROWS_WITH(leave_one_model_out(std::vector{one, two}, 1),
                      "without the layers of two.onnx there is nothing left to learn from");
    const samples::WorkShape first = convolution_work(5, 8, 10);
    const samples::WorkShape second = convolution_work(6, 8, 10);
    one.layers.push_back(test::layer_sample("own", first, 0, first.flops.value / 1e9));
    two.layers.push_back(test::layer_sample("own", second, 0, second.flops.value / 1e8));
    const Evaluation evaluation = leave_one_model_out(std::vector{one, two}, 1);
    // Each learns only from the other's own layer: ten times off, but for the second's conv0.
    CHECK(evaluation.types.back().type == "all");
    CHECK(evaluation.types.back().accuracy.samples == 4);
    CHECK(evaluation.types.back().accuracy.within_20 == 0.25);
    REQUIRE(evaluation.whole_model.size() == 1);
    CHECK(evaluation.whole_model[0].model == "other.onnx");
}

TEST_CASE("latency: synthetic layers are learnt from for every model that is left out, but not predicted",
          "[latency]") {
    samples::Profile one = held_out();
    samples::Profile sweep;
    sweep.context = one.context;
    for (int channels = 4; channels < 9; ++channels) {  // the first has the shape of the model's own layers
        const samples::WorkShape work = convolution_work(channels, 8, 10);
        const double seconds = work.flops.value / (channels == 4 ? 1e6 : 1e9);
        sweep.layers.push_back(test::layer_sample("sweep/conv/" + std::to_string(channels), work, 0, seconds));
    }
    const Evaluation evaluation = leave_one_model_out(std::vector{one, sweep}, 1);
    CHECK(evaluation.types.back().accuracy.samples == std::ssize(one.layers));
    CHECK(evaluation.types.back().accuracy.within_20 == 1);
    CHECK_THROWS_WITH(leave_one_model_out(std::vector{sweep, sweep}, 1),
                      "leaving one model out needs profiles of at least two models");
}

TEST_CASE("latency: leaving models out compares every algorithm, and the paper's features", "[latency]") {
    samples::Profile one = held_out();
    samples::Profile two = held_out();
    two.model_sha256 = "other";
    for (int channels = 5; channels < 9; ++channels) {
        samples::Profile& profile = channels % 2 ? one : two;
        const samples::WorkShape work = convolution_work(channels, 8, 10);
        profile.layers.push_back(test::layer_sample("own" + std::to_string(channels), work, 0, work.flops.value / 1e9));
    }
    const Evaluation evaluation = leave_one_model_out(std::vector{one, two}, 1);
    std::vector<std::string> compared;
    for (const MethodRow& row : evaluation.methods) {
        if (row.type == "all") compared.push_back(row.algorithm + "/" + row.features);
    }
    CHECK(compared == std::vector<std::string>{"least_squares/all", "ridge/all", "polynomial/all", "k_nearest/all",
                                               "regression_tree/all", "support_vector/all", "boosted_trees/all",
                                               "neural_net/all", "least_squares/fcpm", "auto/fcpm", "auto/all"});
    for (const yaml::Format format : {yaml::Format::yaml, yaml::Format::json}) {
        const std::string text = write_evaluation(evaluation, format);
        CHECK(read_evaluation(util::FileView::from_bytes(text, "e.yaml")).methods.size() == evaluation.methods.size());
        CHECK(write_evaluation(read_evaluation(util::FileView::from_bytes(text, "e.yaml")), format) == text);
    }
    CHECK_THROWS_WITH(leave_one_model_out(std::vector{one, one}, 1),
                      "leaving one model out needs profiles of at least two models");
}
