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
