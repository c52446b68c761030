#include "partition/proposals.hpp"

#include "partition/assemble.hpp"
#include "partition/strategies.hpp"

namespace convoy::partition {

namespace {

bool is_auto(const Strategy& strategy) { return strategy.make == detail::make_auto; }

}  // namespace

const Proposals::Outcome& Proposals::outcome(const Strategy& strategy) {
    const auto found = known_.find(strategy.name);
    if (found != known_.end()) return found->second;
    try {
        Proposal proposal = evaluate(problem_, strategy.make(problem_));
        proposal.strategy = strategy.name;
        return known_.emplace(strategy.name, std::move(proposal)).first->second;
    } catch (const util::Error& error) {
        if (error.code() != util::Errc::impossible) throw;
        return known_.emplace(strategy.name, error).first->second;
    }
}

const Proposal& Proposals::of(const Strategy& strategy) {
    if (is_auto(strategy)) return fastest();
    const Outcome& found = outcome(strategy);
    if (const auto* error = std::get_if<util::Error>(&found)) throw *error;
    return std::get<Proposal>(found);
}

const Proposal& Proposals::fastest() {
    const Proposal* best = nullptr;
    const util::Error* refusal = nullptr;
    for (const Strategy& strategy : strategies()) {
        if (is_auto(strategy)) continue;
        const Outcome& found = outcome(strategy);
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
