#include "partition/proposals.hpp"

#include "partition/assemble.hpp"
#include "partition/strategies.hpp"

namespace convoy::partition {

namespace {

bool is_auto(const Strategy& strategy) { return strategy.make == detail::make_auto; }

}  // namespace

const Proposals::Outcome& Proposals::outcome(const Choice& choice) {
    const std::string name = choice.name();
    const auto found = known_.find(name);
    if (found != known_.end()) return found->second;
    try {
        Proposal proposal = evaluate(problem_, choice.make(problem_));
        proposal.strategy = choice.strategy->name;
        return known_.emplace(name, std::move(proposal)).first->second;
    } catch (const util::Error& error) {
        if (error.code() != util::Errc::impossible) throw;
        return known_.emplace(name, error).first->second;
    }
}

const Proposal& Proposals::of(const Choice& choice) {
    if (is_auto(*choice.strategy)) return fastest();
    const Outcome& found = outcome(choice);
    if (const auto* error = std::get_if<util::Error>(&found)) throw *error;
    return std::get<Proposal>(found);
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
