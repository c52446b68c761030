#include "latency/evaluation.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "latency/algorithm.hpp"
#include "latency/fit.hpp"
#include "latency/layer_shapes.hpp"
#include "util/error.hpp"

namespace convoy::latency {

namespace {

struct Pairs {
    std::vector<double> measured;
    std::vector<double> predicted;
    void add(util::Seconds measurement, util::Seconds prediction) {
        measured.push_back(measurement.count());
        predicted.push_back(prediction.count());
    }
    [[nodiscard]] Accuracy accuracy() const { return latency::accuracy(measured, predicted); }
};

/// Predictions of layers, by what they are reported by.
struct Tally {
    std::map<std::string, Pairs> types;
    std::map<double, Pairs> loads;
    Pairs all;

    void add(const DeviceModel& model, const samples::Profile& profile) {
        for (const samples::LayerSample& sample : profile.layers) {
            const util::Seconds predicted =
                model.piece_overhead() + model.predict(sample.work, {sample.load(), sample.threads, sample.pace});
            types[samples::operator_type(sample.work)].add(sample.time.median, predicted);
            loads[sample.load_offered].add(sample.time.median, predicted);
            all.add(sample.time.median, predicted);
        }
    }
};

/// The sum of the whole operators that were sampled under the same load as the whole model, at its pace.
std::optional<WholeModelRow> whole_model(const DeviceModel& model, const samples::Profile& profile,
                                         const samples::ModelSample& sample) {
    WholeModelRow row{sample.load(), sample.threads, sample.time.median, model.piece_overhead()};
    std::set<std::string> seen;
    for (const samples::LayerSample& layer : profile.layers) {
        if (layer.work.output != layer.work.whole_output || layer.work.addend || layer.threads != sample.threads ||
            layer.load_offered != sample.load_offered || !seen.insert(layer.op).second) {
            continue;
        }
        row.predicted += model.predict(layer.work, {sample.load(), sample.threads, sample.pace});
    }
    if (seen.empty()) return std::nullopt;
    return row;
}

/// The algorithm of a type's models; empty when they have several, or there is none.
std::string algorithm_of(const DeviceModel& model, const std::string& type) {
    std::set<std::string> algorithms;
    for (const OperatorModel& op : model.operators()) {
        if (op.type == type) algorithms.insert(op.algorithm);
    }
    return algorithms.size() == 1 ? *algorithms.begin() : "";
}

void add_loads(const Tally& tally, Evaluation& evaluation) {
    for (const auto& [load, pairs] : tally.loads) evaluation.loads.push_back({load, pairs.accuracy()});
}

/// All profiles of one model, and the shapes of their layers.
struct Profiled {
    std::vector<samples::Profile> profiles;
    std::set<std::string> shapes;
};

/// Profiles without a model, of synthetic layers, are no model's: see synthetic().
std::vector<Profiled> by_model(std::span<const samples::Profile> profiles) {
    std::map<std::string, std::size_t> places;
    std::vector<Profiled> models;
    for (const samples::Profile& profile : profiles) {
        if (profile.layers.empty() || profile.model_file.empty()) continue;
        const auto [place, added] = places.emplace(profile.model_sha256, models.size());
        if (added) models.emplace_back();
        Profiled& model = models[place->second];
        model.profiles.push_back(profile);
        const std::vector<std::string> shapes = layer_shapes(profile);
        model.shapes.insert(shapes.begin(), shapes.end());
    }
    return models;
}

/// Profiles that are always learnt from.
std::vector<samples::Profile> synthetic(std::span<const samples::Profile> profiles) {
    std::vector<samples::Profile> found;
    for (const samples::Profile& profile : profiles) {
        if (profile.model_file.empty() && !profile.layers.empty()) found.push_back(profile);
    }
    return found;
}

/// A profile without layers of these shapes.
samples::Profile without(samples::Profile profile, const std::set<std::string>& left_out) {
    const std::vector<std::string> shapes = layer_shapes(profile);
    std::vector<samples::LayerSample> kept;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        if (!left_out.contains(shapes[i])) kept.push_back(std::move(profile.layers[i]));
    }
    profile.layers = std::move(kept);
    return profile;
}

/// What may be learnt from when the model `left_out` is to be predicted.
std::vector<samples::Profile> others(const std::vector<Profiled>& models, std::size_t left_out,
                                     const std::vector<samples::Profile>& always) {
    std::vector<samples::Profile> rest;
    for (const samples::Profile& profile : always) rest.push_back(without(profile, models[left_out].shapes));
    for (std::size_t m = 0; m < models.size(); ++m) {
        if (m == left_out) continue;
        for (const samples::Profile& profile : models[m].profiles)
            rest.push_back(without(profile, models[left_out].shapes));
    }
    std::size_t layers = 0;
    for (const samples::Profile& profile : rest) layers += profile.layers.size();
    if (layers == 0)
        throw util::Error(util::Errc::data, fmt::format("without the layers of {} there is nothing left to learn from",
                                                        models[left_out].profiles.front().model_file))
            .hint("add profiles of other models");
    return rest;
}

std::vector<FitOptions> methods(std::uint64_t seed) {
    std::vector<FitOptions> result;
    for (const Algorithm& algorithm : algorithms()) result.push_back({FeatureSet::all, algorithm.name, seed, false});
    result.push_back({FeatureSet::fcpm, algorithms().front().name, seed, false});
    result.push_back({FeatureSet::fcpm, kAutomatic, seed});
    result.push_back({FeatureSet::all, kAutomatic, seed});
    return result;
}

void add_whole_models(const DeviceModel& model, const Profiled& profiled, Evaluation& evaluation) {
    for (const samples::Profile& profile : profiled.profiles) {
        for (const samples::ModelSample& sample : profile.whole_model) {
            std::optional<WholeModelRow> row = whole_model(model, profile, sample);
            if (!row) continue;
            row->model = profile.model_file;
            evaluation.whole_model.push_back(std::move(*row));
        }
    }
}

}  // namespace

Evaluation evaluate(const DeviceModel& model, const samples::Profile& profile) {
    if (profile.layers.empty())
        throw util::Error(util::Errc::data, "there are no layer samples to compare with")
            .key("layers")
            .hint("convoy-profile MODEL.onnx measures layers");
    Tally tally;
    tally.add(model, profile);
    Evaluation evaluation{model.context().device, profile.model_file, {}, {}};
    for (const auto& [type, pairs] : tally.types) {
        evaluation.types.push_back({type, pairs.accuracy(), model.fallback(type), algorithm_of(model, type)});
    }
    evaluation.types.push_back({"all", tally.all.accuracy(), false});
    add_loads(tally, evaluation);
    for (const samples::ModelSample& sample : profile.whole_model) {
        if (const auto row = whole_model(model, profile, sample)) evaluation.whole_model.push_back(*row);
    }
    return evaluation;
}

Evaluation leave_one_model_out(std::span<const samples::Profile> profiles, std::uint64_t seed) {
    const std::vector<Profiled> models = by_model(profiles);
    const std::vector<samples::Profile> always = synthetic(profiles);
    if (models.empty() || models.size() + always.size() < 2)
        throw util::Error(util::Errc::data, "leaving one model out needs profiles of at least two models")
            .hint("convoy-profile each of them on the same device");
    Evaluation evaluation{profiles.front().context.device, "", {}, {}};
    std::vector<std::vector<samples::Profile>> training;
    for (std::size_t m = 0; m < models.size(); ++m) training.push_back(others(models, m, always));
    std::set<std::string> fallbacks;
    for (const FitOptions& method : methods(seed)) {
        const bool automatic = method.algorithm == kAutomatic && method.features == FeatureSet::all;
        Tally tally;
        for (std::size_t m = 0; m < models.size(); ++m) {
            const DeviceModel model = fit(training[m], method).model;
            for (const samples::Profile& profile : models[m].profiles) {
                tally.add(model, profile);
                for (const samples::LayerSample& sample : profile.layers) {
                    const std::string type = samples::operator_type(sample.work);
                    if (model.fallback(type)) fallbacks.insert(type);
                }
            }
            if (automatic) add_whole_models(model, models[m], evaluation);
        }
        const auto row = [&](const std::string& type, const Pairs& pairs) {
            evaluation.methods.push_back({method.algorithm, to_string(method.features), type, pairs.accuracy()});
            if (automatic) evaluation.types.push_back({type, pairs.accuracy(), fallbacks.contains(type)});
        };
        for (const auto& [type, pairs] : tally.types) row(type, pairs);
        row("all", tally.all);
        if (automatic) add_loads(tally, evaluation);
    }
    return evaluation;
}

}  // namespace convoy::latency
