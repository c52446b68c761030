#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "partition/strategy.hpp"

namespace convoy::partition::detail {

/// 1 / the time that the whole model takes, by device of the bed.
[[nodiscard]] std::vector<double> speeds_for_model(const Problem& problem);

/// The k fastest devices for k = `least`, ... (beyond 8 in doubling steps, and all of them), with and without the
/// source among them; each set ascending.
/// @param most  devices that there is something for
[[nodiscard]] std::vector<std::vector<std::size_t>> fastest_sets(
    const Problem& problem, std::size_t least, std::size_t most = std::numeric_limits<std::size_t>::max());

/// Parts of 1 that go by weight, none larger than its limit: what a limit takes away goes to the others.
/// @param limits  shape as weights; infinity: none. @return empty when the limits leave a part for nobody
[[nodiscard]] std::vector<double> proportions(const std::vector<double>& weights, const std::vector<double>& limits);

/// Consecutive intervals of [0, extent) that go by parts, in multiples of `granule` (but for the last), largest
/// remainders rounded up. Empty ones where a part is less than half a granule.
[[nodiscard]] std::vector<graph::Interval> deal_by(graph::Index extent, graph::Index granule,
                                                   const std::vector<double>& parts);

/// deal_by for rows of which nobody gets fewer than `least`, but for those who get none: whoever would is left out, the
/// smallest first, and its part goes to the others.
[[nodiscard]] std::vector<graph::Interval> deal_rows(graph::Index extent, graph::Index least,
                                                     std::vector<double> parts);

/// Bytes of weights that each device of the bed may keep; infinity where its memory is not limited.
using Room = std::vector<double>;
/// A plan that keeps to a room; empty when there is none.
using MakeInRoom = std::function<std::optional<plan::Plan>(const Room& room)>;

/// Takes room away from devices whose memory the plan exceeds, by as much as it does, until it does not: what maps and
/// messages need is known only of a whole plan.
/// @param why  set when there is no plan: whose memory is too small
[[nodiscard]] std::optional<plan::Plan> fit_memory(const Problem& problem, const MakeInRoom& make, std::string& why);

}  // namespace convoy::partition::detail
