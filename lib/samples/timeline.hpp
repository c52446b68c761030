#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "util/units.hpp"
#include "yaml/reader.hpp"
#include "yaml/value.hpp"

namespace convoy::samples {

enum class Activity : std::uint8_t {
    wait,     ///< the program waits for a message
    compute,  ///< a piece, or a reduction
    send,     ///< handing a message to the network, as far as the program pays for it
};
[[nodiscard]] const char* to_string(Activity activity) noexcept;

/// What a device does from `begin` to `end`, since the frame's start.
struct Span {
    std::uint32_t device = 0;  ///< in the list of devices that goes with the timeline
    std::int32_t stage = 0;    ///< -1: the graph inputs
    std::uint32_t piece = 0;
    Activity activity = Activity::compute;
    util::Seconds begin{};
    util::Seconds end{};
    util::Seconds stretched{};  ///< of it, waited to emulate a slower device
    bool operator==(const Span&) const = default;
};

/// A message from being handed to the network until the receiver has all of it, since the frame's start.
struct Transfer {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    std::int32_t stage = 0;  ///< that made the layout; -1: the graph inputs
    std::uint32_t piece = 0;
    std::string tensor;
    util::Bytes bytes;  ///< payload
    util::Seconds begin{};
    util::Seconds end{};
    util::Seconds start_up{};  ///< of it, waited by the sender to emulate a link's start-up
    bool operator==(const Transfer&) const = default;
};

/// One frame, measured or predicted.
struct Timeline {
    util::Seconds latency{};  ///< from the frame's start until the sink has all outputs
    std::vector<Span> spans;
    std::vector<Transfer> transfers;
    bool operator==(const Timeline&) const = default;
};

/// Milliseconds as files hold them: to the nanosecond, so that they stay readable.
[[nodiscard]] double written_ms(util::Seconds time) noexcept;

/// `{latency_ms, spans: [{device, stage, piece, activity, begin_ms, end_ms}], transfers: [...]}`, devices by name.
[[nodiscard]] yaml::Value to_value(const Timeline& timeline, const std::vector<std::string>& devices);
/// The schema of what to_value writes, for documents that hold a timeline.
[[nodiscard]] const yaml::Schema& timeline_schema();
/// @throws Error data for an unknown device
[[nodiscard]] Timeline read_timeline(const yaml::Reader& reader, const std::vector<std::string>& devices);

}  // namespace convoy::samples
