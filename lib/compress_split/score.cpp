#include "compress_split/score.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "dataset/classes.hpp"

namespace convoy::compress_split {

namespace {

double share(std::size_t part, std::size_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

double relative_error_of(std::span<const float> output, std::span<const float> original) {
    double difference = 0;
    double norm = 0;
    for (std::size_t i = 0; i < original.size(); ++i) {
        const double delta = static_cast<double>(output[i]) - original[i];
        difference += delta * delta;
        norm += static_cast<double>(original[i]) * original[i];
    }
    const double error = std::sqrt(difference / std::max(norm, std::numeric_limits<double>::min()));
    return std::isfinite(error) ? error : std::numeric_limits<double>::infinity();
}

Loss mean_error(std::span<const Verdict> verdicts) {
    const auto count = static_cast<double>(verdicts.size());
    double sum = 0;
    for (const Verdict& verdict : verdicts) sum += verdict.relative_error;
    const double mean = sum / count;
    double squares = 0;
    for (const Verdict& verdict : verdicts) squares += std::pow(verdict.relative_error - mean, 2);
    return {mean, std::isfinite(mean) ? std::sqrt(squares) / count : 0};
}

Loss paired(std::size_t worse, std::size_t better, std::size_t images) {
    return {share(worse, images) - share(better, images),
            std::sqrt(static_cast<double>(worse + better)) / static_cast<double>(images)};
}

}  // namespace

std::size_t classes_of(const graph::Graph& graph) {
    const graph::TensorInfo& output = graph.tensor(graph.outputs().front());
    const auto one = [&](graph::Axis axis) { return output.full[axis].size() == 1; };
    const bool vector = output.type == graph::ElementType::float32 && !output.whole_only && one(graph::Axis::n) &&
                        one(graph::Axis::h) && one(graph::Axis::w) && output.full[graph::Axis::c].size() > 1;
    return vector ? static_cast<std::size_t>(output.full[graph::Axis::c].size()) : 0;
}

Verdict judge(std::span<const float> output, std::span<const float> original, std::size_t classes,
              std::optional<std::int64_t> label) {
    Verdict verdict;
    verdict.relative_error = relative_error_of(output, original);
    if (classes == 0) return verdict;
    const auto best = static_cast<std::int64_t>(dataset::top_k(output.first(classes), 1).front().index);
    const auto original_best = static_cast<std::int64_t>(dataset::top_k(original.first(classes), 1).front().index);
    verdict.agrees = best == original_best && std::isfinite(verdict.relative_error);
    if (!label) return verdict;
    verdict.right = best == *label && std::isfinite(verdict.relative_error);
    verdict.original_right = original_best == *label;
    return verdict;
}

Score score(std::span<const Verdict> verdicts, Metric metric) {
    Score score;
    score.images = verdicts.size();
    const auto count = [&](auto&& condition) {
        return static_cast<std::size_t>(std::count_if(verdicts.begin(), verdicts.end(), condition));
    };
    score.loss = mean_error(verdicts);
    score.relative_error = score.loss.drop;
    for (const Verdict& verdict : verdicts) score.squared_error += std::pow(verdict.relative_error, 2);
    score.squared_error /= static_cast<double>(std::max<std::size_t>(1, verdicts.size()));
    if (metric == Metric::relative_error) return score;
    const std::size_t agreeing = count([](const Verdict& v) { return v.agrees; });
    score.agreement = share(agreeing, score.images);
    score.loss = paired(score.images - agreeing, 0, score.images);
    if (metric == Metric::agreement) return score;
    score.accuracy = share(count([](const Verdict& v) { return v.right; }), score.images);
    score.original_accuracy = share(count([](const Verdict& v) { return v.original_right; }), score.images);
    score.loss = paired(count([](const Verdict& v) { return v.original_right && !v.right; }),
                        count([](const Verdict& v) { return v.right && !v.original_right; }), score.images);
    return score;
}

}  // namespace convoy::compress_split
