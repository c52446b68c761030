#include "latency/operator_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "latency/correction.hpp"
#include "latency/learners.hpp"
#include "util/error.hpp"
#include "util/random.hpp"
#include "util/statistics.hpp"

namespace convoy::latency::detail {

namespace {

// Of many samples fewer folds tell as much in half the time, and so does a part of them.
constexpr std::size_t kFolds = 5;
constexpr std::size_t kFoldsOfMany = 3;
constexpr std::size_t kMany = 300;
constexpr std::size_t kMostCompared = 900;
// Of a sample's time at least this share is the operator's own: a piece's overhead is measured with noise, too.
constexpr double kLeastOwnShare = 0.1;

// A form with more features must be clearly better than a simpler one.
constexpr double kClearlyBetter = 0.95;
constexpr double kLeastGain = 1e-3;

// With fewer layers than this the held-out error of a correction is chance.
constexpr std::size_t kLeastShapes = 6;
constexpr double kUncertaintyShare = 0.9;

using Form = std::vector<std::string>;  ///< features of the least-squares form

/// Where paces differ, each form also with the time that FLOPs take depending on the pace, and with a part of it that
/// does. What bytes cost never does: memory keeps its own pace.
void add_paced(std::vector<Form>& forms) {
    const std::size_t count = forms.size();
    for (std::size_t i = 0; i < count; ++i) {
        Form paced;
        for (const std::string& feature : forms[i])
            paced.push_back(feature.starts_with("flops") ? feature + "_paced" : feature);
        forms.push_back(std::move(paced));
    }
    for (std::size_t i = 0; i < count; ++i) {
        Form both = forms[i];
        for (const std::string& feature : forms[i])
            if (feature.starts_with("flops")) both.push_back(feature + "_paced");
        forms.push_back(std::move(both));
    }
}

/// The forms that are tried. The first is the paper's: T = a + b F + e F / (1 - u). The last lets load slow a device
/// more than it takes away: where short pieces wait for whole time slices of others, times grow faster than 1 / (1 -
/// u).
std::vector<Form> forms_of(const Group& group, FeatureSet set) {
    const bool bytes = set == FeatureSet::all;
    std::vector<Form> forms;
    if (!group.has_loads()) {
        forms.push_back({"one", "flops_loaded"});
        if (bytes) forms.push_back({"one", "flops_loaded", "bytes_loaded"});
    } else {
        forms.push_back({"one", "flops", "flops_loaded"});
        if (bytes) forms.push_back({"one", "flops", "flops_loaded", "bytes", "bytes_loaded"});
        if (bytes) forms.push_back({"one", "flops", "bytes", "load", "flops_by_load", "bytes_by_load"});
    }
    if (bytes && group.has_paces()) add_paced(forms);
    return forms;
}

/// Of the form's coefficients: more than any measurement has.
constexpr int kDigits = 9;

double time_of(const Sample& sample) { return sample.measured->time.median.count(); }

std::vector<double> feature_row(const Form& names, const Sample& sample) {
    return feature_vector(names, sample.measured->work, {sample.measured->load(), sample.pace});
}

/// Which fold each sample is held out in. Shapes are dealt out in an order that the seed gives.
struct Folds {
    std::size_t count = 0;
    std::vector<std::size_t> of_sample;
    std::vector<std::size_t> shape_of_sample;
};

Folds deal(const Group& group, std::uint64_t seed) {
    std::map<std::string, std::size_t> shapes;
    for (const Sample& sample : group.samples) shapes.emplace(sample.shape, shapes.size());
    std::vector<std::size_t> order(shapes.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    util::Random random(seed);
    for (std::size_t i = order.size(); i > 1; --i) {
        std::swap(order[i - 1], order[static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(i) - 1))]);
    }
    const std::size_t most = group.samples.size() > kMany ? kFoldsOfMany : kFolds;
    Folds folds{std::min(most, shapes.size()), {}, {}};
    for (const Sample& sample : group.samples) {
        const std::size_t shape = shapes.at(sample.shape);
        folds.shape_of_sample.push_back(shape);
        folds.of_sample.push_back(order[shape] % folds.count);
    }
    return folds;
}

/// At most so many of the group's samples, evenly over all of them, so of all shapes, slices and loads.
Group thinned(const Group& group, std::size_t most) {
    if (group.samples.size() <= most) return group;
    Group fewer{group.type, group.threads, {}};
    for (std::size_t i = 0; i < most; ++i) fewer.samples.push_back(group.samples[i * group.samples.size() / most]);
    return fewer;
}

/// Held-out predictions of one algorithm.
struct Held {
    const Algorithm* algorithm = nullptr;
    std::vector<double> measured;
    std::vector<double> predicted;
    std::vector<double> shape_errors;  ///< mean relative error of each shape's samples

    [[nodiscard]] Accuracy accuracy() const { return latency::accuracy(measured, predicted); }
    [[nodiscard]] double error() const { return util::mean(shape_errors); }
    [[nodiscard]] double uncertainty() const {
        std::vector<double> errors;
        for (std::size_t i = 0; i < measured.size(); ++i) {
            errors.push_back(std::abs(predicted[i] - measured[i]) / measured[i]);
        }
        return util::quantile(errors, kUncertaintyShare);
    }
};

/// Fits one group in all the ways that are compared.
class OperatorFit {
  public:
    OperatorFit(const Group& group, double overhead, const FitOptions& options)
        : group_(group), overhead_(overhead), options_(options), folds_(deal(group, options.seed)) {
        const std::vector<std::string> names = shape_features(options.features);
        for (const Sample& sample : group.samples) shape_rows_.push_back(feature_row(names, sample));
    }

    /// The form and the algorithm that predict what was held out best, fitted to all samples of the group.
    OperatorModel run() {
        const std::optional<Held> plain = choose_form();
        std::vector<Held> held;
        if (plain) held.push_back(*plain);
        if (plain && group_.shapes() >= kLeastShapes) {
            for (const Algorithm& algorithm : algorithms()) {
                const bool wanted = options_.algorithm == kAutomatic || options_.algorithm == algorithm.name;
                if (algorithm.corrects && wanted && compared()) held.push_back(cross_validate(algorithm));
            }
        }
        return fitted(held);
    }

    /// The same form and algorithm, fitted to the samples of this group.
    OperatorModel again(OperatorModel model) {
        set_form(model.features);
        fit_to_all(model);
        if (model.correction) correct_with(*find_algorithm(model.algorithm), model);
        return model;
    }

  private:
    [[nodiscard]] bool compared() const { return options_.held_out || options_.algorithm == kAutomatic; }

    /// Takes the form of least held-out error, and keeps its coefficients in each fold.
    std::optional<Held> choose_form() {
        const std::vector<Form> forms = forms_of(group_, options_.features);
        std::optional<Held> best;
        double least = 0;
        set_form(forms.front());
        if (folds_.count < 2) return std::nullopt;
        std::vector<double> of_best;
        const Form* chosen = nullptr;
        std::vector<std::vector<double>> coefficients;
        for (const Form& form : forms) {
            set_form(form);
            fold_coefficients_.clear();
            for (std::size_t fold = 0; fold < folds_.count; ++fold) {
                fold_coefficients_.push_back(fit_least_squares(part(fold)));
            }
            Held held = cross_validate(algorithms().front());
            const double error = held.accuracy().mape;
            if (chosen && !(error < kClearlyBetter * least - kLeastGain)) continue;
            least = error;
            chosen = &form;
            best = std::move(held);
            coefficients = fold_coefficients_;
        }
        set_form(*chosen);
        fold_coefficients_ = std::move(coefficients);
        return best;
    }

    void set_form(const Form& form) {
        form_ = form;
        plain_ = {};
        for (const Sample& sample : group_.samples) {
            const double time = time_of(sample);
            plain_.rows.push_back(feature_row(form, sample));
            plain_.targets.push_back(std::max(time - overhead_, kLeastOwnShare * time));
            plain_.scales.push_back(time);
        }
    }

    /// The samples that are not held out in a fold.
    [[nodiscard]] TrainingSet part(std::size_t held_out) const {
        TrainingSet seen;
        for (std::size_t i = 0; i < plain_.rows.size(); ++i) {
            if (folds_.of_sample[i] == held_out) continue;
            seen.rows.push_back(plain_.rows[i]);
            seen.targets.push_back(plain_.targets[i]);
            seen.scales.push_back(plain_.scales[i]);
        }
        return seen;
    }

    /// Learns the factor between the samples and the form, from all samples but those of a fold.
    [[nodiscard]] Correction correction(const Algorithm& algorithm, const std::vector<double>& coefficients,
                                        std::optional<std::size_t> held_out) const {
        std::vector<std::vector<double>> rows;
        std::vector<double> factors;
        for (std::size_t i = 0; i < shape_rows_.size(); ++i) {
            if (held_out && folds_.of_sample[i] == *held_out) continue;
            const double form = std::max(predict_linear(coefficients, plain_.rows[i]), 1e-9);
            rows.push_back(shape_rows_[i]);
            factors.push_back(std::clamp(std::log(plain_.targets[i] / form), -kLargestLogFactor, kLargestLogFactor));
        }
        return fit_correction(algorithm, shape_features(options_.features), rows, factors);
    }

    [[nodiscard]] double factor(const Correction& correction, const Algorithm& algorithm, std::size_t sample) const {
        return std::exp(log_factor(correction, algorithm, feature_row(correction.features, group_.samples[sample])));
    }

    [[nodiscard]] Held cross_validate(const Algorithm& algorithm) const {
        Held held{&algorithm, std::vector<double>(plain_.rows.size()), std::vector<double>(plain_.rows.size()), {}};
        for (std::size_t fold = 0; fold < folds_.count; ++fold) {
            const std::vector<double>& coefficients = fold_coefficients_[fold];
            std::optional<Correction> by;
            if (algorithm.corrects) by = correction(algorithm, coefficients, fold);
            for (std::size_t i = 0; i < plain_.rows.size(); ++i) {
                if (folds_.of_sample[i] != fold) continue;
                const double own = predict_linear(coefficients, plain_.rows[i]);
                held.predicted[i] = overhead_ + own * (by ? factor(*by, algorithm, i) : 1);
                held.measured[i] = time_of(group_.samples[i]);
            }
        }
        std::vector<std::vector<double>> errors(group_.shapes());
        for (std::size_t i = 0; i < held.measured.size(); ++i) {
            errors[folds_.shape_of_sample[i]].push_back(std::abs(held.predicted[i] / held.measured[i] - 1));
        }
        for (const auto& of_shape : errors) held.shape_errors.push_back(util::mean(of_shape));
        return held;
    }

    /// The simplest algorithm that is not clearly worse than the best: on average over all shapes its error is larger
    /// by no more than the standard error of that difference (after Breiman et al., "Classification and Regression
    /// Trees", 1984, section 3.4.3; we compare in pairs).
    [[nodiscard]] static const Held& simplest_of_best(const std::vector<Held>& held) {
        const auto best = std::min_element(held.begin(), held.end(),
                                           [](const Held& a, const Held& b) { return a.error() < b.error(); });
        for (const Held& simpler : held) {
            std::vector<double> differences;
            for (std::size_t i = 0; i < simpler.shape_errors.size(); ++i) {
                differences.push_back(simpler.shape_errors[i] - best->shape_errors[i]);
            }
            const double deviation = util::standard_deviation(differences);
            const double noise = deviation / std::sqrt(static_cast<double>(differences.size()));
            if (util::mean(differences) <= std::max(noise, kLeastGain)) return simpler;
        }
        return *best;
    }

    [[nodiscard]] OperatorModel fitted(const std::vector<Held>& held) const {
        OperatorModel model{group_.type, group_.threads, algorithms().front().name, form_, {}, 0, {}};
        fit_to_all(model);
        if (held.empty()) return model;
        if (!compared()) {
            correct_with(*find_algorithm(options_.algorithm), model);
            return model;
        }
        const Held& chosen = options_.algorithm == kAutomatic ? simplest_of_best(held) : held.back();
        model.held_out = chosen.accuracy();
        model.uncertainty = std::round(chosen.uncertainty() * 1e4) / 1e4;
        correct_with(*chosen.algorithm, model);
        if (held.size() < 2) return model;
        for (const Held& each : held) model.trials.push_back({each.algorithm->name, each.accuracy()});
        return model;
    }

    void fit_to_all(OperatorModel& model) const {
        model.parameters = fit_least_squares(plain_);
        for (double& parameter : model.parameters) parameter = rounded(parameter, kDigits);
        for (const Sample& sample : group_.samples)
            model.largest_load = std::max(model.largest_load, sample.measured->load());
    }

    void correct_with(const Algorithm& algorithm, OperatorModel& model) const {
        if (!algorithm.corrects || group_.shapes() < kLeastShapes) return;
        model.algorithm = algorithm.name;
        model.correction = correction(algorithm, model.parameters, std::nullopt);
    }

    const Group& group_;
    double overhead_;
    const FitOptions& options_;
    Folds folds_;
    std::vector<std::vector<double>> shape_rows_;  ///< shape [samples][shape features]
    Form form_;
    TrainingSet plain_;                                   ///< for the form
    std::vector<std::vector<double>> fold_coefficients_;  ///< of the form, in each fold
};

}  // namespace

bool Group::has_loads() const {
    std::set<double> loads;
    for (const Sample& sample : samples) loads.insert(sample.measured->load_offered);
    return loads.size() > 1;
}

bool Group::has_paces() const {
    constexpr double kClearly = 1.02;
    const auto [least, most] = std::minmax_element(samples.begin(), samples.end(),
                                                   [](const Sample& a, const Sample& b) { return a.pace < b.pace; });
    return most->pace > kClearly * least->pace;
}

std::size_t Group::shapes() const {
    std::set<std::string> different;
    for (const Sample& sample : samples) different.insert(sample.shape);
    return different.size();
}

OperatorModel fit_operator(const Group& group, util::Seconds overhead, const FitOptions& options) {
    const Group fewer = thinned(group, kMostCompared);
    OperatorModel model = OperatorFit(fewer, overhead.count(), options).run();
    if (fewer.samples.size() == group.samples.size()) return model;
    return OperatorFit(group, overhead.count(), options).again(std::move(model));
}

}  // namespace convoy::latency::detail
