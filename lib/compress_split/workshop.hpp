#pragma once

#include <cstdint>
#include <functional>
#include <map>
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

    /// The original where the recipe is empty. @param asymmetric  as in compress::BuildOptions; such models, which take
    /// long, are remembered
    [[nodiscard]] graph::Graph build(const compress::Recipe& recipe, bool asymmetric) const;
    /// Cut where it is fastest, with the codec of the levels.
    [[nodiscard]] Made make(const Levels& levels, bool asymmetric, const latency::Bed& bed, std::size_t cloud) const;
    /// On the images of the selection. @param hopeless  as in Evaluator::score
    [[nodiscard]] Loss measure(const Levels& levels, bool asymmetric, const latency::Bed& bed, std::size_t cloud,
                               double hopeless);

    /// The menu's places, the losses of each in the same unit: the square of the relative error that they put on the
    /// model's output. One level of each is tried.
    /// @param stop  asked before each: time is up, and the rest is taken for average
    [[nodiscard]] std::vector<Place> weighted_places(const std::function<bool()>& stop) const;

  private:
    const compress::Compressor& compressor_;
    const Menu& menu_;
    const Evaluator& evaluator_;
    compress::Progress progress_;
    InputCodec input_;
    mutable std::map<std::string, graph::Graph> built_;  ///< by what was done to them
    mutable std::int64_t built_bytes_ = 0;
    std::map<std::pair<std::pair<Levels, bool>, std::string>, Loss> measured_;  ///< by levels, fit and what crosses
};

}  // namespace convoy::compress_split
