#include "compress_split/optimizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "compress_split/offers.hpp"
#include "compress_split/speed.hpp"
#include "util/error.hpp"

namespace convoy::compress_split {

using util::Errc;
using util::Error;
using util::Seconds;

namespace {

constexpr double kSearching = 0.7;  ///< of the time: the rest is for verifying
// Of the time that the search for a bed has: until when each phase may go on.
constexpr double kUntilWeighed = 0.2;
constexpr double kUntilResumed = 0.4;
constexpr double kUntilSearched = 0.7;
constexpr std::size_t kModes = 3;             ///< places for the cut that are searched, the free one included
constexpr double kEstimatedAllowance = 0.02;  ///< squared relative error of the output, where places are compared
constexpr std::size_t kMeasurements = 40;     ///< of one search
constexpr std::size_t kRefinements = 16;      ///< measurements, asymmetrically fitted
constexpr std::size_t kRefusals = 4;
constexpr double kHopeless = 4;  ///< times the budget: measuring ends there

/// Levels of a menu for a bed, the cut free or in one place.
class Candidates : public Subject {
  public:
    struct Way {
        const std::vector<Place>& places;
        SpeedModel& speed;
        std::optional<std::size_t> cut;
        bool asymmetric = false;
        std::function<Loss(const Levels&, bool asymmetric)> measure;
    };
    explicit Candidates(Way way) : way_(std::move(way)) {}
    [[nodiscard]] std::span<const Place> places() const override { return way_.places; }
    [[nodiscard]] Seconds latency(const Levels& levels) override { return way_.speed.latency(levels, way_.cut); }
    [[nodiscard]] Loss measure(const Levels& levels) override { return way_.measure(levels, way_.asymmetric); }

  private:
    Way way_;
};

/// A model that might be the answer.
struct Contender {
    Levels levels;
    bool asymmetric = false;
    bool operator==(const Contender&) const = default;
};

}  // namespace

struct Optimizer::Parts {
    Parts(const graph::Graph& model, const Images& data, Settings given)
        : settings(std::move(given)),
          progress([this](std::size_t, std::size_t) {
              if (settings.tick) settings.tick();
          }),
          time(settings.time_budget),
          original(model),
          images(data),
          evaluator(model, data, progress),
          compressor(model, data.frames(Use::calibration), compress::Sampling{.seed = settings.seed}, progress),
          menu(menu_of(compressor)),
          workshop(compressor, menu, evaluator, progress) {
        if (images.whole_bytes()) workshop.set_input({wire::Codec::uint8, true});
    }

    void say(const std::string& line) const {
        if (settings.say) settings.say(line);
    }
    [[nodiscard]] bool acceptable(const Loss& loss) const noexcept {
        return loss.at_most(settings.errors) <= settings.max_drop;
    }
    [[nodiscard]] bool acceptable(const Evaluator::Verified& verified) const noexcept {
        return verified.check.loss.drop <= settings.max_drop && acceptable(verified.all.loss);
    }

    [[nodiscard]] Evaluator::Verified verify(const Contender& contender, const Made& made);
    void weigh(Seconds end);
    void settle_input(const latency::Bed& bed, std::size_t cloud);
    [[nodiscard]] SearchRules rules(Seconds until, std::size_t measurements);

    Settings settings;
    compress::Progress progress;
    util::Deadline time;
    const graph::Graph& original;
    const Images& images;
    Evaluator evaluator;
    compress::Compressor compressor;
    Menu menu;
    Workshop workshop;
    std::vector<Place> places;    ///< weighted; empty before weigh()
    std::vector<Contender> kept;  ///< that kept to the budget, on whatever bed they were measured
    Seconds searching{};          ///< all searches may take so long; 0 before the first
    std::size_t measured = 0;
    bool cut_short = false;
    double least_drop = std::numeric_limits<double>::infinity();
    bool input_settled = false;
    /// By levels, fit and what crosses.
    std::map<std::pair<std::pair<Levels, bool>, std::string>, Evaluator::Verified> verifications;
};

/// Each model that crosses the link in one way once.
Evaluator::Verified Optimizer::Parts::verify(const Contender& contender, const Made& made) {
    const std::pair key{std::pair{contender.levels, contender.asymmetric}, place_name(made.graph, made.placed.cut)};
    const auto known = verifications.find(key);
    if (known != verifications.end()) return known->second;
    return verifications.emplace(key, evaluator.verify(made.graph, made.placed.cut, workshop.input())).first->second;
}

/// @param end  how much time is left then
void Optimizer::Parts::weigh(Seconds end) {
    if (!places.empty()) return;
    say(fmt::format("{} places may be changed", menu.places.size() - 1));
    places = workshop.weighted_places([&] { return time.left() <= end; });
}

/// One byte for each element of the input, always, where that costs nothing.
void Optimizer::Parts::settle_input(const latency::Bed& bed, std::size_t cloud) {
    if (std::exchange(input_settled, true) || workshop.input().always) return;
    const InputCodec narrow{wire::Codec::int8, true};
    const Bench bench(original, bed);
    const Cut cut = cuts_of(bench.problem, cloud, kCodecs, narrow).front();
    const Score score = evaluator.score(original, cut, narrow, Use::selection);
    if (score.loss.drop <= 0 || acceptable(score.loss)) workshop.set_input(narrow);
}

SearchRules Optimizer::Parts::rules(Seconds until, std::size_t measurements) {
    SearchRules rules;
    rules.max_drop = settings.max_drop;
    rules.errors = settings.errors / 2;  // the rest is left to the verification, on more images
    rules.measurements = measurements;
    rules.refusals = kRefusals;
    rules.stop = [this, until] { return time.left() <= until; };
    return rules;
}

/// Searching and choosing on one bed.
class Optimizer::OnBed {
  public:
    OnBed(Parts& parts, const latency::Bed& bed, std::size_t cloud)
        : parts_(parts),
          bed_(bed),
          cloud_(cloud),
          begin_(parts.time.left()),
          speed_(parts.menu, parts.original, bed, cloud, parts.workshop.input()) {}

    /// @param time  that it may take
    void search(Seconds time) {
        time_ = time;
        parts_.weigh(until(kUntilWeighed));
        search_plainly();
        refine();
    }

    Result choose() {
        Result result = result_of(verified(by_speed(parts_.kept)));
        result.cut_short = parts_.cut_short;
        return result;
    }

  private:
    /// How much time is left once this share of the search's time is gone.
    [[nodiscard]] Seconds until(double share) const { return begin_ - time_ * share; }

    [[nodiscard]] Candidates candidates(std::optional<std::size_t> cut, bool asymmetric) {
        return Candidates({parts_.places, speed_, cut, asymmetric, [this](const Levels& levels, bool refit) {
                               const Loss loss = parts_.workshop.measure(levels, refit, bed_, cloud_,
                                                                         kHopeless * parts_.settings.max_drop);
                               parts_.least_drop = std::min(parts_.least_drop, loss.drop);
                               return loss;
                           }});
    }

    /// The cut free, and at the places where estimates promise most.
    std::vector<std::optional<std::size_t>> modes() {
        std::vector<std::pair<Seconds, std::size_t>> promising;
        for (const std::size_t cut : speed_.cuts()) {
            Candidates kept = candidates(cut, false);
            promising.emplace_back(estimate(kept, kEstimatedAllowance).latency, cut);
        }
        std::sort(promising.begin(), promising.end());
        std::vector<std::optional<std::size_t>> modes{std::nullopt};
        for (const auto& [latency, cut] : promising) {
            if (modes.size() < kModes) modes.emplace_back(cut);
        }
        return modes;
    }

    void search_plainly() {
        double from = kUntilWeighed;
        if (!parts_.kept.empty()) go_on_from(parts_.kept, from = kUntilResumed);
        const auto modes = this->modes();
        for (std::size_t i = 0; i < modes.size(); ++i) {
            const double done = static_cast<double>(i + 1) / static_cast<double>(modes.size());
            const Seconds end = until(from + (kUntilSearched - from) * done);
            Candidates subject = candidates(modes[i], false);
            note(compress_split::search(subject, parts_.rules(end, kMeasurements)), false);
        }
        const Contender best = fastest();
        parts_.say(fmt::format("{} models measured, {} keep to the budget; the best is estimated at {:.4g} ms",
                               parts_.measured, parts_.kept.size(), util::milliseconds(speed_.latency(best.levels))));
    }

    /// From what is fastest here of what was found on other beds.
    void go_on_from(const std::vector<Contender>& known, double share) {
        const std::vector<Contender> sorted = by_speed(known);
        const SearchRules rules = parts_.rules(until(share), kMeasurements);
        if (sorted.empty() || rules.stop()) return;
        const Contender& start = sorted.front();
        Candidates subject = candidates(std::nullopt, start.asymmetric);
        const Loss loss = subject.measure(start.levels);
        if (loss.at_most(rules.errors) > rules.max_drop) return;
        note(compress_split::search(subject, rules, start.levels, loss), start.asymmetric);
    }

    /// Those that are faster than the original, fastest first.
    std::vector<Contender> by_speed(const std::vector<Contender>& all) {
        std::vector<std::pair<Seconds, const Contender*>> timed;
        const Seconds now = speed_.latency(Levels(parts_.places.size(), 0));
        for (const Contender& contender : all) {
            // With the cut kept elsewhere, a step may save what no free cut would spend.
            const Seconds latency = speed_.latency(contender.levels);
            if (latency < now) timed.emplace_back(latency, &contender);
        }
        std::stable_sort(timed.begin(), timed.end(), [](const auto& a, const auto& b) {
            return a.first != b.first ? a.first < b.first : a.second->asymmetric && !b.second->asymmetric;
        });
        std::vector<Contender> sorted;
        for (const auto& [latency, contender] : timed) sorted.push_back(*contender);
        return sorted;
    }

    /// Of all that kept to the budget; else the original.
    Contender fastest() {
        const std::vector<Contender> sorted = by_speed(parts_.kept);
        return sorted.empty() ? Contender{Levels(parts_.places.size(), 0), false} : sorted.front();
    }

    /// The fastest fitted anew, and what can be done beyond it.
    void refine() {
        Candidates subject = candidates(std::nullopt, true);
        const SearchRules rules = parts_.rules(until(1), kRefinements);
        const Contender start = fastest();
        if (rules.stop()) {
            parts_.cut_short = true;
            return;
        }
        const Loss loss = is_original(start) ? Loss{} : subject.measure(start.levels);
        if (loss.at_most(rules.errors) > rules.max_drop) return;
        note(compress_split::search(subject, rules, start.levels, loss), true);
    }

    static bool is_original(const Contender& contender) {
        return std::all_of(contender.levels.begin(), contender.levels.end(),
                           [](std::size_t level) { return level == 0; });
    }

    void note(const Outcome& outcome, bool asymmetric) {
        parts_.measured += outcome.measurements;
        parts_.cut_short = parts_.cut_short || outcome.cut_short;
        for (const Step& step : outcome.steps) {
            const Contender contender{step.levels, asymmetric};
            const bool known = std::find(parts_.kept.begin(), parts_.kept.end(), contender) != parts_.kept.end();
            if (!known && !is_original(contender)) parts_.kept.push_back(contender);
        }
    }

    /// The first that keeps to the budget on images that decided nothing, too. Behind the fastest ones in growing
    /// steps: the more of them fail, the more must be given up.
    Chosen verified(const std::vector<Contender>& contenders) {
        for (std::size_t i = 0; i < contenders.size(); i += i < kFastest ? 1 : i / 2) {
            const Contender& contender = contenders[i];
            Made made = parts_.workshop.make(contender.levels, contender.asymmetric, bed_, cloud_);
            const Evaluator::Verified score = parts_.verify(contender, made);
            if (parts_.acceptable(score)) {
                return {recipe_of(parts_.menu, parts_.original, contender.levels),
                        contender.asymmetric,
                        codec_of(parts_.menu, contender.levels),
                        std::move(made.graph),
                        std::move(made.placed),
                        score};
            }
            parts_.least_drop = std::min(parts_.least_drop, score.all.loss.drop);
        }
        if (parts_.measured == 0 && parts_.cut_short) {
            throw Error(Errc::timed_out, "the time budget is used up before anything was measured")
                .hint("give it more with --time-budget, or fewer images");
        }
        if (parts_.measured == 0) {
            throw Error(Errc::impossible, "no change of the model saves any time on these devices and links")
                .hint("convoy-partition -s neurosurgeon splits the model as it is");
        }
        throw Error(Errc::impossible,
                    fmt::format("no change that saves time keeps to a drop of {:.4g} points, {:.4g} standard errors "
                                "included: the least that was measured is {:.4g}",
                                100 * parts_.settings.max_drop, parts_.settings.errors, 100 * parts_.least_drop))
            .hint("allow a larger --max-drop, or give more images: small numbers of them leave more doubt");
    }

    Result result_of(Chosen chosen) {
        const Offers makers(parts_.workshop, parts_.evaluator, bed_, cloud_, parts_.images.jpeg_bytes());
        std::vector<Offer> offers = makers.of(chosen);
        const auto best = std::min_element(offers.begin(), offers.end(), [&](const Offer& a, const Offer& b) {
            return value_of(a) < value_of(b) || (value_of(a) == value_of(b) && &a > &b);
        });
        Result result;
        result.model = best->graph;
        result.proposal = *best->proposal;
        result.recipe = to_string(best->recipe);
        result.check = best->score.check;
        result.all = best->score.all;
        const std::string ours = offers.back().row.method;
        if (&*best != &offers.back()) offers.back() = Offer(*best);
        offers.back().row.method = ours;
        for (const Offer& offer : offers) {
            result.rows.push_back(offer.row);
            if (offer.proposal) result.ways.push_back({offer.row.method, offer.graph, *offer.proposal});
        }
        return result;
    }

    /// Latency of what keeps to the budget.
    [[nodiscard]] double value_of(const Offer& offer) const {
        const bool possible = offer.proposal && parts_.acceptable(offer.score);
        return possible ? offer.row.latency.count() : std::numeric_limits<double>::infinity();
    }

    static constexpr std::size_t kFastest = 8;

    Parts& parts_;
    const latency::Bed& bed_;
    std::size_t cloud_;
    Seconds begin_;
    Seconds time_{};
    SpeedModel speed_;
};

Optimizer::Optimizer(const graph::Graph& original, const Images& images, Settings settings)
    : parts_(std::make_unique<Parts>(original, images, std::move(settings))) {}

Optimizer::~Optimizer() = default;

const Evaluator& Optimizer::evaluator() const noexcept { return parts_->evaluator; }

void Optimizer::search(const latency::Bed& bed, std::size_t cloud, double share) {
    parts_->settle_input(bed, cloud);
    if (parts_->searching <= Seconds{}) parts_->searching = parts_->time.left() * kSearching;
    OnBed(*parts_, bed, cloud).search(parts_->searching * share);
}

Result Optimizer::choose(const latency::Bed& bed, std::size_t cloud) { return OnBed(*parts_, bed, cloud).choose(); }

}  // namespace convoy::compress_split
