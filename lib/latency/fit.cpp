#include "latency/fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "latency/features.hpp"
#include "latency/regression.hpp"
#include "util/error.hpp"
#include "util/statistics.hpp"

namespace convoy::latency {

namespace {

constexpr std::size_t kFolds = 5;
// Of a sample's time at least this share is the operator's own: a piece's overhead is measured with noise, too.
constexpr double kLeastOwnShare = 0.1;

// A form with more features must be clearly better than a simpler one.
constexpr double kClearlyBetter = 0.95;
constexpr double kLeastGain = 1e-3;

struct Candidate {
    const char* algorithm;
    std::vector<std::string> features;
};

/// One sample of a group, beside the layer that it belongs to.
struct Sample {
    std::string layer;
    const samples::LayerSample* measured;
};

using GroupKey = std::pair<std::string, int>;  ///< operator type, threads

std::map<GroupKey, std::vector<Sample>> group(std::span<const samples::Profile> profiles) {
    std::map<GroupKey, std::vector<Sample>> groups;
    for (const samples::Profile& profile : profiles) {
        for (const samples::LayerSample& sample : profile.layers) {
            const GroupKey key{samples::operator_type(sample.work), sample.threads};
            groups[key].push_back({profile.model_sha256 + "/" + sample.op, &sample});
        }
    }
    return groups;
}

bool has_loads(const std::vector<Sample>& group) {
    std::set<double> loads;
    for (const Sample& sample : group) loads.insert(sample.measured->load_offered);
    return loads.size() > 1;
}

/// The forms that are tried. The first is the paper's: T = a + b F + e F / (1 - u). The last lets load slow a device
/// more than it takes away: where short pieces wait for whole time slices of others, times grow faster than 1 / (1 -
/// u).
std::vector<Candidate> candidates(bool loads) {
    if (!loads) {
        return {{"least_squares", {"one", "flops_loaded"}}, {"least_squares", {"one", "flops_loaded", "bytes_loaded"}}};
    }
    return {{"least_squares", {"one", "flops", "flops_loaded"}},
            {"least_squares", {"one", "flops", "flops_loaded", "bytes", "bytes_loaded"}},
            {"least_squares", {"one", "flops", "bytes", "load", "flops_by_load", "bytes_by_load"}}};
}

double time_of(const Sample& sample) { return sample.measured->time.median.count(); }

TrainingSet training_set(const std::vector<Sample>& group, const Candidate& candidate, util::Seconds overhead) {
    TrainingSet set;
    for (const Sample& sample : group) {
        const double time = time_of(sample);
        set.rows.push_back(feature_vector(candidate.features, sample.measured->work, sample.measured->load_obtained));
        set.targets.push_back(std::max(time - overhead.count(), kLeastOwnShare * time));
        set.scales.push_back(time);
    }
    return set;
}

/// Fold of each sample: layers are dealt out in the order of their first appearance.
std::vector<std::size_t> folds_of(const std::vector<Sample>& group, std::size_t& folds) {
    std::map<std::string, std::size_t> layers;
    for (const Sample& sample : group) layers.emplace(sample.layer, layers.size());
    folds = std::min(kFolds, layers.size());
    std::vector<std::size_t> fold;
    for (const Sample& sample : group) fold.push_back(layers.at(sample.layer) % folds);
    return fold;
}

std::optional<Accuracy> cross_validate(const std::vector<Sample>& group, const Candidate& candidate,
                                       util::Seconds overhead) {
    std::size_t folds = 0;
    const std::vector<std::size_t> fold = folds_of(group, folds);
    if (folds < 2) return std::nullopt;
    const Algorithm& algorithm = *find_algorithm(candidate.algorithm);
    const TrainingSet all = training_set(group, candidate, overhead);
    std::vector<double> predicted(group.size());
    std::vector<double> measured(group.size());
    for (std::size_t held_out = 0; held_out < folds; ++held_out) {
        TrainingSet seen;
        for (std::size_t i = 0; i < group.size(); ++i) {
            if (fold[i] == held_out) continue;
            seen.rows.push_back(all.rows[i]);
            seen.targets.push_back(all.targets[i]);
            seen.scales.push_back(all.scales[i]);
        }
        const std::vector<double> parameters = algorithm.fit(seen);
        for (std::size_t i = 0; i < group.size(); ++i) {
            if (fold[i] != held_out) continue;
            predicted[i] = overhead.count() + algorithm.predict(parameters, all.rows[i]);
            measured[i] = time_of(group[i]);
        }
    }
    return accuracy(measured, predicted);
}

/// Nine significant digits: more than any measurement has, and the same whatever instructions a processor adds up with.
double rounded(double value) {
    const std::string text = fmt::format("{:.9g}", value);
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

OperatorModel fit_group(const GroupKey& key, const std::vector<Sample>& group, util::Seconds overhead) {
    const std::vector<Candidate> forms = candidates(has_loads(group));
    const Candidate* best = &forms.front();
    std::optional<Accuracy> best_error;
    for (const Candidate& candidate : forms) {
        const std::optional<Accuracy> error = cross_validate(group, candidate, overhead);
        if (error && (!best_error || error->mape < kClearlyBetter * best_error->mape - kLeastGain)) {
            best = &candidate;
            best_error = error;
        }
    }
    OperatorModel model{key.first, key.second, best->algorithm, best->features, {}, 0, best_error};
    model.parameters = find_algorithm(best->algorithm)->fit(training_set(group, *best, overhead));
    for (double& parameter : model.parameters) parameter = rounded(parameter);
    for (const Sample& sample : group)
        model.largest_load = std::max(model.largest_load, sample.measured->load_obtained);
    return model;
}

void check_profiles(std::span<const samples::Profile> profiles) {
    std::size_t layers = 0;
    for (const samples::Profile& profile : profiles) {
        layers += profile.layers.size();
        if (profile.context.cpu != profiles.front().context.cpu)
            throw util::Error(util::Errc::data, fmt::format("profiles of different devices: '{}' and '{}'",
                                                            profiles.front().context.cpu, profile.context.cpu))
                .hint("a latency model is of one device: fit each device's profiles apart");
    }
    if (layers == 0)
        throw util::Error(util::Errc::data, "there are no layer samples to fit")
            .key("layers")
            .hint("convoy-profile MODEL.onnx measures layers");
}

util::Seconds overhead_of(std::span<const samples::Profile> profiles) {
    std::vector<double> overheads;
    for (const samples::Profile& profile : profiles) {
        if (profile.piece_overhead) overheads.push_back(profile.piece_overhead->median.count());
    }
    return util::Seconds(overheads.empty() ? 0 : util::median(overheads));
}

void note(const GroupKey& key, const std::vector<Sample>& group, const OperatorModel& model,
          std::vector<std::string>& notes) {
    std::set<std::string> layers;
    for (const Sample& sample : group) layers.insert(sample.layer);
    if (!model.held_out)
        notes.push_back(fmt::format("{}: all samples are of one layer, so there is no held-out error", key.first));
    const std::size_t unknowns = model.parameters.size();
    if (group.size() < unknowns)
        notes.push_back(fmt::format("{}: {} sample{} for {} coefficients: the fit is not unique", key.first,
                                    group.size(), group.size() == 1 ? "" : "s", unknowns));
}

}  // namespace

Fitted fit(std::span<const samples::Profile> profiles) {
    check_profiles(profiles);
    const util::Seconds overhead = overhead_of(profiles);
    DeviceModel::Parts parts{profiles.front().context, overhead, {}};
    std::vector<std::string> notes;
    bool loads = false;
    for (const auto& [key, samples] : group(profiles)) {
        parts.operators.push_back(fit_group(key, samples, overhead));
        note(key, samples, parts.operators.back(), notes);
        loads = loads || has_loads(samples);
    }
    if (!loads) notes.push_back("all samples are under one load: times are taken to grow with 1 / (1 - load)");
    return {DeviceModel(std::move(parts)), std::move(notes)};
}

}  // namespace convoy::latency
