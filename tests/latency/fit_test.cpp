#include "latency/fit.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

#include "latency/regression.hpp"
#include "support/synthetic.hpp"
#include "util/random.hpp"

using namespace convoy;
using namespace convoy::latency;
using test::convolution_work;
using test::layer_sample;

namespace {

/// T = 20 us + F / 10 GFLOP/s + F / (40 GFLOP/s (1 - u)), as the paper's form has it.
double law(double flops, double load) { return 20e-6 + flops / 10e9 + flops / 40e9 / (1 - load); }

samples::Profile lawful_profile(const std::vector<double>& loads) {
    samples::Profile profile;
    profile.context.device = "a";
    int layer = 0;
    for (const graph::Index channels : {1, 3, 8, 16, 32, 64}) {
        const samples::WorkShape work = convolution_work(channels, 16, 28);
        for (const double load : loads) {
            profile.layers.push_back(
                layer_sample("conv" + std::to_string(layer), work, load, law(work.flops.value, load)));
        }
        ++layer;
    }
    return profile;
}

const OperatorModel& only_model(const Fitted& fitted) {
    REQUIRE(fitted.model.operators().size() == 1);
    return fitted.model.operators().front();
}

}  // namespace

TEST_CASE("latency: fitting recovers the coefficients of the law that made the samples", "[latency]") {
    const Fitted fitted = fit(std::vector{lawful_profile({0, 0.25, 0.5, 0.75})});
    const OperatorModel& model = only_model(fitted);
    CHECK(model.type == "convolution");
    REQUIRE(model.features == std::vector<std::string>{"one", "flops", "flops_loaded"});
    CHECK(model.parameters[0] == Approx(20e-6).epsilon(1e-6));
    CHECK(model.parameters[1] == Approx(1 / 10e9).epsilon(1e-6));
    CHECK(model.parameters[2] == Approx(1 / 40e9).epsilon(1e-6));
    CHECK(model.largest_load == 0.75);
    REQUIRE(model.held_out);
    CHECK(model.held_out->mape < 1e-6);
    CHECK(model.held_out->r2 == Approx(1));
    CHECK(fitted.notes.empty());
}

TEST_CASE("latency: the load that was seen before a sample counts, not the one that was obtained during it",
          "[latency]") {
    samples::Profile profile = lawful_profile({0, 0.25, 0.5, 0.75});
    const Fitted obtained = fit(std::vector{profile});
    for (samples::LayerSample& sample : profile.layers) {
        sample.load_before = sample.load_obtained;
        sample.load_obtained *= 0.5;
    }
    const Fitted before = fit(std::vector{profile});
    CHECK(only_model(before).parameters == only_model(obtained).parameters);
    CHECK(only_model(before).largest_load == 0.75);
}

TEST_CASE("latency: the paper's features are FLOPs and load, and are recorded as such", "[latency]") {
    samples::Profile profile = lawful_profile({0, 0.25, 0.5, 0.75});
    // Times that bytes explain, and FLOPs do not: only a fit that may look at bytes follows them.
    for (samples::LayerSample& sample : profile.layers) {
        const auto bytes = static_cast<double>(sample.work.output_bytes.value + sample.work.input_bytes.value +
                                               sample.work.weight_bytes.value);
        sample.time.median = util::Seconds(1e-5 + bytes * 1e-9 / (1 - sample.load_obtained));
    }
    const Fitted all = fit(std::vector{profile});
    const Fitted fcpm = fit(std::vector{profile}, {FeatureSet::fcpm});
    CHECK(all.model.features() == FeatureSet::all);
    CHECK(only_model(all).held_out->mape < 1e-3);
    CHECK(only_model(fcpm).features == std::vector<std::string>{"one", "flops", "flops_loaded"});
    CHECK(only_model(fcpm).held_out->mape > 0.02);
    const std::string text = write_latency(fcpm.model);
    CHECK(read_latency(util::FileView::from_bytes(text, "a.latency.yaml")).features() == FeatureSet::fcpm);
}

TEST_CASE("latency: noise of ten percent shows as such in the held-out error", "[latency]") {
    util::Random random(1);
    samples::Profile profile = lawful_profile({0, 0.25, 0.5, 0.75});
    for (samples::LayerSample& sample : profile.layers) sample.time.median *= random.chance(0.5) ? 1.1 : 0.9;
    const Fitted fitted = fit(std::vector{profile});
    REQUIRE(only_model(fitted).held_out);
    CHECK(only_model(fitted).held_out->mape > 0.05);
    CHECK(only_model(fitted).held_out->mape < 0.2);
}

TEST_CASE("latency: the held-out error is of layers that were not seen", "[latency]") {
    samples::Profile profile;
    // One odd layer of ten times the rate: in-sample slices of it would hide it, a held-out layer cannot.
    for (int layer = 0; layer < 4; ++layer) {
        for (const graph::Index rows : {4, 8, 16}) {
            samples::WorkShape work = convolution_work(8 + layer, 8, 16);
            work.output[graph::Axis::h] = {0, rows};
            work.flops = work.flops * (static_cast<double>(rows) / 16);
            const double time = work.flops.value / (layer == 0 ? 1e9 : 1e10);
            profile.layers.push_back(layer_sample("conv" + std::to_string(layer), work, 0, time));
        }
    }
    const Fitted fitted = fit(std::vector{profile});
    CHECK(only_model(fitted).held_out->mape > 0.2);
}

TEST_CASE("latency: without samples under load, times grow as others leave less of the processor", "[latency]") {
    const Fitted fitted = fit(std::vector{lawful_profile({0})});
    CHECK(fitted.notes ==
          std::vector<std::string>{"all samples are under one load: times are taken to grow with 1 / (1 - load)"});
    const samples::WorkShape work = convolution_work(64, 16, 28);
    const double idle = fitted.model.predict(work, {0, 1}).count();
    const double half = fitted.model.predict(work, {0.5, 1}).count();
    CHECK(idle == Approx(law(work.flops.value, 0)).epsilon(0.01));
    CHECK(half - 20e-6 == Approx(2 * (idle - 20e-6)).epsilon(0.01));
}

TEST_CASE("latency: the overhead of a piece is taken out of each operator's time", "[latency]") {
    samples::Profile profile = lawful_profile({0, 0.5});
    profile.piece_overhead = samples::Times{10, util::Seconds(15e-6), {}, util::Seconds(15e-6), {}};
    const Fitted fitted = fit(std::vector{profile});
    CHECK(fitted.model.piece_overhead() == util::Seconds(15e-6));
    CHECK(only_model(fitted).parameters[0] == Approx(5e-6).epsilon(1e-6));
}

TEST_CASE("latency: microsecond layers are fitted as closely as large ones", "[latency]") {
    const Fitted fitted = fit(std::vector{lawful_profile({0, 0.25, 0.5})});
    const samples::WorkShape small = convolution_work(1, 16, 28);
    const samples::WorkShape large = convolution_work(64, 16, 28);
    CHECK(fitted.model.predict(small, {}).count() == Approx(law(small.flops.value, 0)).epsilon(1e-6));
    CHECK(fitted.model.predict(large, {}).count() == Approx(law(large.flops.value, 0)).epsilon(1e-6));
}

TEST_CASE("latency: a single sample is fitted, and said to be one", "[latency]") {
    samples::Profile profile;
    profile.layers = {layer_sample("conv0", convolution_work(3, 8, 16), 0, 0.001)};
    const Fitted fitted = fit(std::vector{profile});
    CHECK_FALSE(only_model(fitted).held_out);
    CHECK(fitted.model.predict(convolution_work(3, 8, 16), {}).count() == Approx(0.001));
    REQUIRE(fitted.notes.size() == 3);
    CHECK(fitted.notes[0] == "convolution: all samples are of one shape of layer, so there is no held-out error");
    CHECK(fitted.notes[1] == "convolution: 1 sample for 2 coefficients: the fit is not unique");
}

TEST_CASE("latency: numbers of threads are fitted apart", "[latency]") {
    samples::Profile profile = lawful_profile({0, 0.5});
    for (samples::LayerSample sample : lawful_profile({0, 0.5}).layers) {
        sample.threads = 2;
        sample.time.median /= 2;
        profile.layers.push_back(sample);
    }
    const DeviceModel model = fit(std::vector{profile}).model;
    REQUIRE(model.operators().size() == 2);
    const samples::WorkShape work = convolution_work(8, 16, 28);
    CHECK(model.predict(work, {0, 1}) / model.predict(work, {0, 2}) == Approx(2).epsilon(1e-3));
    CHECK(model.predict(work, {0, 4}) == model.predict(work, {0, 2}));
}

TEST_CASE("latency: what cannot be fitted is refused with the reason", "[latency]") {
    CHECK_THROWS_WITH(fit(std::vector{samples::Profile{}}), "there are no layer samples to fit");
    std::vector<samples::Profile> two{lawful_profile({0}), lawful_profile({0})};
    two[0].context.cpu = "one";
    two[1].context.cpu = "other";
    CHECK_THROWS_WITH(fit(two), "profiles of different devices: 'one' and 'other'");
    samples::Profile nan = lawful_profile({0});
    nan.layers[0].time.median = util::Seconds(std::numeric_limits<double>::quiet_NaN());
    CHECK_THROWS_WITH(fit(std::vector{nan}), "a sample has a time or a feature that is not a finite number");
    nan.layers[0].time.median = util::Seconds(-1);
    CHECK_THROWS_WITH(fit(std::vector{nan}), "a sample has a time or a feature that is not a finite number");
}

TEST_CASE("latency: least squares agrees with a search when a coefficient would be negative", "[latency]") {
    util::Random random(7);
    for (int round = 0; round < 50; ++round) {
        TrainingSet set;
        for (int i = 0; i < 8; ++i) {
            set.rows.push_back({1, random.uniform(), random.uniform()});
            set.targets.push_back(0.2 + random.uniform());
            set.scales.push_back(set.targets.back());
        }
        const auto loss = [&](const std::vector<double>& x) {
            double sum = 0;
            for (std::size_t i = 0; i < set.rows.size(); ++i) {
                double value = -set.targets[i];
                for (std::size_t j = 0; j < 3; ++j) value += x[j] * set.rows[i][j];
                sum += value * value / set.scales[i] / set.scales[i];
            }
            return sum;
        };
        const std::vector<double> best = non_negative_least_squares(set);
        for (int trial = 0; trial < 200; ++trial) {
            std::vector<double> near = best;
            for (double& x : near) x = std::max(0.0, x + 0.1 * random.normal());
            CHECK(loss(near) >= loss(best) - 1e-12);
        }
    }
}
