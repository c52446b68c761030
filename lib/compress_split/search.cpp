#include "compress_split/search.hpp"

#include <algorithm>

namespace convoy::compress_split {

namespace detail {

std::optional<Move> best_move(Subject& subject, const Levels& levels, const Levels& highest) {
    constexpr double kLeastGain = 1e-4;  // of the latency: less is no reason to touch a layer
    const std::span<const Place> places = subject.places();
    const util::Seconds now = subject.latency(levels);
    std::optional<Move> best;
    for (std::size_t place = 0; place < places.size(); ++place) {
        Levels changed = levels;
        for (std::size_t level = levels[place] + 1; level <= highest[place]; ++level) {
            changed[place] = level;
            const util::Seconds saved = now - subject.latency(changed);
            if (saved <= kLeastGain * now) continue;
            const Move move{place, level, saved,
                            std::max(0.0, places[place].loss[level] - places[place].loss[levels[place]])};
            const double mine = best ? move.loss * best->saved.count() : 0;
            const double others = best ? best->loss * move.saved.count() : 0;
            if (!best || mine < others || (mine == others && move.saved > best->saved)) best = move;
        }
    }
    return best;
}

}  // namespace detail

namespace {

/// Changes one after the other, and what they come to.
struct Trail {
    std::vector<detail::Move> moves;
    std::vector<double> loss;  ///< estimated, of all moves up to each
    [[nodiscard]] bool empty() const noexcept { return moves.empty(); }
    /// How many moves stay within an estimated loss, at least one.
    [[nodiscard]] std::size_t within(double allowance) const {
        const auto end = std::upper_bound(loss.begin(), loss.end(), allowance);
        return std::max<std::size_t>(1, static_cast<std::size_t>(end - loss.begin()));
    }
};

Levels highest_of(const Subject& subject) {
    Levels highest;
    for (const Place& place : subject.places()) highest.push_back(place.loss.size() - 1);
    return highest;
}

class Search {
  public:
    Search(Subject& subject, const SearchRules& rules, const Levels& start, Loss start_loss)
        : subject_(subject), rules_(rules), highest_(highest_of(subject)) {
        outcome_.steps.push_back({start, subject.latency(start), start_loss});
    }

    Outcome run() {
        double allowance = rules_.max_drop;
        std::size_t refusals = 0;
        while (refusals < rules_.refusals) {
            const Trail trail = trail_from(accepted());
            if (trail.empty()) break;
            const std::optional<std::size_t> taken = longest(trail, trail.within(allowance));
            if (!taken) return std::move(outcome_);
            refusals = *taken > 0 ? 0 : refusals + 1;
            allowance = 0;  // what is left of the budget is little: one move first
            if (*taken == trail.moves.size()) break;
            const detail::Move& too_much = trail.moves[*taken];
            highest_[too_much.place] = too_much.level - 1;
        }
        return std::move(outcome_);
    }

  private:
    [[nodiscard]] const Levels& accepted() const { return outcome_.steps.back().levels; }

    [[nodiscard]] Trail trail_from(Levels levels) {
        Trail trail;
        double loss = 0;
        while (const auto move = detail::best_move(subject_, levels, highest_)) {
            levels[move->place] = move->level;
            loss += move->loss;
            trail.moves.push_back(*move);
            trail.loss.push_back(loss);
        }
        return trail;
    }

    /// How many moves of the trail keep to the budget, by doubling and halving; the longest that does becomes a step.
    /// @return nothing when time, or the number of measurements, is used up
    [[nodiscard]] std::optional<std::size_t> longest(const Trail& trail, std::size_t first) {
        const Levels from = accepted();
        std::size_t good = 0;
        std::size_t bad = trail.moves.size() + 1;
        std::size_t tried = std::min(first, trail.moves.size());
        while (good + 1 < bad) {
            if (rules_.stop && rules_.stop()) outcome_.cut_short = true;
            if (outcome_.cut_short || outcome_.measurements >= rules_.measurements) return std::nullopt;
            (try_out(levels_after(from, trail, tried)) ? good : bad) = tried;
            tried = bad > trail.moves.size() ? std::min(2 * good, trail.moves.size()) : good + (bad - good) / 2;
        }
        return good;
    }

    [[nodiscard]] static Levels levels_after(Levels levels, const Trail& trail, std::size_t moves) {
        for (std::size_t i = 0; i < moves; ++i) levels[trail.moves[i].place] = trail.moves[i].level;
        return levels;
    }

    bool try_out(const Levels& levels) {
        ++outcome_.measurements;
        Step step{levels, subject_.latency(levels), subject_.measure(levels)};
        if (step.loss.at_most(rules_.errors) <= rules_.max_drop) {
            outcome_.steps.push_back(std::move(step));
            return true;
        }
        if (!outcome_.refused || step.loss.drop < outcome_.refused->loss.drop) outcome_.refused = std::move(step);
        return false;
    }

    Subject& subject_;
    const SearchRules& rules_;
    Levels highest_;
    Outcome outcome_;
};

}  // namespace

Step estimate(Subject& subject, double allowance) {
    const Levels highest = highest_of(subject);
    Step step{Levels(highest.size(), 0), {}, {}};
    while (const auto move = detail::best_move(subject, step.levels, highest)) {
        if (step.loss.drop + move->loss > allowance) break;
        step.loss.drop += move->loss;
        step.levels[move->place] = move->level;
    }
    step.latency = subject.latency(step.levels);
    return step;
}

Outcome search(Subject& subject, const SearchRules& rules, const Levels& start, Loss start_loss) {
    return Search(subject, rules, start, start_loss).run();
}

Outcome search(Subject& subject, const SearchRules& rules) {
    return search(subject, rules, Levels(subject.places().size(), 0));
}

}  // namespace convoy::compress_split
