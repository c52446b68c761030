#pragma once

#include "partition/strategy.hpp"

/// The strategies themselves, each in the file of its name; strategy.cpp lists them.
namespace convoy::partition::detail {

/// All operators in one stage on the source.
[[nodiscard]] plan::Plan make_local(const Problem& problem);
/// All operators on the one other device that is predicted fastest, transfers counted.
[[nodiscard]] plan::Plan make_cloud(const Problem& problem);
/// Feature maps cut into rows over two or more devices.
[[nodiscard]] plan::Plan make_rows(const Problem& problem);

}  // namespace convoy::partition::detail
