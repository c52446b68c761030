#include "partition/proposals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <future>

#include "partition/assemble.hpp"
#include "partition/auto_search.hpp"
#include "partition/codecs.hpp"
#include "partition/requirements.hpp"
#include "partition/strategies.hpp"

namespace convoy::partition {

namespace {

bool is_auto(const Strategy& strategy) { return strategy.make == detail::make_auto; }

/// By more than rounding.
bool is_clearly_better(const detail::BestPlan& found, const detail::BestPlan& than) {
    const double score = than.score(than.proposal().prediction);
    return found.score(found.proposal().prediction) < score - 1e-9 * std::abs(score);
}

}  // namespace

const Proposals::Outcome& Proposals::outcome(const Choice& choice) {
    const bool searches = is_auto(*choice.strategy);
    const auto found = known_.find(choice.name());
    if (found != known_.end()) return found->second;
    return known_.emplace(choice.name(), searches ? searched(choice) : made(problem_, choice)).first->second;
}

Proposals::Outcome Proposals::made(const Problem& problem, const Choice& choice) {
    try {
        Proposal proposal = evaluate(problem, choice.make(problem));
        proposal.strategy = choice.strategy->name;
        return proposal;
    } catch (const util::Error& error) {
        if (error.code() != util::Errc::impossible) throw;
        return error;
    }
}

const Proposal& Proposals::of(const Choice& choice) {
    const Outcome& found = outcome(choice);
    if (const auto* error = std::get_if<util::Error>(&found)) throw *error;
    return std::get<Proposal>(found);
}

Proposals::Outcome Proposals::searched(const Choice& choice) {
    try {
        return search(!choice.settings.is(detail::kAutoSeeds, "off"));
    } catch (const util::Error& error) {
        if (error.code() != util::Errc::impossible) throw;
        return error;
    }
}

/// Plans that several threads make, by strategy.
struct Proposals::Seeds {
    std::atomic<bool> go_on = true;
    std::atomic<std::size_t> next = 0;
    std::vector<std::optional<Outcome>> made = std::vector<std::optional<Outcome>>(strategies().size());
};

/// @return whether there was one to be made
bool Proposals::make_seed(const Problem& problem, Seeds& seeds) const {
    const std::size_t at = seeds.next++;
    if (at >= strategies().size()) return false;
    const Choice choice{&strategies()[at]};
    if (is_auto(*choice.strategy) || known_.count(choice.name()) > 0) return true;
    try {
        seeds.made[at] = made(problem, choice);
    } catch (const util::Error& error) {
        if (error.code() != util::Errc::interrupted) throw;
    }
    return true;
}

/// With a predictor of its own, for a thread of its own.
void Proposals::make_seeds(Seeds& seeds) const {
    cost::Predictor predictor(problem_.graph, problem_.bed);
    const Problem problem{.graph = problem_.graph,
                          .bed = problem_.bed,
                          .predictor = predictor,
                          .least_devices = problem_.least_devices,
                          .most_devices = problem_.most_devices,
                          .go_on = [&](double) { return seeds.go_on.load(); }};
    while (seeds.go_on && make_seed(problem, seeds)) continue;
}

/// The plans of all strategies that have one.
void Proposals::offer_seeds(detail::BestPlan& best) {
    for (const Strategy& strategy : strategies()) {
        const auto found = known_.find(Choice{&strategy}.name());
        if (is_auto(strategy) || found == known_.end()) continue;
        if (const auto* error = std::get_if<util::Error>(&found->second)) {
            best.refuse(error->message());
            continue;
        }
        const auto& proposal = std::get<Proposal>(found->second);
        best.offer(proposal);
        if (problem_.accuracy_budget > 0) {
            best.offer(detail::with_codecs(problem_.graph, proposal.plan, problem_.accuracy_budget));
        }
    }
}

/// The search does not need the seeds before its end: they are made at the same time.
void Proposals::search_beside_seeds(detail::AutoSearch& search, detail::BestPlan& own) {
    Seeds seeds;
    std::future<void> others = std::async(std::launch::async, [&] { make_seeds(seeds); });
    const auto go_on = [&] {
        if (problem_.go_on && !problem_.go_on(search.done())) seeds.go_on = false;
        return seeds.go_on.load();
    };
    Problem problem = problem_;
    problem.go_on = [&](double) { return go_on(); };
    try {
        search.run(own);
        while (go_on() && make_seed(problem, seeds)) continue;
        constexpr std::chrono::milliseconds kGlance(20);
        while (others.wait_for(kGlance) != std::future_status::ready) {
            if (seeds.go_on) go_on();
        }
    } catch (...) {
        seeds.go_on = false;
        throw;
    }
    others.get();
    for (std::size_t at = 0; at < seeds.made.size(); ++at) {
        if (seeds.made[at]) known_.emplace(Choice{&strategies()[at]}.name(), std::move(*seeds.made[at]));
    }
}

Proposal Proposals::search(bool with_seeds) {
    detail::require_operators(problem_);
    const auto& devices = problem_.bed.cluster().devices;
    if (problem_.objective == Objective::energy &&
        !std::all_of(devices.begin(), devices.end(),
                     [](const cluster::Device& device) { return device.power.has_value(); })) {
        throw util::Error(util::Errc::impossible, "energy needs the power_w of every device");
    }
    const std::size_t least = problem_.least_devices.value_or(1);
    detail::BestPlan own(problem_, least, problem_.objective);
    detail::BestPlan best(problem_, least, problem_.objective);
    detail::AutoSearch search(problem_);
    if (with_seeds) {
        search_beside_seeds(search, own);
        offer_seeds(best);
    } else {
        search.run(own);
    }
    search.refine_shares(own);
    if (!own.empty() && (best.empty() || is_clearly_better(own, best))) {
        best.offer(own.proposal());
    } else {
        search.refine_shares(best);
    }
    return checked(with_seeds || !own.empty() ? std::move(best) : std::move(own));
}

/// The best proposal, that of a seed where it has the same plan.
Proposal Proposals::checked(detail::BestPlan best) {
    if (!best.empty() && problem_.deadline && best.latency() > *problem_.deadline) {
        throw util::Error(util::Errc::impossible,
                          fmt::format("no plan keeps to {:.4g} ms: the fastest one takes {:.4g} ms",
                                      util::milliseconds(*problem_.deadline), util::milliseconds(best.latency())));
    }
    Proposal proposal = std::move(best).take_proposal("no plan gives so many devices something to compute");
    proposal.strategy = "auto";
    for (const Strategy& strategy : strategies()) {
        const auto found = known_.find(Choice{&strategy}.name());
        if (found == known_.end()) continue;
        const auto* seed = std::get_if<Proposal>(&found->second);
        if (seed != nullptr && seed->plan == proposal.plan) return *seed;
    }
    return proposal;
}

const Proposal& Proposals::fastest() {
    const Proposal* best = nullptr;
    const util::Error* refusal = nullptr;
    for (const Strategy& strategy : strategies()) {
        if (is_auto(strategy)) continue;
        const Outcome& found = outcome(Choice{&strategy});
        if (const auto* error = std::get_if<util::Error>(&found)) {
            if (refusal == nullptr) refusal = error;
            continue;
        }
        const auto& proposal = std::get<Proposal>(found);
        if (detail::computing_devices(proposal.plan) < problem_.least_devices.value_or(1)) continue;
        if (!best || proposal.prediction.latency() < best->prediction.latency()) best = &proposal;
    }
    if (best != nullptr) return *best;
    if (refusal != nullptr) throw *refusal;
    throw util::Error(util::Errc::impossible, "no strategy gives so many devices something to compute");
}

}  // namespace convoy::partition
