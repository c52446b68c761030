#pragma once

#include <compare>
#include <cstdint>
#include <map>

#include "samples/timeline.hpp"
#include "util/units.hpp"

namespace convoy::report::detail {

/// The part of a stage that one device has.
struct StageKey {
    std::uint32_t route = 0;
    std::int32_t stage = 0;  ///< -1: the graph inputs
    std::uint32_t device = 0;
    auto operator<=>(const StageKey&) const = default;
};

/// One direction between two devices.
struct LinkKey {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    auto operator<=>(const LinkKey&) const = default;
};

/// Time spent, all pieces together.
struct Effort {
    util::Seconds compute{};
    util::Seconds wait{};
    util::Seconds send{};
};

struct Traffic {
    std::uint64_t messages = 0;
    util::Bytes payload;
    util::Seconds busy{};  ///< in which at least one message was on its way
};

/// One frame, predicted or measured, added up.
struct FrameTotals {
    util::Seconds latency{};
    std::map<StageKey, Effort> stages;
    std::map<std::uint32_t, Effort> devices;
    std::map<LinkKey, Traffic> links;
    bool has_waits = false;  ///< whether the timeline shows any waiting
};

/// O(n log n) in the timeline's spans and transfers.
[[nodiscard]] FrameTotals add_up(const samples::Timeline& timeline, std::uint32_t route);

}  // namespace convoy::report::detail
