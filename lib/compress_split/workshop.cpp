#include "compress_split/workshop.hpp"

#include <cmath>
#include <optional>

namespace convoy::compress_split {

namespace {

constexpr std::size_t kWeighingImages = 24;
/// Of parameters of remembered models.
constexpr std::int64_t kMostBuilt = std::int64_t{256} << 20;

}  // namespace

graph::Graph Workshop::build(const compress::Recipe& recipe, bool asymmetric) const {
    if (recipe.empty()) return original();
    compress::BuildOptions options;
    options.asymmetric = asymmetric;
    options.progress = progress_;
    if (!asymmetric) return compressor_.build(recipe, options);
    const std::string key = to_string(recipe);
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

Made Workshop::make(const Levels& levels, bool asymmetric, const latency::Bed& bed, std::size_t cloud) const {
    graph::Graph graph = build(recipe_of(menu_, original(), levels), asymmetric);
    const Bench bench(graph, bed);
    const wire::Codec codec = codec_of(menu_, levels);
    Placed placed = fastest(bench.problem, cuts_of(bench.problem, cloud, {&codec, 1}, input_), input_);
    return {std::move(graph), std::move(placed)};
}

Loss Workshop::measure(const Levels& levels, bool asymmetric, const latency::Bed& bed, std::size_t cloud,
                       double hopeless) {
    const Made made = make(levels, asymmetric, bed, cloud);
    const std::pair key{std::pair{levels, asymmetric}, place_name(made.graph, made.placed.cut)};
    const auto known = measured_.find(key);
    if (known != measured_.end()) return known->second;
    const Loss loss = evaluator_.score(made.graph, made.placed.cut, input_, Use::selection, hopeless).loss;
    return measured_.emplace(key, loss).first->second;
}

std::vector<Place> Workshop::weighted_places(const std::function<bool()>& stop) const {
    std::vector<Place> places = menu_.places;
    std::vector<std::optional<double>> weights(places.size());
    double sum = 0;
    std::size_t known = 0;
    for (std::size_t place = 0; place < places.size() && !stop(); ++place) {
        if (menu_.choices[place].what == What::codec) continue;
        Levels levels(places.size(), 0);
        levels[place] = places[place].loss.size() / 2;
        const double lost = places[place].loss[levels[place]];
        const compress::Recipe recipe = recipe_of(menu_, original(), levels);
        if (recipe.empty() || lost <= 0) continue;
        const double weight = evaluator_.squared_error(build(recipe, false), kWeighingImages) / lost;
        if (!std::isfinite(weight)) continue;
        weights[place] = weight;
        sum += weight;
        ++known;
    }
    const double average = known > 0 ? sum / static_cast<double>(known) : 1;
    for (std::size_t place = 0; place < places.size(); ++place) {
        if (menu_.choices[place].what == What::codec) continue;
        for (double& loss : places[place].loss) loss *= weights[place].value_or(average);
    }
    return places;
}

}  // namespace convoy::compress_split
