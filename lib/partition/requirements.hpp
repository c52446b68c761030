#pragma once

#include <string_view>

#include "partition/strategy.hpp"
#include "partition/units.hpp"

namespace convoy::partition::detail {

/// @throws Error impossible for a model without operators
void require_operators(const Problem& problem);
/// For strategies that share every layer which can be shared: two devices, or as many as the problem asks for, and some
/// unit that can be cut. @throws Error impossible
void require_shared(std::string_view strategy, const Problem& problem, const std::vector<Unit>& units);

}  // namespace convoy::partition::detail
