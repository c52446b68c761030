#pragma once

#include <functional>
#include <vector>

#include "graph/region.hpp"
#include "util/units.hpp"

namespace convoy::partition::detail {

/// Time of receiver i for an interval of the axis that is dealt out; grows with the interval.
using TimeOf = std::function<util::Seconds(std::size_t, const graph::Interval&)>;

/// Consecutive intervals that cover [0, extent), one for each receiver, empty for one that is too slow for anything:
/// those whose slowest receiver is fastest, to half a percent. Receivers in the middle are asked about intervals in
/// the middle of the extent, wherever they come to lie.
///
/// Source: the heights of OPM in the OFPM thesis (Shen, 2023), found by bisection of the time that each may take.
[[nodiscard]] std::vector<graph::Interval> least_maximum(graph::Index extent, std::size_t count, const TimeOf& time);

}  // namespace convoy::partition::detail
