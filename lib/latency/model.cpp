#include "latency/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "latency/correction.hpp"
#include "latency/features.hpp"
#include "latency/learners.hpp"
#include "util/error.hpp"
#include "util/hash.hpp"
#include "util/statistics.hpp"

namespace convoy::latency {

namespace {

constexpr const char* kAnyType = "any";
// Predictions stay above 0, whatever the work: the cost model divides by them.
constexpr util::Seconds kLeastTime{1e-9};

// Nor do they become infinite: three thousand years.
constexpr util::Seconds kMostTime{1e11};

double ratio_between(int a, int b) { return std::abs(std::log(static_cast<double>(a) / b)); }

}  // namespace

std::string check_model(const OperatorModel& model) {
    const Algorithm* algorithm = find_algorithm(model.algorithm);
    if (!algorithm) return fmt::format("no algorithm is called '{}'", model.algorithm);
    if (algorithm->corrects != model.correction.has_value())
        return algorithm->corrects ? fmt::format("{} needs a correction", model.algorithm)
                                   : "least_squares has no correction";
    std::string problem = detail::check_least_squares(model.parameters, model.features.size());
    if (problem.empty() && model.correction) problem = check_correction(*model.correction, *algorithm);
    return problem;
}

Accuracy accuracy(std::span<const double> measured, std::span<const double> predicted) {
    Accuracy result;
    if (measured.empty()) return result;
    const double mean = util::mean(measured);
    double total = 0;
    double residual = 0;
    for (std::size_t i = 0; i < measured.size(); ++i) {
        const double relative = std::abs(predicted[i] - measured[i]) / measured[i];
        result.mape += relative;
        if (relative <= 0.10) result.within_10 += 1;
        if (relative <= 0.20) result.within_20 += 1;
        total += (measured[i] - mean) * (measured[i] - mean);
        residual += (measured[i] - predicted[i]) * (measured[i] - predicted[i]);
    }
    const auto n = static_cast<double>(measured.size());
    result.samples = static_cast<std::int64_t>(measured.size());
    result.mape /= n;
    result.within_10 /= n;
    result.within_20 /= n;
    // All measurements alike: there is no variance to explain, so only a perfect prediction scores.
    result.r2 = total > 0 ? 1 - residual / total : (residual == 0 ? 1 : 0);
    return result;
}

DeviceModel DeviceModel::of_rate(util::FlopsPerSecond rate) {
    Parts parts;
    parts.operators.push_back({kAnyType, 1, "least_squares", {"flops_loaded"}, {1 / rate.value}, 0, std::nullopt});
    return DeviceModel(std::move(parts));
}

DeviceModel::DeviceModel(Parts parts) : parts_(std::move(parts)) {
    for (const OperatorModel& model : parts_.operators) resolved_.push_back(resolve(model));
}

DeviceModel::Resolved DeviceModel::resolve(const OperatorModel& model) {
    Resolved resolved;
    const auto find = [](const std::vector<std::string>& names) {
        std::vector<const Feature*> found;
        for (const std::string& name : names) {
            found.push_back(find_feature(name));
            if (!found.back()) throw util::Error(util::Errc::internal, fmt::format("no feature is called '{}'", name));
        }
        return found;
    };
    resolved.features = find(model.features);
    resolved.algorithm = find_algorithm(model.algorithm);
    std::string problem = check_model(model);
    if (!problem.empty()) throw util::Error(util::Errc::internal, std::move(problem));
    if (model.correction) resolved.correction = find(model.correction->features);
    return resolved;
}

/// The type's model of the nearest number of threads, fewer on a tie; nullptr when the type was not sampled.
const OperatorModel* DeviceModel::nearest(const std::string& type, int threads) const noexcept {
    const OperatorModel* best = nullptr;
    for (const OperatorModel& model : parts_.operators) {
        if (model.type != type) continue;
        if (!best || ratio_between(model.threads, threads) < ratio_between(best->threads, threads)) best = &model;
    }
    return best;
}

util::Seconds DeviceModel::evaluate(const OperatorModel& model, const samples::WorkShape& work,
                                    const DeviceState& state, const Estimate& estimate) const {
    const Resolved& resolved = resolved_[static_cast<std::size_t>(&model - parts_.operators.data())];
    double seconds = 0;
    for (std::size_t i = 0; i < resolved.features.size(); ++i) {
        seconds += model.parameters[i] * resolved.features[i]->value(work, state);
    }
    if (model.correction) {
        const auto values_of = [&](const samples::WorkShape& shape) {
            std::array<double, kMostFeaturesOfModel> values;
            for (std::size_t i = 0; i < resolved.correction.size(); ++i) {
                values[i] = resolved.correction[i]->value(shape, state);
            }
            return values;
        };
        const std::size_t count = resolved.correction.size();
        double factor = model.correction->least;
        if (!estimate.least) {
            const auto values = values_of(work);
            factor = log_factor(*model.correction, *resolved.algorithm, {values.data(), count});
        } else if (estimate.range != nullptr) {
            const auto low = values_of(estimate.range->least);
            const auto high = values_of(estimate.range->most);
            factor =
                least_log_factor(*model.correction, *resolved.algorithm, {low.data(), count}, {high.data(), count});
        }
        seconds *= std::exp(factor);
    }
    return std::clamp(util::Seconds(seconds), kLeastTime, kMostTime);
}

util::Seconds DeviceModel::predict(const samples::WorkShape& work, const Conditions& conditions,
                                   const Estimate& estimate) const {
    const DeviceState state{conditions.load,
                            relative_pace(conditions.pace, conditions.threads, conditions.load, parts_.usual_paces)};
    if (const OperatorModel* model = nearest(samples::operator_type(work), conditions.threads)) {
        return evaluate(*model, work, state, estimate);
    }
    util::Seconds slowest = kLeastTime;
    for (const OperatorModel& other : parts_.operators) {
        if (nearest(other.type, conditions.threads) != &other) continue;
        slowest = std::max(slowest, evaluate(other, work, state, estimate));
    }
    return slowest;
}

util::Seconds DeviceModel::predict(const samples::WorkShape& work, const Conditions& conditions) const {
    return predict(work, conditions, Estimate{});
}

util::Seconds DeviceModel::predict_least(const samples::WorkShape& work, const Conditions& conditions,
                                         const WorkRange* range) const {
    return predict(work, conditions, Estimate{true, range});
}

std::optional<double> DeviceModel::uncertainty(const std::string& type, int threads) const {
    const OperatorModel* model = nearest(type, threads);
    return model ? model->uncertainty : std::nullopt;
}

util::Seconds DeviceModel::predict(const graph::Graph& graph, const graph::Work& work,
                                   const Conditions& conditions) const {
    return predict(samples::describe(graph, work), conditions);
}

bool DeviceModel::fallback(const std::string& type) const noexcept {
    return std::none_of(parts_.operators.begin(), parts_.operators.end(),
                        [&](const OperatorModel& model) { return model.type == type || model.type == kAnyType; });
}

std::string planning_hash(const DeviceModel& model) {
    std::string text = fmt::format("overhead={}\n", model.piece_overhead().count());
    for (const OperatorModel& op : model.operators()) {
        text += fmt::format("{} {} {} {} {}\n", op.type, op.threads, op.algorithm, fmt::join(op.features, ","),
                            fmt::join(op.parameters, ","));
        if (!op.correction) continue;
        const Correction& by = *op.correction;
        text += fmt::format("{} {} {} {} {} {}\n", fmt::join(by.features, ","), fmt::join(by.low, ","),
                            fmt::join(by.high, ","), by.least, by.most, fmt::join(by.parameters, ","));
    }
    return util::sha256(text);
}

}  // namespace convoy::latency
