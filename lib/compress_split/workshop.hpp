#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "compress_split/evaluator.hpp"
#include "compress_split/menu.hpp"
#include "cost/predictor.hpp"

namespace convoy::compress_split {

/// A graph on a bed, with what strategies ask for. The graph and the bed must outlive it.
struct Bench {
    Bench(const graph::Graph& graph, const latency::Bed& bed)
        : predictor(graph, bed), problem{.graph = graph, .bed = bed, .predictor = predictor} {}
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;
    cost::Predictor predictor;
    partition::Problem problem;
};

/// A model that was made, as it would run.
struct Made {
    graph::Graph graph;
    Placed placed;
};

/// Makes models by the levels of a menu and measures them; each measurement once. Not thread-safe.
class Workshop {
  public:
    /// Keeps references to all of them. @param progress  called while a model is fitted or run
    Workshop(const compress::Compressor& compressor, const Menu& menu, const Evaluator& evaluator,
             compress::Progress progress)
        : compressor_(compressor), menu_(menu), evaluator_(evaluator), progress_(std::move(progress)) {}

    /// How graph inputs cross from now on.
    void set_input(InputCodec input) noexcept { input_ = input; }
    [[nodiscard]] InputCodec input() const noexcept { return input_; }
    [[nodiscard]] const graph::Graph& original() const noexcept { return compressor_.graph(); }

    /// Each layer fitted to the original's responses from what the changed layers in front of it give. The original
    /// where the recipe is empty. @param frames  how many are fitted to, at most. Models are remembered
    [[nodiscard]] graph::Graph build(const compress::Recipe& recipe, std::size_t frames = SIZE_MAX) const;
    /// Cut where it is fastest, with the codec of the levels.
    [[nodiscard]] Made make(const Levels& levels, const latency::Bed& bed, std::size_t cloud,
                            std::size_t frames = SIZE_MAX) const;
    /// On some images of the selection, the model being fitted to some of the calibration: takes a fraction of what
    /// verifying takes.
    [[nodiscard]] Score measure(const Levels& levels, const latency::Bed& bed, std::size_t cloud);

    /// The menu's places, the losses of each in the same unit: the mean square of the relative error that they put on
    /// the model's output. Two levels of each are tried, and those between and before are estimated from these.
    /// @param stop  asked before each: time is up, and the rest is taken for average
    [[nodiscard]] std::vector<Place> weighted_places(const std::function<bool()>& stop) const;

  private:
    const compress::Compressor& compressor_;
    const Menu& menu_;
    const Evaluator& evaluator_;
    compress::Progress progress_;
    InputCodec input_;
    [[nodiscard]] std::optional<double> weight_of(std::size_t place, std::size_t level) const;

    mutable std::map<std::pair<std::string, std::size_t>, graph::Graph> built_;  ///< by what was done, and frames
    mutable std::int64_t built_bytes_ = 0;
    std::map<std::pair<Levels, std::string>, Score> measured_;  ///< by levels and what crosses
};

}  // namespace convoy::compress_split
