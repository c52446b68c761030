#include "partition/requirements.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "partition/best_plan.hpp"
#include "util/error.hpp"

namespace convoy::partition::detail {

using util::Errc;
using util::Error;

void require_operators(const Problem& problem) {
    if (!problem.graph.operators().empty()) return;
    throw Error(Errc::impossible, "the model has no operators: there is nothing to plan");
}

void require_shared(std::string_view strategy, const Problem& problem, const std::vector<Unit>& units) {
    require_devices(problem, strategy, problem.least_devices.value_or(2));
    if (!cuttable_ranges(units).empty()) return;
    throw Error(Errc::impossible, fmt::format("no layer of the model can be cut as {} cuts", strategy))
        .hint("-s layerwise, local and cloud run every operator whole on one device");
}

}  // namespace convoy::partition::detail
