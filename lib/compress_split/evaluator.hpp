#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "compress_split/cuts.hpp"
#include "compress_split/images.hpp"
#include "compress_split/score.hpp"

namespace convoy::compress_split {

/// Says how well models do on the images that are not calibrated with, compared with the original.
class Evaluator {
  public:
    /// Runs the original on all of these images. Graph and images must outlive it.
    Evaluator(const graph::Graph& original, const Images& images, const compress::Progress& progress);

    [[nodiscard]] Metric metric() const noexcept { return metric_; }
    /// Of a model as a cut plan computes it: codecs are in it. @param most  only the first so many images
    [[nodiscard]] Score score(const graph::Graph& model, const Cut& cut, InputCodec input, Use use,
                              std::size_t most = SIZE_MAX) const;
    struct Verified {
        Score check;  ///< on images that decided nothing before
        Score all;    ///< on these and those of the selection
    };
    [[nodiscard]] Verified verify(const graph::Graph& model, const Cut& cut, InputCodec input) const;
    /// Of the original itself.
    [[nodiscard]] Score original_score(Use use) const;
    /// Mean squared relative error on the first so many images of the selection, nothing being encoded.
    [[nodiscard]] double squared_error(const graph::Graph& model, std::size_t images) const;

  private:
    using Answers = std::vector<std::vector<float>>;
    [[nodiscard]] const Answers& original(Use use) const noexcept { return use == Use::check ? check_ : selection_; }
    [[nodiscard]] std::vector<Verdict> verdicts(const graph::Graph& model, const Cut& cut, InputCodec input, Use use,
                                                std::size_t most = SIZE_MAX) const;

    const Images& images_;
    compress::Progress progress_;
    std::size_t classes_;
    Metric metric_;
    Answers selection_;
    Answers check_;
};

}  // namespace convoy::compress_split
