#include "compress_split/search.hpp"

#include <algorithm>
#include <cmath>

namespace convoy::compress_split {

namespace detail {

std::optional<Move> best_move(Subject& subject, const Levels& levels, double most) {
    constexpr double kLeastGain = 1e-3;  // of the latency: less is no reason to touch a layer
    const std::span<const Place> places = subject.places();
    const util::Seconds now = subject.latency(levels);
    std::optional<Move> best;
    for (std::size_t place = 0; place < places.size(); ++place) {
        Levels changed = levels;
        for (std::size_t level = levels[place] + 1; level < places[place].loss.size(); ++level) {
            changed[place] = level;
            const util::Seconds saved = now - subject.latency(changed);
            if (saved <= kLeastGain * now) continue;
            const Move move{place, level, saved,
                            std::max(0.0, places[place].loss[level] - places[place].loss[levels[place]])};
            if (move.loss > most) continue;
            const double mine = best ? move.loss * best->saved.count() : 0;
            const double others = best ? best->loss * move.saved.count() : 0;
            if (!best || mine < others || (mine == others && move.saved > best->saved)) best = move;
        }
    }
    return best;
}

}  // namespace detail

namespace {

/// One level's loss, and half as much that of its neighbours, and so on; larger changes still lose more.
void correct(std::vector<double>& loss, std::size_t level, double factor) {
    double power = 1;
    for (std::size_t away = 0; away < loss.size(); ++away, power /= 2) {
        if (level + away < loss.size()) loss[level + away] *= std::pow(factor, power);
        if (away > 0 && away < level) loss[level - away] *= std::pow(factor, power);
    }
    for (std::size_t l = level + 1; l < loss.size(); ++l) loss[l] = std::max(loss[l], loss[l - 1]);
    for (std::size_t l = level; l-- > 1;) loss[l] = std::min(loss[l], loss[l + 1]);
}

bool is_original(const Levels& levels) {
    return std::all_of(levels.begin(), levels.end(), [](std::size_t level) { return level == 0; });
}

}  // namespace

Step estimate(Subject& subject, double loss) {
    Step step{Levels(subject.places().size(), 0), {}, 0};
    std::optional<detail::Move> move = detail::best_move(subject, step.levels, loss);
    if (!move) move = detail::best_move(subject, step.levels);
    while (move) {
        step.loss += move->loss;
        step.levels[move->place] = move->level;
        move = detail::best_move(subject, step.levels, loss - step.loss);
    }
    step.latency = subject.latency(step.levels);
    return step;
}

std::optional<Step> aim(Subject& subject, double loss, const std::function<bool()>& stop) {
    constexpr int kAttempts = 4;
    constexpr double kClose = 0.8;  // of what it aims at
    std::optional<Step> last;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        if (stop()) break;
        Step step = estimate(subject, loss);
        const bool known = last && last->levels == step.levels;
        if (known || is_original(step.levels)) break;
        step.loss = subject.measure(step.levels);
        learn(subject.places(), step.levels, step.loss);
        last = std::move(step);
        if (last->loss <= loss && last->loss >= kClose * loss) break;
    }
    return last;
}

void learn(std::span<Place> places, const Levels& levels, double measured) {
    constexpr double kMostAtOnce = 16;
    double sum = 0;
    double largest = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
        const double loss = places[i].loss[levels[i]];
        sum += loss;
        largest = std::max(largest, loss);
    }
    if (!(sum > 0) || !(measured > 0)) return;
    const double ratio = std::clamp(measured / sum, 1 / kMostAtOnce, kMostAtOnce);
    for (std::size_t i = 0; i < places.size(); ++i) {
        correct(places[i].loss, levels[i], std::pow(ratio, places[i].loss[levels[i]] / largest));
    }
}

}  // namespace convoy::compress_split
