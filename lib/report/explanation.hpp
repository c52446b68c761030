#pragma once

#include "cost/explanation.hpp"
#include "report/report.hpp"

namespace convoy::report {

/// Where a plan's time goes: the critical path step by step, each device's use, and what would help.
[[nodiscard]] Section explanation_section(const cost::Explanation& explanation);

}  // namespace convoy::report
