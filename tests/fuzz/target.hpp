#pragma once

#include <string_view>

#include "util/error.hpp"
#include "util/file.hpp"

namespace convoy::fuzz {

/// What a fuzz target does with one input: it may refuse it by util::Error; anything else that leaves it is a finding.
/// @throws util::Error of a code that stands for bad input
void check(std::string_view input);

}  // namespace convoy::fuzz
