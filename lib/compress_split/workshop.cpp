#include "compress_split/workshop.hpp"

#include <algorithm>
#include <cmath>

namespace convoy::compress_split {

namespace {

// How many images single changes are tried with, and whole models; of each use.
constexpr std::size_t kWeighingFrames = 24;
constexpr std::size_t kWeighingImages = 16;
constexpr std::size_t kMeasuringFrames = 48;
constexpr std::size_t kMeasuringImages = 64;
/// Of parameters of remembered models.
constexpr std::int64_t kMostBuilt = std::int64_t{512} << 20;

/// A place's weights at two of its levels, for the ones between: steady on a logarithmic scale.
double weight_at(std::size_t level, std::size_t middle, double at_middle, double at_last, std::size_t last) {
    if (level <= middle || last == middle || at_middle <= 0 || at_last <= 0) return at_middle;
    const double way = static_cast<double>(level - middle) / static_cast<double>(last - middle);
    return at_middle * std::pow(at_last / at_middle, way);
}

}  // namespace

graph::Graph Workshop::build(const compress::Recipe& recipe, std::size_t frames) const {
    if (recipe.empty()) return original();
    compress::BuildOptions options;
    options.frames = frames;
    options.progress = progress_;
    const std::pair key{to_string(recipe), frames};
    const auto known = built_.find(key);
    if (known != built_.end()) return known->second;
    graph::Graph made = compressor_.build(recipe, options);
    const std::int64_t bytes = 4 * compress::size_of(made).parameters;
    if (built_bytes_ + bytes > kMostBuilt) {
        built_.clear();
        built_bytes_ = 0;
    }
    built_bytes_ += bytes;
    return built_.emplace(key, std::move(made)).first->second;
}

Made Workshop::make(const Levels& levels, const latency::Bed& bed, std::size_t cloud, std::size_t frames) const {
    graph::Graph graph = build(recipe_of(menu_, original(), levels), frames);
    const Bench bench(graph, bed);
    const wire::Codec codec = codec_of(menu_, levels);
    Placed placed = fastest(bench.problem, cuts_of(bench.problem, cloud, {&codec, 1}, input_), input_);
    return {std::move(graph), std::move(placed)};
}

Score Workshop::measure(const Levels& levels, const latency::Bed& bed, std::size_t cloud) {
    const Made made = make(levels, bed, cloud, kMeasuringFrames);
    const std::pair key{levels, place_name(made.graph, made.placed.cut)};
    const auto known = measured_.find(key);
    if (known != measured_.end()) return known->second;
    Score score = evaluator_.score(made.graph, made.placed.cut, input_, Use::selection, kMeasuringImages);
    return measured_.emplace(key, std::move(score)).first->second;
}

/// Measured loss over the menu's.
std::optional<double> Workshop::weight_of(std::size_t place, std::size_t level) const {
    Levels levels(menu_.places.size(), 0);
    levels[place] = level;
    const double lost = menu_.places[place].loss[level];
    const compress::Recipe recipe = recipe_of(menu_, original(), levels);
    if (recipe.empty() || lost <= 0) return std::nullopt;
    const double weight = evaluator_.squared_error(build(recipe, kWeighingFrames), kWeighingImages) / lost;
    return std::isfinite(weight) ? std::optional(weight) : std::nullopt;
}

std::vector<Place> Workshop::weighted_places(const std::function<bool()>& stop) const {
    std::vector<Place> places = menu_.places;
    std::vector<std::optional<double>> weights(places.size());
    std::vector<std::optional<double>> last_weights(places.size());
    double sum = 0;
    std::size_t known = 0;
    const auto middle_of = [&](std::size_t place) { return places[place].loss.size() / 2; };
    for (std::size_t place = 0; place < places.size() && !stop(); ++place) {
        if (menu_.choices[place].what == What::codec) continue;
        weights[place] = weight_of(place, middle_of(place));
        if (!weights[place]) continue;
        sum += *weights[place];
        ++known;
    }
    for (std::size_t place = 0; place < places.size() && !stop(); ++place) {
        const std::size_t last = places[place].loss.size() - 1;
        if (weights[place] && last > middle_of(place)) last_weights[place] = weight_of(place, last);
    }
    const double average = known > 0 ? sum / static_cast<double>(known) : 1;
    for (std::size_t place = 0; place < places.size(); ++place) {
        if (menu_.choices[place].what == What::codec) continue;
        std::vector<double>& loss = places[place].loss;
        const double weight = weights[place].value_or(average);
        const double last_weight = last_weights[place].value_or(weight);
        for (std::size_t level = 1; level < loss.size(); ++level) {
            loss[level] *= weight_at(level, middle_of(place), weight, last_weight, loss.size() - 1);
            loss[level] = std::max(loss[level], loss[level - 1]);
        }
    }
    return places;
}

}  // namespace convoy::compress_split
