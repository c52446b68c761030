#include "compress_split/optimizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "compress_split/offers.hpp"
#include "compress_split/price.hpp"
#include "compress_split/speed.hpp"
#include "util/error.hpp"

namespace convoy::compress_split {

using util::Errc;
using util::Error;
using util::Seconds;

namespace {

constexpr double kSearching = 0.65;  ///< of the time: the rest is for verifying
// Of the time for searching: until when places are weighed, and the price of errors is learnt. The rest is for the
// beds.
constexpr double kUntilWeighed = 0.3;
constexpr double kUntilPriced = 0.4;
/// Mean squared relative errors of outputs that show in many images: the price is learnt from such models first.
constexpr std::array kLargeErrors{0.03, 0.06, 0.12};
constexpr std::size_t kPlaces = 6;  ///< for the cut that are tried at first; later half of them
constexpr int kRounds = 4;          ///< over them
/// Times the error at which the budget is expected to be used up: what each round aims at, the likeliest first.
constexpr std::array kAims{1.0, 2.0, 0.5, 3.0, 1.4, 0.7, 4.0, 0.35};
constexpr double kShift = 1.1;  ///< times the aims of the round before

/// Enough positions that few images do for wide layers, too; of very wide ones fewer, for the memory.
compress::Sampling sampling(std::uint64_t seed) {
    return {.seed = seed, .rows = 16000, .memory = util::Bytes{16LL << 20}};
}

/// Levels of a menu for a bed, the cut kept in one place.
class Candidates : public Subject {
  public:
    struct Way {
        std::vector<Place>& places;
        SpeedModel& speed;
        std::size_t cut = 0;
        std::function<double(const Levels&)> measure;
    };
    explicit Candidates(Way way) : way_(std::move(way)) {}
    [[nodiscard]] std::span<Place> places() override { return way_.places; }
    [[nodiscard]] Seconds latency(const Levels& levels) override { return way_.speed.latency(levels, way_.cut); }
    [[nodiscard]] double measure(const Levels& levels) override { return way_.measure(levels); }

  private:
    Way way_;
};

/// A model that was measured.
struct Contender {
    Levels levels;
    double error = 0;  ///< squared, of its outputs
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
          compressor(model, data.frames(Use::calibration), sampling(settings.seed), progress),
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

    [[nodiscard]] Evaluator::Verified verify(const Levels& levels, const Made& made);
    void weigh(Seconds end);
    void settle_input(const latency::Bed& bed, std::size_t cloud);
    [[nodiscard]] std::function<bool()> stop_at(Seconds left);
    void note(const Levels& levels, const Score& score);

    Settings settings;
    compress::Progress progress;
    util::Deadline time;
    const graph::Graph& original;
    const Images& images;
    Evaluator evaluator;
    compress::Compressor compressor;
    Menu menu;
    Workshop workshop;
    std::vector<Place> places;        ///< weighted; empty before weigh()
    std::vector<Contender> measured;  ///< each once, on whatever bed
    Price price{evaluator.metric()};
    std::set<Levels> accepted;         ///< that kept to the budget where they were verified
    std::optional<Seconds> searching;  ///< all searches may take so long; empty before the first
    bool cut_short = false;
    double least_drop = std::numeric_limits<double>::infinity();
    bool input_settled = false;
    std::map<std::pair<Levels, std::string>, Evaluator::Verified> verifications;  ///< by levels and what crosses
};

/// Each model that crosses the link in one way once.
Evaluator::Verified Optimizer::Parts::verify(const Levels& levels, const Made& made) {
    const std::pair key{levels, place_name(made.graph, made.placed.cut)};
    const auto known = verifications.find(key);
    if (known != verifications.end()) return known->second;
    return verifications.emplace(key, evaluator.verify(made.graph, made.placed.cut, workshop.input())).first->second;
}

/// @param end  how much time is left then
void Optimizer::Parts::weigh(Seconds end) {
    if (!places.empty()) return;
    say(fmt::format("{} places may be changed", menu.places.size() - 1));
    places = workshop.weighted_places(stop_at(end));
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

/// Says from some point on that time is up.
std::function<bool()> Optimizer::Parts::stop_at(Seconds left) {
    return [this, left] {
        const bool stop = time.left() <= left;
        cut_short = cut_short || stop;
        return stop;
    };
}

/// What was measured.
void Optimizer::Parts::note(const Levels& levels, const Score& score) {
    least_drop = std::min(least_drop, score.loss.drop);
    const auto same = [&](const Contender& one) { return one.levels == levels; };
    if (std::any_of(measured.begin(), measured.end(), same)) return;
    measured.push_back({levels, score.squared_error});
    price.learn(score);
}

/// Searching and choosing on one bed.
class Optimizer::OnBed {
  public:
    OnBed(Parts& parts, const latency::Bed& bed, std::size_t cloud)
        : parts_(parts),
          bed_(bed),
          cloud_(cloud),
          speed_(parts.menu, parts.original, bed, cloud, parts.workshop.input()) {}

    /// On models that stay on the edge: there are some of every size. Estimates stay as they are, since what such
    /// errors come to says little about small ones. @param end  time that is left then
    void learn_price(Seconds end) {
        Candidates subject = candidates(speed_.cuts().back());
        const std::function<bool()> stop = parts_.stop_at(end);
        double scale = 1;
        for (const double error : kLargeErrors) {
            const Step step = estimate(subject, error / scale);
            if (step.loss <= 0 || stop()) break;
            scale = std::max(subject.measure(step.levels), kLeastScale * step.loss) / step.loss;
        }
        parts_.say(fmt::format("the budget is expected to be used up by a squared error of {:.3g}", room()));
    }

    /// For the places of the cut that are most promising, models with errors around the one at which the budget is used
    /// up: which of them keep to it, verifying says. @param end  time that is left then
    void search(Seconds end) {
        const std::function<bool()> stop = parts_.stop_at(end);
        std::vector<Kept> kept = promising_cuts(room());
        for (int round = 0; round < kRounds && !stop(); ++round) {
            for (const double share : kAims) {
                const double error = share * room() * std::pow(kShift, round);
                for (Kept& one : kept) {
                    Candidates subject = candidates(one.cut);
                    const std::optional<Step> step = aim(subject, error, stop);
                    if (step) one.latency = step->latency;
                }
                leave_promising(kept, kPlaces / 2);
            }
        }
        parts_.say(fmt::format("{} models measured", parts_.measured.size()));
    }

    void verify() { (void)fastest_kept(); }

    Result choose() {
        const std::optional<Levels> levels = fastest_kept();
        if (!levels) fail();
        Result result = result_of(chosen(*levels));
        result.cut_short = parts_.cut_short;
        return result;
    }

  private:
    /// A place for the cut, and how fast the last model for it was.
    struct Kept {
        std::size_t cut = 0;
        Seconds latency{};
    };

    /// With the cut in one place.
    [[nodiscard]] Candidates candidates(std::size_t cut) {
        return Candidates({parts_.places, speed_, cut, [this](const Levels& levels) {
                               const Score score = parts_.workshop.measure(levels, bed_, cloud_);
                               parts_.note(levels, score);
                               return score.squared_error;
                           }});
    }

    /// The squared error at which the budget is expected to be used up.
    [[nodiscard]] double room() const { return parts_.price.error_for(parts_.settings.max_drop); }

    /// On images that decided nothing, too.
    bool keeps(const Levels& levels) {
        const Made made = parts_.workshop.make(levels, bed_, cloud_);
        const Evaluator::Verified score = parts_.verify(levels, made);
        parts_.least_drop = std::min(parts_.least_drop, score.all.loss.drop);
        const bool kept = parts_.acceptable(score);
        if (kept) parts_.accepted.insert(levels);
        return kept;
    }

    /// The fastest ones.
    static void leave_promising(std::vector<Kept>& kept, std::size_t most) {
        std::stable_sort(kept.begin(), kept.end(), [](const Kept& a, const Kept& b) { return a.latency < b.latency; });
        const auto slow = std::find_if(kept.begin(), kept.end(),
                                       [&](const Kept& one) { return one.latency > kSlow * kept.front().latency; });
        kept.erase(slow, kept.end());
        if (kept.size() > most) kept.resize(most);
    }

    /// Where estimates promise most with such an error.
    std::vector<Kept> promising_cuts(double error) {
        std::vector<Kept> promising;
        for (const std::size_t cut : speed_.cuts()) {
            Candidates subject = candidates(cut);
            promising.push_back({cut, estimate(subject, error).latency});
        }
        leave_promising(promising, kPlaces);
        return promising;
    }

    /// Of all that were measured, and are faster than the original, those that are clearly more exact than every faster
    /// one, and those that are known to keep to the budget; fastest first.
    std::vector<Contender> worth_verifying() {
        std::vector<std::pair<Seconds, const Contender*>> timed;
        const Seconds now = speed_.latency(Levels(parts_.places.size(), 0));
        for (const Contender& contender : parts_.measured) {
            // With the cut kept elsewhere, a step may save what no free cut would spend.
            const Seconds latency = speed_.latency(contender.levels);
            if (latency < now) timed.emplace_back(latency, &contender);
        }
        std::stable_sort(timed.begin(), timed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        std::vector<Contender> worth;
        double least = kDoubtful * room();
        for (const auto& [latency, contender] : timed) {
            const bool exact = contender->error <= least;
            if (exact) least = kFiner * contender->error;
            if (exact || parts_.accepted.contains(contender->levels)) worth.push_back(*contender);
        }
        return worth;
    }

    /// The first that keeps to the budget on images that decided nothing, too. Behind the fastest ones in growing
    /// steps: the more of them fail, the more must be given up. Where the first one does, or none, models that are made
    /// for it.
    std::optional<Levels> fastest_kept() {
        const std::vector<Contender> contenders = worth_verifying();
        for (std::size_t i = 0, next = 0; i < contenders.size(); ++i) {
            const bool accepted = parts_.accepted.contains(contenders[i].levels);
            const bool last = i + 1 == contenders.size();
            if (i < next && !accepted && !last) continue;
            if (i >= next) next = i < kFastest ? i + 1 : i + i / 2;
            if (keeps(contenders[i].levels)) return i == 0 ? bolder(contenders[i]) : contenders[i].levels;
        }
        if (parts_.measured.empty()) return std::nullopt;
        return more_exact(contenders.empty() ? room() : contenders.back().error);
    }

    /// The last of models of larger and larger errors, each faster than the one before, that keeps to the budget.
    Levels bolder(Contender best) {
        const std::function<bool()> stop = parts_.stop_at(Seconds{});
        for (double error = 2 * best.error; error < Price::kMostError && !stop(); error *= 2) {
            Candidates subject = candidates(promising_cuts(error).front().cut);
            const std::optional<Step> step = aim(subject, error, stop);
            if (!step || speed_.latency(step->levels) >= speed_.latency(best.levels)) continue;
            if (!keeps(step->levels)) break;
            best = {step->levels, step->loss};
        }
        return best.levels;
    }

    /// The first of models of smaller and smaller errors that keeps to the budget.
    std::optional<Levels> more_exact(double error) {
        const Seconds now = speed_.latency(Levels(parts_.places.size(), 0));
        while ((error /= 2) > kLeastError) {
            Candidates subject = candidates(promising_cuts(error).front().cut);
            const std::optional<Step> step = aim(subject, error, [] { return false; });
            if (!step) return std::nullopt;
            if (speed_.latency(step->levels) < now && keeps(step->levels)) return step->levels;
        }
        return std::nullopt;
    }

    Chosen chosen(const Levels& levels) {
        Made made = parts_.workshop.make(levels, bed_, cloud_);
        const Evaluator::Verified score = parts_.verify(levels, made);
        return {recipe_of(parts_.menu, parts_.original, levels), codec_of(parts_.menu, levels), std::move(made.graph),
                std::move(made.placed), score};
    }

    [[noreturn]] void fail() const {
        if (parts_.measured.empty() && parts_.cut_short) {
            throw Error(Errc::timed_out, "the time budget is used up before anything was measured")
                .hint("give it more with --time-budget, or fewer images");
        }
        if (parts_.measured.empty()) {
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

    static constexpr double kLeastScale = 0.1;
    static constexpr double kSlow = 1.3;    ///< times the fastest: the cut is not there
    static constexpr double kFiner = 0.9;   ///< times the error of a faster one: worth verifying
    static constexpr double kDoubtful = 4;  ///< times the error at which the budget is used up: not worth it
    static constexpr std::size_t kFastest = 8;
    static constexpr double kLeastError = 1e-6;  ///< too small to be worth a change

    Parts& parts_;
    const latency::Bed& bed_;
    std::size_t cloud_;
    SpeedModel speed_;
};

Optimizer::Optimizer(const graph::Graph& original, const Images& images, Settings settings)
    : parts_(std::make_unique<Parts>(original, images, std::move(settings))) {}

Optimizer::~Optimizer() = default;

const Evaluator& Optimizer::evaluator() const noexcept { return parts_->evaluator; }

void Optimizer::search(const latency::Bed& bed, std::size_t cloud, double share) {
    parts_->settle_input(bed, cloud);
    OnBed here(*parts_, bed, cloud);
    if (!parts_->searching) {
        const Seconds all = parts_->time.left();
        parts_->weigh(all - all * (kSearching * kUntilWeighed));
        here.learn_price(all - all * (kSearching * kUntilPriced));
        parts_->searching = parts_->time.left() - all * (1 - kSearching);
    }
    here.search(parts_->time.left() - *parts_->searching * share);
}

void Optimizer::verify(const latency::Bed& bed, std::size_t cloud) { OnBed(*parts_, bed, cloud).verify(); }

Result Optimizer::choose(const latency::Bed& bed, std::size_t cloud) { return OnBed(*parts_, bed, cloud).choose(); }

}  // namespace convoy::compress_split
