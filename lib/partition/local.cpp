#include "partition/strategies.hpp"
#include "util/error.hpp"

namespace convoy::partition::detail {

plan::Plan make_local(const Problem& problem) {
    Proposal proposal = evaluate(problem, single_device_plan(problem, problem.bed.cluster().source));
    if (const auto why = memory_problem(problem, proposal)) {
        throw util::Error(util::Errc::impossible, *why).hint("-s rows shares the model among several devices");
    }
    return std::move(proposal.plan);
}

}  // namespace convoy::partition::detail
