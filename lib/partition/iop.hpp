#pragma once

#include <array>
#include <span>
#include <vector>

#include "partition/interleave.hpp"
#include "partition/settings.hpp"

namespace convoy::partition::detail {

inline constexpr Setting kIopSum{
    .name = "sum",
    .choices = "best|star|direct|scatter",
    .fallback = "best",
    .about = "where the addends of a pair are summed: on one device, on each, a part on each"};
inline constexpr Setting kIopPairs{.name = "pairs",
                                   .choices = "gain|all",
                                   .fallback = "gain",
                                   .about = "interleave where it is predicted faster, or wherever it can be"};
inline constexpr std::array kIopSettings{kIopSum, kIopPairs};

/// The ways to sum that a setting leaves.
[[nodiscard]] std::vector<Decision::Sum> sums_of(const Settings& settings);

/// IOP's segmentation: from the first element on, an element and its successor become a pair if that is faster than
/// both alone, else the element stays alone: by rows, or, where it has none (a fully connected layer), whole on the
/// device that is fastest for it. Both are costed behind the layout that is handed over, and a pair includes bringing
/// its result to every device. Where memory allows only one of the two, that one.
///
/// @param sums      the ways to sum that pairs choose from
/// @param wherever  take every pair that is possible
/// @return empty when memory allows neither somewhere
[[nodiscard]] std::vector<Decision> interleave_greedily(Interleave& space, std::span<const Decision::Sum> sums,
                                                        bool wherever);

}  // namespace convoy::partition::detail
