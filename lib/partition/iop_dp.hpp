#pragma once

#include <vector>

#include "partition/interleave.hpp"

namespace convoy::partition::detail {

/// The cheapest sequence of decisions for each layout in which the last tensor may be, cheapest first.
///
/// Dynamic programming over (elements, layout) with dominance: of two ways to the same layout of the same elements the
/// one that costs more, and keeps no less weights on any device whose room is limited, is dropped. Exact for the
/// space's costs, but where memory is limited and more than 256 ways to the same elements are left: then the cheapest.
[[nodiscard]] std::vector<std::vector<Decision>> cheapest_decisions(Interleave& space);

}  // namespace convoy::partition::detail
