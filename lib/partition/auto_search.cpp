#include "partition/auto_search.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <set>

#include "partition/codecs.hpp"
#include "partition/device_sets.hpp"
#include "partition/neighbours.hpp"
#include "partition/shares.hpp"
#include "partition/units.hpp"

namespace convoy::partition::detail {

using util::Seconds;

namespace {

/// Plans that are tried on the simulator for a model of 1,000 operators and devices (their product), at least and at
/// most.
constexpr double kTrials = 100;
constexpr std::size_t kLeastTrials = 40;
constexpr std::size_t kMostTrials = 250;
constexpr std::size_t kMostTrialsIfSmall = 2000;
/// Best plans so far whose changes are tried without finding a better one, before the search ends.
constexpr std::size_t kPatience = 2;
constexpr std::size_t kPatienceIfSmall = 24;
constexpr std::size_t kRounds = 25;
/// Plans whose shares are improved, where the best one shares nothing.
constexpr std::size_t kRefined = 3;
/// Changes that are tried in one round, the most promising ones first.
constexpr std::size_t kTrialsOfRound = 24;
constexpr std::size_t kSequencesOfPass = 3;
/// Passes with all tiles alike, beside those with tiles by the devices' speeds along any axes: one step alone in other
/// tiles than its neighbours costs more transfers than it saves.
constexpr std::array kTilesOfPasses{Menu::Tiles{kRows, Way::Shares::balanced}, Menu::Tiles{kRows, Way::Shares::equal},
                                    Menu::Tiles{kBoth, Way::Shares::balanced}, Menu::Tiles{kBoth, Way::Shares::equal}};
/// Of these the pass for the first quarter takes transfers for cheap, and all devices of a set: a grid over many layers
/// is only worth it where each has a part, and computes while others still receive theirs.
constexpr Menu::Tiles kFusedGrid{kBoth, Way::Shares::balanced};
/// Part of the trials that are left for changes of what the passes found.
constexpr double kKept = 0.4;
constexpr std::size_t kWidestWindow = 3;
/// Passes of the search in which weights become more expensive.
constexpr int kMostPricings = 24;

/// Small problems are searched more finely: operator by operator, and with shares in quarters, too.
constexpr std::size_t kSmallModel = 5;
constexpr std::size_t kSmallCluster = 3;
constexpr int kQuarters = 4;
/// Of more devices not every number is tried: ways and passes are as many as sets of devices.
constexpr std::size_t kFewDevices = 8;

bool is_small(const Problem& problem) {
    const std::size_t devices = problem.bed.cluster().devices.size();
    return problem.graph.operators().size() <= kSmallModel && devices <= std::min(kSmallCluster, problem.most_devices);
}

/// The largest first. Of many devices those of 2, 4, 8, ... and of all.
std::vector<std::vector<std::size_t>> sets_for(const Problem& problem) {
    const auto edge = std::max<std::size_t>(longest_edge(problem.graph), kSmallCluster);
    std::vector<std::vector<std::size_t>> sets = fastest_sets(problem, 2, edge);
    std::size_t most = 0;
    for (const auto& set : sets) most = std::max(most, set.size());
    if (most > kFewDevices) {
        std::erase_if(sets, [&](const auto& set) { return !std::has_single_bit(set.size()) && set.size() != most; });
    }
    std::reverse(sets.begin(), sets.end());
    return sets;
}

/// All ways to give each device so many quarters, two devices at least.
std::vector<std::vector<double>> deals_for(const Problem& problem) {
    std::vector<std::vector<double>> deals;
    if (!is_small(problem)) return deals;
    std::vector<std::vector<int>> begun(1);
    const std::size_t devices = problem.bed.cluster().devices.size();
    for (std::size_t device = 0; device < devices; ++device) {
        std::vector<std::vector<int>> longer;
        for (const std::vector<int>& quarters : begun) {
            const int left = kQuarters - std::accumulate(quarters.begin(), quarters.end(), 0);
            for (int count = device + 1 == devices ? left : 0; count <= left; ++count) {
                longer.push_back(quarters);
                longer.back().push_back(count);
            }
        }
        begun = std::move(longer);
    }
    for (const std::vector<int>& quarters : begun) {
        if (*std::max_element(quarters.begin(), quarters.end()) == kQuarters) continue;
        std::vector<double> deal;
        for (const int count : quarters) deal.push_back(count / static_cast<double>(kQuarters));
        deals.push_back(std::move(deal));
    }
    return deals;
}

}  // namespace

class AutoSearch::Impl {
  public:
    explicit Impl(const Problem& problem)
        : problem_(problem),
          slices_(problem),
          menu_(problem, slices_, elements_of(problem.graph, chain_of(problem.graph), !is_small(problem)),
                sets_for(problem), single_devices(problem, slices_), deals_for(problem)),
          programme_(menu_) {
        const std::size_t devices = std::min(problem.bed.cluster().devices.size(), problem.most_devices);
        const auto size = static_cast<double>(problem.graph.operators().size() * devices);
        const std::size_t most = is_small(problem) ? kMostTrialsIfSmall : kMostTrials;
        trials_ = std::clamp(static_cast<std::size_t>(kTrials * 1000 / size), kLeastTrials, most);
        all_trials_ = trials_ + kLeastTrials;
    }

    void run(BestPlan& best) {
        own_ = best_ = &best;
        search_by_rules();
        const bool least_memory = problem_.objective == Objective::memory;
        if (!found_ || least_memory) search_with_prices(least_memory);
        const std::size_t patience = is_small(problem_) ? kPatienceIfSmall : kPatience;
        for (std::size_t vain = 0; found_ && !ended() && vain < patience; ++vain) {
            Tried* next = nullptr;
            for (Tried& tried : tried_) {
                if (!tried.expanded && tried.fits && (!next || tried.score < next->score)) next = &tried;
            }
            if (next == nullptr) break;
            next->expanded = true;
            const double before = found_score_;
            try_neighbours(Sequence(next->sequence));
            if (found_score_ < before) vain = 0;
        }
    }

    void refine_shares(BestPlan& best) {
        best_ = &best;
        if (best.empty()) return;
        for (Refined& refined : to_refine()) {
            trials_ = std::max(trials_, kLeastTrials);
            for (const double step : {0.15, 0.05, 0.02}) {
                bool better = true;
                for (int round = 0; better && round < 3 && !ended(); ++round) better = scale_devices(refined, step);
            }
            for (const graph::Index by : {graph::Index{4}, graph::Index{1}}) {
                if (!ended()) move_borders(refined, by);
            }
        }
    }

    [[nodiscard]] double done() const {
        return std::min(1.0, static_cast<double>(made_) / static_cast<double>(all_trials_));
    }

  private:
    /// No trials are left, or whoever asked for a plan does not want to wait for it any longer.
    [[nodiscard]] bool ended() const {
        if (trials_ == 0) return true;
        if (!problem_.go_on || best_->empty()) return false;
        return !problem_.go_on(done());
    }

    /// Estimates add up what really overlaps, so one pass does not find the best plan: others take transfers for
    /// cheaper, leave devices out, share the first quarters of the model in any case, or deal all tiles alike.
    [[nodiscard]] std::vector<ProgrammeRules> all_rules() const {
        std::vector<ProgrammeRules> all;
        const std::size_t devices = problem_.bed.cluster().devices.size();
        const std::vector<double> all_transfers{1.0, 0.6, 0.3};
        std::vector<std::vector<bool>> sets;
        for (const auto& set : menu_.sets()) {
            std::vector<bool>& allowed = sets.emplace_back(devices, false);
            for (const std::size_t device : set) allowed[device] = true;
            allowed[problem_.bed.cluster().source] = true;
        }
        const auto part = [&](std::size_t quarters) { return (menu_.size() * quarters + kQuarters - 1) / kQuarters; };
        for (const double transfers : all_transfers) {
            for (const std::size_t quarters : {0, 2, 4})
                all.push_back({.transfers = transfers, .spread_until = part(quarters)});
            for (const std::vector<bool>& set : sets)
                all.push_back({.transfers = transfers, .devices = set, .spread_until = part(transfers < 1 ? 4 : 0)});
        }
        for (const std::size_t quarters : {0, 1, 2, 3}) {
            for (const std::vector<bool>& set : sets) {
                if (quarters > 0) all.push_back({.devices = set, .spread_until = part(quarters)});
                all.push_back({.transfers = 0.3, .devices = set, .spread_until = part(quarters)});
            }
        }
        for (const Menu::Tiles& tiles : kTilesOfPasses) {
            for (std::size_t set = 0; set < sets.size(); ++set) {
                for (const std::size_t quarters : {0, 1, 2, 4}) {
                    ProgrammeRules rules{.devices = sets[set], .tiles = tiles, .spread_until = part(quarters)};
                    if (quarters == 1 && tiles == kFusedGrid) {
                        rules.transfers = all_transfers.back();
                        rules.tiles->set = set;
                    }
                    all.push_back(std::move(rules));
                }
            }
        }
        return all;
    }

    /// The best sequence of each pass first. Some trials are kept for what comes after.
    void search_by_rules() {
        const auto kept = static_cast<std::size_t>(kKept * static_cast<double>(trials_));
        std::vector<Sequence> others;
        for (const ProgrammeRules& rules : all_rules()) {
            if (trials_ <= kept || ended()) break;
            std::vector<Sequence> found = programme_.run(rules, kSequencesOfPass, [this] { return !ended(); });
            for (Sequence& sequence : found) {
                if (&sequence == &found.front()) {
                    offer(programme_.complete(sequence.steps));
                } else {
                    others.push_back(std::move(sequence));
                }
            }
        }
        for (const Sequence& sequence : others) {
            if (trials_ <= kept || ended()) break;
            offer(programme_.complete(sequence.steps));
        }
    }

    /// Where memory is short, weights cost time: on the devices whose memory plans exceed, more after each pass, until
    /// a plan fits; or, for the least memory, on the device that needs most of it.
    void search_with_prices(bool least_memory) {
        const auto& devices = problem_.bed.cluster().devices;
        ProgrammeRules rules;
        rules.prices.assign(devices.size(), 0);
        trials_ = std::max(trials_, kLeastTrials);
        for (int pass = 0; pass < kMostPricings && (least_memory || !found_); ++pass) {
            const std::vector<Sequence> sequences = programme_.run(rules, 1, [this] { return !ended(); });
            if (sequences.empty()) return;
            const Sequence sequence = programme_.complete(sequences.front().steps);
            const Proposal proposal = evaluate(problem_, plan_of(menu_, sequence));
            double bytes = 0;
            for (const Step* step : sequence.steps) {
                for (const auto& [device, weights] : step->weights) bytes += weights;
            }
            const double first = sequence.cost.count() / std::max(bytes, 1.0);
            const std::vector<std::size_t> of_bed = cost::bed_devices(proposal.plan, problem_.bed);
            const std::vector<util::Bytes>& peaks = proposal.prediction.peak_memory;
            const util::Bytes largest = *std::max_element(peaks.begin(), peaks.end());
            bool fits = true;
            for (std::size_t d = 0; d < of_bed.size(); ++d) {
                const auto& memory = devices[of_bed[d]].memory;
                if (least_memory ? peaks[d] < largest : !memory || peaks[d] <= *memory) continue;
                rules.prices[of_bed[d]] = std::max(1.6 * rules.prices[of_bed[d]], 0.25 * first);
                fits = false;
            }
            offer(sequence);
            if (fits) return;
        }
    }

    [[nodiscard]] plan::Plan plan_for(const Sequence& sequence) const {
        plan::Plan plan = with_codecs(problem_.graph, plan_of(menu_, sequence), problem_.accuracy_budget);
        if (problem_.objective == Objective::throughput) plan.in_flight = static_cast<int>(computing_devices(plan)) + 1;
        return plan;
    }

    void offer(Sequence sequence) {
        if (ended() || !known_.insert(sequence.key()).second) return;
        --trials_;
        ++made_;
        const cost::Prediction* prediction = best_->offer(plan_for(sequence));
        const double score = prediction == nullptr ? 0 : best_->score(*prediction);
        tried_.push_back({sequence, score, prediction != nullptr});
        if (prediction == nullptr) return;
        // What others found does not hold up the search: it goes on from its own best.
        if (found_ && score >= found_score_) return;
        found_score_ = score;
        found_ = std::move(sequence);
    }

    struct Tried {
        Sequence sequence;
        double score = 0;
        bool fits = false;
        bool expanded = false;
    };

    void try_neighbours(const Sequence& start) {
        const std::size_t widest = is_small(problem_) ? kSmallModel : kWidestWindow;
        Neighbours neighbours(menu_, programme_, start, widest);
        std::size_t left = std::max(kTrialsOfRound, trials_ / kRounds);
        while (left > 0 && !ended()) {
            std::optional<Sequence> sequence = neighbours.next();
            if (!sequence) break;
            if (known_.count(sequence->key()) > 0) continue;
            offer(std::move(*sequence));
            --left;
        }
    }

    /// A plan whose shares are improved.
    struct Refined {
        plan::Plan plan;
        double score = 0;
    };

    /// The best plan; where it is the search's own and shares nothing, the best ones of the search that do: other
    /// shares may make one of them the best.
    [[nodiscard]] std::vector<Refined> to_refine() {
        const auto shares = [](const plan::Plan& plan) {
            const auto& stages = plan.routes.front().stages;
            return std::any_of(stages.begin(), stages.end(), [](const plan::Stage& stage) { return one_axis(stage); });
        };
        if (shares(best_->plan())) return {{best_->plan(), best_->score(best_->proposal().prediction)}};
        std::vector<const Tried*> order;
        for (const Tried& tried : tried_) {
            if (best_ == own_ && tried.fits) order.push_back(&tried);
        }
        std::stable_sort(order.begin(), order.end(),
                         [](const Tried* a, const Tried* b) { return a->score < b->score; });
        std::vector<Refined> found;
        for (const Tried* tried : order) {
            if (found.size() == kRefined) break;
            if (!found.empty() && tried->score == found.back().score) continue;
            plan::Plan plan = plan_for(tried->sequence);
            if (shares(plan)) found.push_back({std::move(plan), tried->score});
        }
        return found;
    }

    /// @return whether the changed plan is better
    bool improve(Refined& refined, plan::Plan changed) {
        if (ended()) return false;
        --trials_;
        ++made_;
        const cost::Prediction* prediction = best_->offer(changed);
        if (prediction == nullptr || best_->score(*prediction) >= refined.score) return false;
        refined = {std::move(changed), best_->score(*prediction)};
        return true;
    }

    /// Each device in turn gets more, and less, of all that is shared along one axis.
    bool scale_devices(Refined& refined, double step) {
        bool better = false;
        for (std::size_t device = 0; device < refined.plan.devices.size(); ++device) {
            for (const double factor : {1 + step, 1 / (1 + step)}) {
                plan::Plan changed = refined.plan;
                if (device >= changed.devices.size()) break;
                std::vector<double> factors(changed.devices.size(), 1);
                factors[device] = factor;
                for (plan::Route& route : changed.routes) {
                    for (plan::Stage& stage : route.stages) {
                        if (const auto along = one_axis(stage)) scale_shares(stage, *along, factors);
                    }
                }
                if (changed == refined.plan) continue;
                if (improve(refined, std::move(changed))) {
                    better = true;
                    break;
                }
            }
        }
        return better;
    }

    void move_borders(Refined& refined, graph::Index by) {
        const plan::Plan start = refined.plan;
        for (std::size_t s = 0; s < start.routes.front().stages.size(); ++s) {
            const auto along = one_axis(start.routes.front().stages[s]);
            if (!along) continue;
            for (std::size_t i = 0; i + 1 < start.routes.front().stages[s].shares.size(); ++i) {
                for (const graph::Index rows : {by, -by}) {
                    plan::Plan changed = refined.plan;
                    const auto still = one_axis(changed.routes.front().stages[s]);
                    if (!still || !move_border(changed.routes.front().stages[s], *still, i, rows)) continue;
                    if (improve(refined, std::move(changed))) break;
                }
            }
        }
    }

    const Problem& problem_;
    BestPlan* best_ = nullptr;       ///< of the call
    const BestPlan* own_ = nullptr;  ///< what the search found
    Slices slices_;
    Menu menu_;
    StepProgramme programme_;
    std::vector<Tried> tried_;
    std::set<std::vector<std::size_t>> known_;  ///< keys of all that was tried
    std::optional<Sequence> found_;
    double found_score_ = 0;
    std::size_t all_trials_ = 0;
    std::size_t trials_ = 0;  ///< left
    std::size_t made_ = 0;
};

AutoSearch::AutoSearch(const Problem& problem) : impl_(std::make_unique<Impl>(problem)) {}
AutoSearch::~AutoSearch() = default;
void AutoSearch::run(BestPlan& best) { impl_->run(best); }
double AutoSearch::done() const { return impl_->done(); }
void AutoSearch::refine_shares(BestPlan& best) { impl_->refine_shares(best); }

}  // namespace convoy::partition::detail
