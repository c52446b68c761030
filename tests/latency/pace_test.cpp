#include "latency/pace.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <stdexcept>

#include "latency/evaluation.hpp"
#include "latency/fit.hpp"
#include "support/synthetic.hpp"

using namespace convoy;
using namespace convoy::latency;
using util::FlopsPerSecond;

namespace {

constexpr double kFast = 46e9;
constexpr double kSlow = 35e9;

/// 2x2, stride 2.
samples::WorkShape pool_work(graph::Index channels, graph::Index size) {
    samples::WorkShape work;
    work.kind = graph::Kind::max_pool;
    work.onnx_type = "MaxPool";
    work.output = work.whole_output = graph::make_box(1, channels, size, size);
    work.inputs = {graph::make_box(1, channels, 2 * size, 2 * size)};
    work.kernel = work.stride = {2, 2};
    work.channels = 1;
    work.flops = util::Flops(static_cast<double>(4 * channels * size * size));
    work.input_bytes = util::Bytes(16 * channels * size * size);
    work.output_bytes = util::Bytes(4 * channels * size * size);
    return work;
}

/// What computes takes 5 us and its FLOPs over nine tenths of the pace; what moves memory 2 GB/s at any pace.
double law(const samples::WorkShape& work, double load, double pace) {
    const double own = work.kind == graph::Kind::convolution
                           ? work.flops.value / (0.9 * pace)
                           : static_cast<double>((work.input_bytes + work.output_bytes).value) / 2e9;
    return 5e-6 + own / (1 - load);
}

/// Layers of shapes that depend on the model, all taken at one pace.
samples::Profile profile_of(int model, double pace, const std::vector<double>& loads) {
    samples::Profile profile;
    profile.context.device = "a";
    profile.model_file = std::to_string(model) + ".onnx";
    profile.model_sha256 = std::to_string(model);
    for (int layer = 0; layer < 6; ++layer) {
        for (const samples::WorkShape& work : {test::convolution_work(16 + 8 * layer + model, 128, 14 + model),
                                               pool_work(8 * (layer + 1), 20 + model)}) {
            for (const double load : loads) {
                const std::string op = std::to_string(layer) + std::string(graph::to_string(work.kind));
                profile.layers.push_back(test::layer_sample(op, work, load, law(work, load, pace)));
                profile.layers.back().pace = FlopsPerSecond(pace);
            }
        }
    }
    const util::Seconds whole(0.01);
    profile.whole_model = {{0, 0, 1, {5, whole, whole, whole, {}}}};
    profile.whole_model[0].pace = FlopsPerSecond(pace);
    return profile;
}

std::vector<samples::Profile> profiles(const std::vector<double>& loads) {
    return {profile_of(0, kFast, loads), profile_of(1, kSlow, loads), profile_of(2, kFast, loads),
            profile_of(3, kSlow, loads), profile_of(4, kFast, loads)};
}

void without_pace(samples::Profile& profile) {
    for (samples::LayerSample& sample : profile.layers) sample.pace.reset();
    for (samples::ModelSample& sample : profile.whole_model) sample.pace.reset();
}

const Accuracy& of_type(const Evaluation& evaluation, const std::string& type) {
    for (const EvaluationRow& row : evaluation.types)
        if (row.type == type) return row.accuracy;
    throw std::runtime_error("no row of " + type);
}

}  // namespace

TEST_CASE("latency: what computes is predicted at the pace of each sample, what moves memory at any", "[latency]") {
    const std::vector<double> loads = GENERATE(std::vector<double>{0}, std::vector<double>{0, 0.25, 0.5});
    const DeviceModel model = fit(profiles(loads)).model;
    CHECK(model.usual_paces().size() == loads.size());
    CHECK(model.usual_paces().front() == UsualPace{1, 0, FlopsPerSecond(kFast)});
    for (const double pace : {kFast, kSlow}) {
        const Evaluation evaluation = evaluate(model, profile_of(7, pace, loads));
        CHECK(of_type(evaluation, "convolution").mape < 0.03);
        CHECK(of_type(evaluation, "max_pool").mape < 0.03);
    }
    const samples::WorkShape work = test::convolution_work(40, 128, 20);
    CHECK(model.predict(work, {0, 1}) == model.predict(work, {0, 1, FlopsPerSecond(kFast)}));
    CHECK(model.predict(work, {0, 1, FlopsPerSecond(kSlow)}) / model.predict(work, {0, 1}) ==
          Approx(kFast / kSlow).epsilon(0.03));
}

TEST_CASE("latency: with the paces left out the same samples cannot be predicted", "[latency]") {
    std::vector<samples::Profile> all = profiles({0});
    for (samples::Profile& profile : all) without_pace(profile);
    const DeviceModel model = fit(all).model;
    CHECK(model.usual_paces().empty());
    samples::Profile slow = profile_of(7, kSlow, {0});
    CHECK(of_type(evaluate(model, slow), "convolution").mape > 0.05);
    for (const OperatorModel& op : model.operators()) {
        for (const std::string& feature : op.features) CHECK_FALSE(feature.ends_with("_paced"));
        if (op.correction) CHECK(std::ranges::count(op.correction->features, "log_pace") == 0);
    }
    const samples::WorkShape work = test::convolution_work(40, 128, 20);
    CHECK(model.predict(work, {0, 1, FlopsPerSecond(kSlow)}) == model.predict(work, {0, 1}));
}

TEST_CASE("latency: models that are left out are predicted at their own pace", "[latency]") {
    const Evaluation evaluation = leave_one_model_out(profiles({0}), 1);
    CHECK(of_type(evaluation, "all").mape < 0.03);
    REQUIRE(evaluation.whole_model.size() == 5);
    // The third has more to compute, at a faster pace.
    CHECK(evaluation.whole_model[1].predicted > evaluation.whole_model[2].predicted);
}

TEST_CASE("latency: the paper's features know nothing of the pace", "[latency]") {
    const DeviceModel model = fit(profiles({0, 0.5}), {FeatureSet::fcpm}).model;
    const samples::WorkShape work = test::convolution_work(40, 128, 20);
    CHECK(model.predict(work, {0, 1, FlopsPerSecond(kSlow)}) == model.predict(work, {0, 1}));
}

TEST_CASE("latency: a pace that load lowers by itself is the usual one under that load", "[latency]") {
    // Under load both threads of a core are busy: what computes then runs at three quarters of the pace.
    const auto paced_by_load = [](int model, double pace) {
        samples::Profile profile = profile_of(model, pace, {0, 0.5});
        for (samples::LayerSample& sample : profile.layers) {
            const double own = sample.load_offered > 0 ? 0.75 * pace : pace;
            sample.pace = FlopsPerSecond(own);
            sample.time.median = util::Seconds(law(sample.work, sample.load_offered, own));
        }
        return profile;
    };
    std::vector<samples::Profile> all;
    for (int model = 0; model < 5; ++model) all.push_back(paced_by_load(model, model % 2 == 0 ? kFast : kSlow));
    const DeviceModel model = fit(all).model;
    const samples::WorkShape work = test::convolution_work(40, 128, 20);
    CHECK(model.predict(work, {0, 1}).count() == Approx(law(work, 0, kFast)).epsilon(0.03));
    CHECK(model.predict(work, {0.5, 1}).count() == Approx(law(work, 0.5, 0.75 * kFast)).epsilon(0.03));
    CHECK(of_type(evaluate(model, paced_by_load(7, kSlow)), "convolution").mape < 0.03);
}

TEST_CASE("latency: each profile counts alike for the usual pace, however many samples it has", "[latency]") {
    std::vector<samples::Profile> all = profiles({0});
    all.resize(3);
    const std::vector<samples::LayerSample> layers = all[1].layers;
    for (int i = 0; i < 3; ++i) all[1].layers.insert(all[1].layers.end(), layers.begin(), layers.end());
    CHECK(usual_paces(all) == std::vector<UsualPace>{{1, 0, FlopsPerSecond(kFast)}});
    without_pace(all[0]);
    without_pace(all[2]);
    CHECK(usual_paces(all) == std::vector<UsualPace>{{1, 0, FlopsPerSecond(kSlow)}});
    without_pace(all[1]);
    CHECK(usual_paces(all).empty());
}

TEST_CASE("latency: a pace is relative to what is usual with the nearest threads between the nearest loads",
          "[latency]") {
    const std::vector<UsualPace> usual{
        {1, 0.1, FlopsPerSecond(40e9)}, {1, 0.5, FlopsPerSecond(20e9)}, {4, 0, FlopsPerSecond(10e9)}};
    const auto relative = [&](double pace, int threads, double load) {
        return relative_pace(FlopsPerSecond(pace), threads, load, usual);
    };
    CHECK(relative(20e9, 1, 0.1) == 0.5);
    CHECK(relative(20e9, 1, 0) == 0.5);
    CHECK(relative(20e9, 1, 0.9) == 1);
    CHECK(relative(15e9, 1, 0.3) == Approx(0.5));
    CHECK(relative(20e9, 2, 0.5) == 1);
    CHECK(relative(20e9, 3, 0.5) == 2);
    CHECK(relative_pace(std::nullopt, 1, 0, usual) == 1);
    CHECK(relative_pace(FlopsPerSecond(40e9), 1, 0, {}) == 1);
    CHECK(relative(1e18, 1, 0) == kLargestRelativePace);
    CHECK(relative(1, 1, 0) == 1 / kLargestRelativePace);
    CHECK(relative(0, 1, 0) == 1);
}
