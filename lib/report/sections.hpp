#pragma once

#include <span>

#include "report/report.hpp"
#include "report/trace_data.hpp"

// One function per kind of file: what there is to say about it.
namespace convoy::report::detail {

[[nodiscard]] Section trace_section(const TraceData& trace);
/// Several traces in one table. Needs at least two.
[[nodiscard]] Section side_by_side(std::span<const TraceData> traces);
/// A trace, and the frame whose latency is nearest to the median.
struct MeasuredTrace {
    const TraceData* data = nullptr;
    std::optional<samples::Timeline> median;
};
/// Runs by the plan and cluster that they repeat: predicted and measured, and which term of the prediction was wrong.
[[nodiscard]] Section cells_section(std::span<const MeasuredTrace> runs);
/// @throws Error data
[[nodiscard]] std::optional<samples::Timeline> median_frame(const util::FileView& file, const TraceData& trace);
[[nodiscard]] Section profile_section(const util::FileView& file);
[[nodiscard]] Section latency_section(const util::FileView& file);
[[nodiscard]] Section cluster_section(const util::FileView& file);
[[nodiscard]] Section plan_section(const util::FileView& file);
[[nodiscard]] Section comparison_section(const util::FileView& file);
[[nodiscard]] Section evaluation_section(const util::FileView& file);
[[nodiscard]] Section compression_section(const util::FileView& file);

/// What there is to draw of a trace: latencies of its frames, and the median, slowest and fastest of them.
[[nodiscard]] std::vector<Picture> trace_pictures(const util::FileView& file, const TraceData& trace);

/// Tables of a trace; of one without frames, as a plan's prediction is, they show what is predicted.
[[nodiscard]] Table stage_table(const TraceData& trace);
[[nodiscard]] Table link_table(const TraceData& trace);
[[nodiscard]] Table device_table(const TraceData& trace);
[[nodiscard]] Table frame_table(const TraceData& trace);

/// "a (source, sink), b (emulated, 2.50 times slower)".
[[nodiscard]] std::string devices_text(const samples::TraceHeader& header);

/// Adds a table without its empty columns, unless it has no rows.
void add_table(Section& section, Table table);

/// "predicted 21.2 ms, measured 24.0 ms (+13 %)", or as much of it as is known.
[[nodiscard]] std::string predicted_and_measured(std::optional<util::Seconds> predicted,
                                                 std::optional<util::Seconds> measured);

}  // namespace convoy::report::detail
