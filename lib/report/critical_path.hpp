#pragma once

#include <map>
#include <tuple>

#include "samples/timeline.hpp"
#include "samples/trace.hpp"

namespace convoy::report::detail {

/// What a part of a frame's latency goes into.
enum class TermKind : std::uint8_t {
    compute,   ///< a stage on a device
    transfer,  ///< from handing a message over until it is there, without its start-up
    start_up,  ///< of the messages on a link, where it was emulated
    waiting,   ///< between a device's steps: packing, scheduling, work on other frames
};

struct Term {
    TermKind kind = TermKind::compute;
    std::int32_t stage = -1;  ///< compute: which; transfer and start-up: that made what is sent, -1: the inputs; else -1
    std::uint32_t from = 0;   ///< the device
    std::uint32_t to = 0;     ///< transfer and start-up: the receiver; else as `from`
    auto operator<=>(const Term&) const = default;
};

/// The terms that a frame's latency is the sum of: from the sink's last step back to the frame's start, each time to
/// what ended last before, be it an own step or a message that came. Works alike on predicted and measured frames,
/// whose terms can then be compared one by one.
///
/// O(n^2) in the steps and messages on the path.
///
/// @param start_ups  links whose messages begin with one
/// @return  adds up to the timeline's latency
[[nodiscard]] std::map<Term, util::Seconds> critical_path(const samples::Timeline& timeline, std::uint32_t sink,
                                                          const std::vector<samples::StartUp>& start_ups);

}  // namespace convoy::report::detail
