#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/cells.hpp"
#include "report/sections.hpp"
#include "report/shown.hpp"

namespace convoy::report::detail {
namespace {

using Time = std::optional<util::Seconds>;

/// A part of a stage, its two times side by side.
struct StageLine {
    StageKey key;
    Time predicted;
    Time predicted_wait;
    Time measured;
    Time measured_wait;
};

/// Nothing for a device that only waits for what others make of the stage.
Time unless_zero(Time time) { return time && time->count() > 0 ? time : std::nullopt; }

std::vector<StageLine> stage_lines(const TraceData& trace) {
    std::map<StageKey, StageLine> lines;
    for (const auto& [key, efforts] : trace.stages) {
        lines[key] = {key, std::nullopt, std::nullopt, unless_zero(median_time(efforts.compute)),
                      median_time(efforts.wait)};
    }
    if (trace.predicted) {
        for (const auto& [key, effort] : trace.predicted->stages) {
            StageLine& line = lines[key];
            line.key = key;
            line.predicted = unless_zero(effort.compute);
            if (trace.predicted->has_waits) line.predicted_wait = effort.wait;
        }
    }
    std::vector<StageLine> ordered;
    for (auto& [key, line] : lines) ordered.push_back(line);
    return ordered;
}

util::Seconds distance(const StageLine& line) {
    if (!line.predicted || !line.measured) return util::Seconds(-1);
    return util::Seconds(std::abs((*line.measured - *line.predicted).count()));
}

std::string furthest_text(const TraceData& trace, const StageLine& line) {
    const std::string name = trace.stage_name(line.key);
    return fmt::format("furthest from its prediction: stage {}{} on {}, {}", line.key.stage,
                       name.empty() ? "" : fmt::format(" ({})", name), trace.device_name(line.key.device),
                       predicted_and_measured(line.predicted, line.measured));
}

std::vector<std::string> stage_notes(const TraceData& trace, const std::vector<StageLine>& lines) {
    util::Seconds predicted{};
    util::Seconds measured{};
    util::Seconds apart{};
    int compared = 0;
    for (const StageLine& line : lines) {
        if (distance(line).count() < 0) continue;
        predicted += *line.predicted;
        measured += *line.measured;
        apart += distance(line);
        ++compared;
    }
    std::vector<std::string> notes;
    if (trace.header.devices.size() > 1)
        notes.emplace_back("wait: until the stage's messages from other devices have arrived");
    if (compared == 0) return notes;
    notes.push_back(fmt::format("all compute together: {}", predicted_and_measured(predicted, measured)));
    if (measured.count() > 0)
        notes.push_back(
            fmt::format("taken one by one, they are off by {} of the measured time", percent_text(apart / measured)));
    const auto furthest = std::max_element(lines.begin(), lines.end(),
                                           [](const auto& a, const auto& b) { return distance(a) < distance(b); });
    notes.push_back(furthest_text(trace, *furthest));
    return notes;
}

}  // namespace

Table stage_table(const TraceData& trace) {
    Table table{.key = "stages",
                .title = "Stages: compute and waiting time " + median_title(trace),
                .columns = {{"route", "route", Quantity::count, true, true},
                            {"stage", "stage", Quantity::count, true, true},
                            {"layers", "layers", Quantity::text, true, true},
                            {"device", "device"},
                            {"predicted_ms", "predicted", Quantity::milliseconds},
                            {"measured_ms", "measured", Quantity::milliseconds},
                            {"difference_ms", "off", Quantity::milliseconds},
                            {"difference_ratio", "off", Quantity::difference},
                            {"predicted_wait_ms", "wait predicted", Quantity::milliseconds},
                            {"measured_wait_ms", "wait measured", Quantity::milliseconds}}};
    const std::vector<StageLine> lines = stage_lines(trace);
    for (const StageLine& line : lines) {
        const bool both = line.predicted && line.measured;
        table.rows.push_back({trace.routes > 1 ? count_cell(line.key.route) : Cell{}, std::int64_t{line.key.stage},
                              text_cell(trace.stage_name(line.key)), trace.device_name(line.key.device),
                              time_cell(line.predicted), time_cell(line.measured),
                              both ? time_cell(*line.measured - *line.predicted) : Cell{},
                              difference_cell(line.predicted, line.measured), time_cell(line.predicted_wait),
                              time_cell(line.measured_wait)});
    }
    table.notes = stage_notes(trace, lines);
    return table;
}

}  // namespace convoy::report::detail
