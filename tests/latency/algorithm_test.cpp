#include "latency/algorithm.hpp"

#include <catch2/catch.hpp>

#include <cmath>

#include "latency/correction.hpp"
#include "latency/fit.hpp"
#include "support/synthetic.hpp"
#include "util/random.hpp"

using namespace convoy;
using namespace convoy::latency;
using test::convolution_work;
using test::layer_sample;

namespace {

double bent(double a, double b) { return 0.4 * a - 0.3 * a * b + 0.1 * b; }

TrainingSet bent_set(std::size_t samples, std::uint64_t seed) {
    util::Random random(seed);
    TrainingSet set;
    for (std::size_t i = 0; i < samples; ++i) {
        set.rows.push_back({2 * random.uniform() - 1, 2 * random.uniform() - 1});
        set.targets.push_back(bent(set.rows.back()[0], set.rows.back()[1]));
        set.scales.push_back(1);
    }
    return set;
}

double mean_error(const Algorithm& algorithm, const std::vector<double>& parameters, const TrainingSet& unseen) {
    double sum = 0;
    for (std::size_t i = 0; i < unseen.rows.size(); ++i) {
        sum += std::abs(algorithm.predict(parameters, unseen.rows[i]) - unseen.targets[i]);
    }
    return sum / static_cast<double>(unseen.rows.size());
}

/// Small layers run at a part of the rate of large ones, which no sum of FLOPs and bytes says.
double saturating_time(const samples::WorkShape& work, double load) {
    const auto channels = static_cast<double>(work.output[graph::Axis::c].size());
    return work.flops.value / (1e10 * channels / (channels + 24)) / (1 - load);
}

samples::Profile saturating_profile() {
    samples::Profile profile;
    profile.context.device = "a";
    int layer = 0;
    for (const graph::Index channels : {4, 8, 16, 32, 64}) {
        for (const graph::Index outputs : {4, 8, 16, 32, 64, 128}) {
            const samples::WorkShape work = convolution_work(channels, outputs, 14);
            for (const double load : {0.0, 0.5}) {
                profile.layers.push_back(
                    layer_sample("conv" + std::to_string(layer), work, load, saturating_time(work, load)));
            }
            ++layer;
        }
    }
    return profile;
}

Fitted fit_with(const std::string& algorithm) {
    return fit(std::vector{saturating_profile()}, {FeatureSet::all, algorithm, 1});
}

/// A model that a file may hold, with two features in its correction.
OperatorModel corrected(const std::string& algorithm, std::vector<double> parameters) {
    OperatorModel model{"convolution", 1, algorithm, {"one", "flops"}, {1e-6, 1e-10}, 0, std::nullopt};
    model.correction = Correction{{"log_flops", "load"}, {0, 0}, {20, 0.5}, -0.5, 0.5, std::move(parameters)};
    return model;
}

}  // namespace

TEST_CASE("latency: every algorithm that corrects learns a bent surface from samples of it", "[latency]") {
    const TrainingSet seen = bent_set(150, 1);
    const TrainingSet unseen = bent_set(60, 2);
    const std::vector<double> nothing(seen.rows.front().size() + 1, 0);
    const double untrained = mean_error(*find_algorithm("ridge"), nothing, unseen);
    for (const Algorithm& algorithm : algorithms()) {
        if (!algorithm.corrects) continue;
        CAPTURE(algorithm.name);
        const std::vector<double> parameters = algorithm.fit(seen);
        CHECK(algorithm.check(parameters, 2).empty());
        // A plane cannot bend, and one tree has steps; the others follow the surface.
        const bool rough = std::string(algorithm.name) == "ridge" || std::string(algorithm.name) == "regression_tree";
        CHECK(mean_error(algorithm, parameters, unseen) < (rough ? 0.6 : 0.25) * untrained);
        CHECK(algorithm.fit(seen) == parameters);
    }
}

TEST_CASE("latency: no prediction is below the least of the range that its features lie in", "[latency]") {
    util::Random random(5);
    const TrainingSet set = bent_set(60, 6);
    for (const Algorithm& algorithm : algorithms()) {
        if (!algorithm.corrects) continue;
        INFO(algorithm.name);
        const std::vector<double> parameters = algorithm.fit(set);
        double widest = 0;  // how far the least of a range of no width is off
        for (int i = 0; i < 300; ++i) {
            std::vector<double> low;
            std::vector<double> high;
            std::vector<double> inside;
            const double width = i % 3 == 0 ? 0 : 1;
            for (int feature = 0; feature < 2; ++feature) {
                low.push_back(2 * random.uniform() - 1);
                high.push_back(low.back() + width * random.uniform() * (1 - low.back()));
                inside.push_back(low.back() + random.uniform() * (high.back() - low.back()));
            }
            const double least = algorithm.least(parameters, low, high);
            const double found = algorithm.predict(parameters, inside);
            CHECK(least <= found + 1e-9);
            if (width == 0) widest = std::max(widest, found - least);
        }
        // Of the nearest samples only the least target is known to be close.
        CHECK(widest < (std::string(algorithm.name) == "k_nearest" ? 0.6 : 1e-3));
    }
}

TEST_CASE("latency: every algorithm takes one sample, equal samples and equal targets", "[latency]") {
    TrainingSet one{{{0.5, -0.5}}, {0.2}, {1}};
    TrainingSet equal{{{0, 0}, {0, 0}, {0, 0}}, {0.1, 0.2, 0.3}, {1, 1, 1}};
    TrainingSet flat = bent_set(20, 3);
    flat.targets.assign(flat.targets.size(), 0.25);
    for (const Algorithm& algorithm : algorithms()) {
        if (!algorithm.corrects) continue;
        CAPTURE(algorithm.name);
        CHECK(algorithm.predict(algorithm.fit(one), one.rows[0]) == Approx(0.2).margin(0.01));
        CHECK(algorithm.predict(algorithm.fit(equal), equal.rows[0]) == Approx(0.2).margin(0.11));
        CHECK(algorithm.predict(algorithm.fit(flat), flat.rows[0]) == Approx(0.25).margin(0.01));
    }
}

TEST_CASE("latency: parameters that would lead a prediction astray are refused", "[latency]") {
    const auto problem = [](const char* algorithm, const std::vector<double>& parameters) {
        return find_algorithm(algorithm)->check(parameters, 2);
    };
    // One tree of a root and two leaves is fine.
    CHECK(problem("regression_tree", {1, 0, 0, 0.5, 2, -1, 1, 0, -1, 2, 0}).empty());
    CHECK(problem("regression_tree", {1, 0, 2, 0.5, 2, -1, 1, 0, -1, 2, 0}) == "node 0 looks at feature 2 of 2");
    CHECK(problem("regression_tree", {1, 0, 0.5, 0.5, 2, -1, 1, 0, -1, 2, 0}) == "node 0 looks at feature 0.5 of 2");
    for (const double offset : {0.0, 1.0, -1.0, 9.0, 1e300}) {
        const std::string message = problem("regression_tree", {1, 0, 0, 0.5, offset, -1, 1, 0, -1, 2, 0});
        CHECK(message.find("node 0 has its right child") == 0);
    }
    CHECK(problem("regression_tree", {1, 0, 0, 0.5, 2, 1, 0.5, 2, -1, 1, 0}) != "");
    CHECK(problem("boosted_trees", {2, 0, 0, -1, 1, 0, -1, 1, 0}) == "tree 1 must begin at node 1, not 0");
    CHECK(problem("boosted_trees", {1, 0, -1, 1, 0, -1, 1, 0}) == "there are nodes that belong to no tree");
    CHECK(problem("boosted_trees", {2, 0, 1, -1, 1, 0}) == "the last tree has no end");
    for (const double count : {0.0, -1.0, 0.5, 1e9, 1e300}) CHECK(problem("boosted_trees", {count, 0, -1, 1, 0}) != "");
    CHECK(problem("k_nearest", {1, 0.1, 0, 0}).empty());
    CHECK(problem("k_nearest", {2, 0.1, 0, 0}) ==
          "the number of neighbours of k_nearest must be a whole one from 1 to 1, not 2");
    CHECK(problem("k_nearest", {1, 0.1, 0}) != "");
    CHECK(problem("k_nearest", {}) != "");
    CHECK(problem("support_vector", {0.5, 0}).empty());
    CHECK(problem("support_vector", {-0.5, 0}) == "the first parameter of support_vector, gamma, must be above 0");
    CHECK(problem("support_vector", {0.5, 0, 1}) != "");
    CHECK(problem("neural_net", {1e12, 0, 1}) ==
          "the first parameter of neural_net is its number of hidden units, from 1 to 1024");
    CHECK(problem("neural_net", {1, 0, 1, 1, 1, 1, 1, 1}).empty());
    CHECK(problem("neural_net", {2, 0, 1, 1, 1, 1, 1, 1}) != "");
    CHECK(problem("ridge", {1, 2}) == "ridge needs 3 parameters for 2 features, not 2");
    CHECK(problem("polynomial", {1, 2, 3}) == "polynomial needs 6 parameters for 2 features, not 3");
}

TEST_CASE("latency: whatever parameters are accepted, predictions are positive and finite", "[latency]") {
    util::Random random(5);
    const double odd[] = {0, 1, -1, 2, 3, 0.5, 1e308, -1e308, 1e-308};
    int accepted = 0;
    for (int round = 0; round < 20'000; ++round) {
        const Algorithm& algorithm = algorithms()[static_cast<std::size_t>(random.integer(1, 7))];
        std::vector<double> parameters(static_cast<std::size_t>(random.integer(1, 12)));
        for (double& parameter : parameters) parameter = odd[random.integer(0, 8)];
        OperatorModel model = corrected(algorithm.name, parameters);
        if (!check_model(model).empty()) continue;
        ++accepted;
        DeviceModel::Parts parts;
        parts.operators = {model};
        const DeviceModel device(std::move(parts));
        const samples::WorkShape work = convolution_work(random.integer(1, 64), 8, random.integer(1, 64));
        const util::Seconds time = device.predict(work, {random.uniform() * 0.9, 1});
        CHECK(std::isfinite(time.count()));
        CHECK(time >= device.predict_least(work, {0, 1}));
    }
    CHECK(accepted > 500);
}

TEST_CASE("latency: a correction beyond its range of logarithms or features is refused", "[latency]") {
    OperatorModel model = corrected("ridge", {0, 0.1, 0.1});
    CHECK(check_model(model).empty());
    model.correction->low[0] = 30;
    CHECK(check_model(model) == "the range of log_flops is not one");
    model = corrected("ridge", {0, 0.1, 0.1});
    model.correction->high.pop_back();
    CHECK(check_model(model) == "2 features need as many lower and upper ends, not 2 and 1");
    model = corrected("ridge", {0, 0.1, std::nan("")});
    CHECK(check_model(model) == "the parameters of a correction are finite");
    model = corrected("ridge", {0, 0.1, 0.1});
    model.correction->least = 0.6;
    CHECK(check_model(model) == "the least and the most of a correction are not a range");
    model.correction.reset();
    CHECK(check_model(model) == "ridge needs a correction");
    CHECK(check_model(corrected("least_squares", {1})) == "least_squares has no correction");
}

TEST_CASE("latency: auto corrects where no sum of features fits, and says what it compared", "[latency]") {
    const Fitted fitted = fit_with(kAutomatic);
    REQUIRE(fitted.model.operators().size() == 1);
    const OperatorModel& model = fitted.model.operators().front();
    REQUIRE(model.correction);
    REQUIRE(model.trials.size() == algorithms().size());
    for (std::size_t i = 0; i < model.trials.size(); ++i) CHECK(model.trials[i].algorithm == algorithms()[i].name);
    CHECK(model.held_out->mape < 0.5 * model.trials.front().held_out.mape);
    REQUIRE(model.uncertainty);
    CHECK(*model.uncertainty >= model.held_out->mape / 2);
    const samples::WorkShape unseen = convolution_work(24, 24, 14);
    CHECK(fitted.model.predict(unseen, {0.5, 1}).count() == Approx(saturating_time(unseen, 0.5)).epsilon(0.1));
    for (const yaml::Format format : {yaml::Format::yaml, yaml::Format::json}) {
        const std::string text = write_latency(fitted.model, format);
        const DeviceModel again = read_latency(util::FileView::from_bytes(text, "a.latency.yaml"));
        CHECK(again.operators().front().correction == model.correction);
        CHECK(again.operators().front().parameters == model.parameters);
        CHECK(planning_hash(again) == planning_hash(fitted.model));
    }
    CHECK(planning_hash(fitted.model) != planning_hash(fit_with("least_squares").model));
}

TEST_CASE("latency: each algorithm can be asked for, and fits equal samples equally", "[latency]") {
    for (const Algorithm& algorithm : algorithms()) {
        CAPTURE(algorithm.name);
        const Fitted fitted = fit_with(algorithm.name);
        CHECK(fitted.model.operators().front().algorithm == algorithm.name);
        CHECK(fitted.notes.empty());
        CHECK(write_latency(fitted.model) == write_latency(fit_with(algorithm.name).model));
        CHECK(fitted.model.operators().front().held_out->mape < 0.4);
    }
}

TEST_CASE("latency: beyond the samples predictions stay positive and do not fall when FLOPs grow", "[latency]") {
    for (const Algorithm& algorithm : algorithms()) {
        CAPTURE(algorithm.name);
        const DeviceModel model = fit_with(algorithm.name).model;
        for (const graph::Index channels : {1, 8, 300}) {
            samples::WorkShape work = convolution_work(channels, channels, 14);
            work.flops = util::Flops(1e9);  // the largest sample has 2.9e7
            util::Seconds last{};
            for (int step = 0; step < 20; ++step, work.flops = work.flops * 1.7) {
                const util::Seconds time = model.predict(work, {0.2, 1});
                CHECK(time.count() > 0);
                CHECK(time >= last);
                CHECK(time >= model.predict_least(work, {0.2, 1}));
                last = time;
            }
        }
    }
}

TEST_CASE("latency: with too few layers for an algorithm least squares stands in, and a note says so", "[latency]") {
    samples::Profile profile = saturating_profile();
    profile.layers.resize(6);
    const Fitted fitted = fit(std::vector{profile}, {FeatureSet::all, "boosted_trees", 1});
    CHECK(fitted.model.operators().front().algorithm == "least_squares");
    CHECK(fitted.notes == std::vector<std::string>{"convolution: 3 shapes of layers are too few for boosted_trees: "
                                                   "least_squares stands in"});
}

TEST_CASE("latency: layers of equal shape are held out together, whatever model they are of", "[latency]") {
    samples::Profile profile = saturating_profile();
    profile.layers.resize(2);
    samples::Profile twin = profile;
    twin.model_sha256 = "other";
    for (samples::LayerSample& sample : twin.layers) sample.op = "twin";
    const Fitted fitted = fit(std::vector{profile, twin});
    CHECK_FALSE(fitted.model.operators().front().held_out);
}
