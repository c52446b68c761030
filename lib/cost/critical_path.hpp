#pragma once

#include "cost/prediction.hpp"
#include "cost/simulation.hpp"

namespace convoy::cost::detail {

/// Walks from the sink's last output back to the frame's start: what each moment was spent on.
[[nodiscard]] CriticalPath critical_path(const Schedule& schedule, const Trace& trace);

}  // namespace convoy::cost::detail
