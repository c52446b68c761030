#include "latency/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "latency/features.hpp"
#include "latency/regression.hpp"
#include "util/hash.hpp"
#include "util/statistics.hpp"

namespace convoy::latency {

namespace {

constexpr const char* kAnyType = "any";
// Predictions stay above 0, whatever the work: the cost model divides by them.
constexpr util::Seconds kLeastTime{1e-9};

double ratio_between(int a, int b) { return std::abs(std::log(static_cast<double>(a) / b)); }

/// The type's model of the nearest number of threads, fewer on a tie; nullptr when the type was not sampled.
const OperatorModel* nearest(const std::vector<OperatorModel>& models, const std::string& type, int threads) {
    const OperatorModel* best = nullptr;
    for (const OperatorModel& model : models) {
        if (model.type != type) continue;
        if (!best || ratio_between(model.threads, threads) < ratio_between(best->threads, threads)) best = &model;
    }
    return best;
}

util::Seconds evaluate(const OperatorModel& model, const samples::WorkShape& work, double load) {
    const std::vector<double> values = feature_vector(model.features, work, load);
    const double seconds = find_algorithm(model.algorithm)->predict(model.parameters, values);
    return std::max(kLeastTime, util::Seconds(seconds));
}

}  // namespace

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

util::Seconds DeviceModel::predict(const samples::WorkShape& work, const Conditions& conditions) const {
    if (const OperatorModel* model = nearest(parts_.operators, samples::operator_type(work), conditions.threads)) {
        return evaluate(*model, work, conditions.load);
    }
    util::Seconds slowest = kLeastTime;
    for (const OperatorModel& other : parts_.operators) {
        if (nearest(parts_.operators, other.type, conditions.threads) != &other) continue;
        slowest = std::max(slowest, evaluate(other, work, conditions.load));
    }
    return slowest;
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
    }
    return util::sha256(text);
}

}  // namespace convoy::latency
