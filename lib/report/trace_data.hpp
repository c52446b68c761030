#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "report/frame_totals.hpp"
#include "report/reservoir.hpp"
#include "samples/trace.hpp"

namespace convoy::report::detail {

/// What a report keeps of a trace: its size does not depend on the number of frames, `kept` apart.
struct TraceData {
    struct Efforts {
        Reservoir compute;      ///< seconds per frame
        Reservoir wait;         ///< seconds per frame
        Reservoir send;         ///< seconds per frame
        util::Seconds total{};  ///< compute of all frames
    };
    struct Flow {
        Reservoir busy;            ///< seconds per frame
        std::uint64_t frames = 0;  ///< that used the link
        std::uint64_t messages = 0;
        util::Bytes payload;
    };

    std::string file;
    samples::TraceHeader header;
    std::optional<FrameTotals> predicted;
    std::optional<samples::TraceSummary> summary;  ///< nothing: the run was stopped
    bool alone = false;                            ///< a summary without the trace that it ends
    std::string cut_off;  ///< where and why the file ends within a document; empty: it does not

    // Of the frames after warm-up.
    std::uint64_t frames = 0;
    std::uint64_t routes = 1;
    Reservoir latency;  ///< seconds
    util::Seconds begin{};
    util::Seconds end{};
    std::uint64_t retries = 0;
    samples::Accuracy accuracy;
    std::map<StageKey, Efforts> stages;
    std::map<std::uint32_t, Efforts> devices;
    std::map<LinkKey, Flow> links;

    std::vector<samples::FrameTrace> kept;  ///< without their timelines' spans and transfers; warm-up included

    /// Of the frames after warm-up; without frames and summary, of one predicted frame.
    [[nodiscard]] util::Seconds wall() const;
    [[nodiscard]] std::optional<util::Seconds> median_latency() const;
    [[nodiscard]] std::optional<util::Seconds> predicted_latency() const;
    /// Payload that crosses all links in one frame, on average; nothing when no frame was traced.
    [[nodiscard]] std::optional<double> bytes_per_frame() const;
    [[nodiscard]] std::string device_name(std::uint32_t device) const { return header.devices.at(device); }
    [[nodiscard]] std::string stage_name(const StageKey& key) const;
};

/// The value of a key, or nullptr.
template <class Map, class Key>
[[nodiscard]] const typename Map::mapped_type* find(const Map& map, const Key& key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
}
[[nodiscard]] std::optional<util::Seconds> median_time(const Reservoir& seconds);
/// "per frame, median of 100 frames", for titles.
[[nodiscard]] std::string median_title(const TraceData& trace);

/// Reads a trace one document at a time.
///
/// A file whose last line is not ended was cut off: what is wrong with its last document is not an error then, and the
/// frame in it is left out.
///
/// @param keep_frames  fills `kept`
/// @throws Error data
[[nodiscard]] TraceData read_trace(const util::FileView& file, bool keep_frames);

/// Calls `use` for every frame that read_trace counts, warm-up left out. @throws Error data
void each_frame(const util::FileView& file, const std::function<void(samples::FrameTrace)>& use);

}  // namespace convoy::report::detail
