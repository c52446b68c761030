#pragma once

#include "cost/explanation.hpp"
#include "partition/documents.hpp"

namespace convoy::partition {

/// What would help a plan: links of twice the rate, of half the start-up and delay, the slowest device and the one that
/// the critical path spends most time on twice as fast, all devices, one more device of the median kind, no load by
/// others, twice the memory, a switch instead of a shared medium; as far as there is such a thing. Each is predicted
/// for the plan as it is, and for the plan that the strategy makes then.
/// @param made  the strategy's plan; @return what helps most first
[[nodiscard]] std::vector<cost::Remedy> remedies(const Problem& problem, const Choice& choice, const Proposal& made,
                                                 const OnPlan& on_plan = {});

/// @throws Error impossible, when the strategy has no plan
[[nodiscard]] cost::Explanation explanation(const Problem& problem, const Files& files, const Choice& choice,
                                            const OnPlan& on_plan = {});

}  // namespace convoy::partition
