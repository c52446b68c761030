#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "latency/distance.hpp"
#include "latency/learners.hpp"

namespace convoy::latency::detail {

namespace {

constexpr std::size_t kNeighbours = 4;
constexpr std::size_t kMostNeighbours = 16;
// Added to squared distances of features in [-1, 1]: a sample of the same shape does not drown its neighbours, since it
// has noise, too.
constexpr double kSoftening = 1e-3;

struct Neighbour {
    double distance;
    double target;
};

}  // namespace

std::vector<double> fit_nearest(const TrainingSet& set) {
    const std::size_t kept = std::min(set.rows.size(), kMostRemembered);
    std::vector<double> parameters{static_cast<double>(std::min(kNeighbours, kept))};
    for (std::size_t i = 0; i < kept; ++i) {
        const std::size_t row = i * set.rows.size() / kept;  // evenly over all samples
        parameters.push_back(set.targets[row]);
        parameters.insert(parameters.end(), set.rows[row].begin(), set.rows[row].end());
    }
    return parameters;
}

double predict_nearest(Numbers parameters, Numbers features) {
    const auto wanted = static_cast<std::size_t>(parameters[0]);
    std::array<Neighbour, kMostNeighbours> nearest;
    std::size_t found = 0;
    for (std::size_t at = 1; at < parameters.size(); at += features.size() + 1) {
        const Neighbour next{squared_distance(&parameters[at + 1], features), parameters[at]};
        if (found == wanted && !(next.distance < nearest[found - 1].distance)) continue;
        std::size_t place = found < wanted ? found++ : found - 1;
        for (; place > 0 && next.distance < nearest[place - 1].distance; --place) nearest[place] = nearest[place - 1];
        nearest[place] = next;
    }
    double sum = 0;
    double weights = 0;
    for (std::size_t i = 0; i < found; ++i) {
        const double weight = 1 / (nearest[i].distance + kSoftening);
        sum += weight * nearest[i].target;
        weights += weight;
    }
    return sum / weights;
}

double least_nearest(Numbers parameters, Numbers low, Numbers high) {
    // Whoever is nearest to some place between `low` and `high` is no farther from it than so many others can be.
    std::vector<double> nearest;
    std::vector<double> farthest;
    for (std::size_t at = 1; at < parameters.size(); at += low.size() + 1) {
        const auto [near, far] = squared_distances(&parameters[at + 1], low, high);
        nearest.push_back(near);
        farthest.push_back(far);
    }
    const auto place = farthest.begin() + static_cast<std::ptrdiff_t>(parameters[0]) - 1;
    std::nth_element(farthest.begin(), place, farthest.end());
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < nearest.size(); ++i) {
        if (nearest[i] <= *place) least = std::min(least, parameters[1 + i * (low.size() + 1)]);
    }
    return least;
}

std::string check_nearest(Numbers parameters, std::size_t features) {
    if (parameters.size() < features + 2 || (parameters.size() - 1) % (features + 1) != 0)
        return fmt::format(
            "k_nearest needs a number of neighbours, then {} "
            "numbers for each sample, not {}",
            features + 1, parameters.size());
    const auto samples = static_cast<double>((parameters.size() - 1) / (features + 1));
    const double most = std::min(samples, static_cast<double>(kMostNeighbours));
    if (is_whole(parameters[0], 1, most)) return "";
    return fmt::format(
        "the number of neighbours of k_nearest must be a whole "
        "one from 1 to {}, not {}",
        most, parameters[0]);
}

}  // namespace convoy::latency::detail
