#include "partition/proposals.hpp"
#include "partition/strategies.hpp"

namespace convoy::partition::detail {

plan::Plan make_auto(const Problem& problem) {
    return Proposals(problem).of(Choice{&strategy("auto"), problem.settings}).plan;
}

}  // namespace convoy::partition::detail
