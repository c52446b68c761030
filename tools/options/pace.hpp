#pragma once

#include <optional>

#include "cli/parser.hpp"
#include "util/units.hpp"

namespace convoy::tools {

constexpr cli::Option pace_option(std::string_view group) {
    return {.long_name = "pace",
            .hint = cli::Hint::number,
            .value_name = "GFLOP/S",
            .help = "with --stretch: as if it always worked at this pace",
            .detail =
                "For machines that work faster and slower by turns. A profile of this machine has its usual "
                "pace, pace.usual_gflop_per_s. With it arithmetic takes the same time at every moment.",
            .group = group};
}

/// @throws Error usage, without --stretch too
inline std::optional<util::FlopsPerSecond> pace_from(const cli::Options& options) {
    if (!options.has("pace")) return std::nullopt;
    if (!options.has("stretch")) throw options.error("pace", "needs --stretch");
    return util::FlopsPerSecond(1e9 * options.number("pace", 1e-6, 1e6));
}

}  // namespace convoy::tools
