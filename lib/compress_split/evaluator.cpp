#include "compress_split/evaluator.hpp"

#include <algorithm>
#include <cmath>

#include "compress/answers.hpp"

namespace convoy::compress_split {

namespace {

Metric metric_for(const Images& images, std::size_t classes) {
    if (images.labelled()) return Metric::accuracy;
    return classes > 0 ? Metric::agreement : Metric::relative_error;
}

std::vector<compress::Crossing> crossings_of(const graph::Graph& model, const Cut& cut, InputCodec input) {
    std::vector<compress::Crossing> crossings;
    for (const CrossingTensor& tensor : crossing(model, cut, input)) {
        if (!wire::exact(tensor.codec)) crossings.push_back({model.tensor(tensor.tensor).name, tensor.codec});
    }
    return crossings;
}

}  // namespace

Evaluator::Evaluator(const graph::Graph& original, const Images& images, const compress::Progress& progress)
    : images_(images),
      progress_(progress),
      classes_(classes_of(original)),
      metric_(metric_for(images, classes_)),
      selection_(compress::answers(original, images.frames(Use::selection), {}, progress)),
      check_(compress::answers(original, images.frames(Use::check), {}, progress)) {}

std::vector<Verdict> Evaluator::verdicts(const graph::Graph& model, const Cut& cut, InputCodec input, Use use,
                                         std::size_t most) const {
    const Answers answers =
        compress::answers(model, images_.frames(use, most), crossings_of(model, cut, input), progress_);
    std::vector<Verdict> verdicts;
    for (const std::vector<float>& answer : answers) {
        const std::size_t image = verdicts.size();
        verdicts.push_back(judge(answer, original(use)[image], classes_, images_.label(use, image)));
    }
    return verdicts;
}

Score Evaluator::score(const graph::Graph& model, const Cut& cut, InputCodec input, Use use, std::size_t most) const {
    return compress_split::score(verdicts(model, cut, input, use, most), metric_);
}

Evaluator::Verified Evaluator::verify(const graph::Graph& model, const Cut& cut, InputCodec input) const {
    std::vector<Verdict> all = verdicts(model, cut, input, Use::check);
    const Score check = compress_split::score(all, metric_);
    const std::vector<Verdict> selection = verdicts(model, cut, input, Use::selection);
    all.insert(all.end(), selection.begin(), selection.end());
    return {check, compress_split::score(all, metric_)};
}

Score Evaluator::original_score(Use use) const {
    std::vector<Verdict> verdicts;
    for (const std::vector<float>& answer : original(use)) {
        verdicts.push_back(judge(answer, answer, classes_, images_.label(use, verdicts.size())));
    }
    return compress_split::score(verdicts, metric_);
}

double Evaluator::squared_error(const graph::Graph& model, std::size_t images) const {
    const Answers answers = compress::answers(model, images_.frames(Use::selection, images), {}, progress_);
    double sum = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        sum += std::pow(judge(answers[i], selection_[i], 0, std::nullopt).relative_error, 2);
    }
    return sum / static_cast<double>(answers.size());
}

}  // namespace convoy::compress_split
