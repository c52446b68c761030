#include <fmt/format.h>

#include "report/cells.hpp"
#include "report/sections.hpp"
#include "report/shown.hpp"

namespace convoy::report::detail {
namespace {

using Time = std::optional<util::Seconds>;

/// One link, its two flows side by side, per frame.
struct LinkLine {
    LinkKey key;
    const Traffic* predicted = nullptr;
    const TraceData::Flow* measured = nullptr;
    const samples::LinkSummary* summary = nullptr;
};

std::vector<LinkLine> link_lines(const TraceData& trace) {
    std::map<LinkKey, LinkLine> lines;
    for (const auto& [key, flow] : trace.links) lines[key].measured = &flow;
    if (trace.predicted)
        for (const auto& [key, traffic] : trace.predicted->links) lines[key].predicted = &traffic;
    if (trace.summary)
        for (const samples::LinkSummary& link : trace.summary->links) lines[{link.from, link.to}].summary = &link;
    std::vector<LinkLine> ordered;
    for (auto& [key, line] : lines) {
        line.key = key;
        ordered.push_back(line);
    }
    return ordered;
}

Cell rate(double bytes, Time time) {
    if (!time || time->count() <= 0) return {};
    return rate_cell(util::BytesPerSecond(bytes / time->count()));
}

std::vector<Cell> link_row(const TraceData& trace, const LinkLine& line) {
    const Time predicted = line.predicted ? Time(line.predicted->busy) : std::nullopt;
    const Time measured = line.measured ? median_time(line.measured->busy) : std::nullopt;
    std::vector<Cell> row{trace.device_name(line.key.from), trace.device_name(line.key.to)};
    if (line.measured) {
        const auto frames = static_cast<double>(line.measured->frames);
        const double bytes = static_cast<double>(line.measured->payload.value) / frames;
        row.insert(row.end(), {ratio_cell(static_cast<double>(line.measured->messages) / frames), ratio_cell(bytes)});
    } else if (line.predicted) {
        row.insert(row.end(), {count_cell(line.predicted->messages), bytes_cell(line.predicted->payload)});
    } else {
        row.resize(row.size() + 2);
    }
    row.insert(row.end(), {time_cell(predicted), time_cell(measured), difference_cell(predicted, measured)});
    row.push_back(line.predicted ? rate(static_cast<double>(line.predicted->payload.value), predicted) : Cell{});
    row.push_back(std::holds_alternative<double>(row[3]) ? rate(std::get<double>(row[3]), measured) : Cell{});
    row.push_back(line.summary ? bytes_cell(line.summary->sent) : Cell{});
    return row;
}

}  // namespace

Table link_table(const TraceData& trace) {
    Table table{.key = "links",
                .title = "Links: transfer time " + median_title(trace),
                .columns = {{"from", "from"},
                            {"to", "to"},
                            {"messages", "messages", Quantity::real},
                            {"payload_bytes", "payload", Quantity::bytes},
                            {"predicted_ms", "predicted", Quantity::milliseconds},
                            {"measured_ms", "measured", Quantity::milliseconds},
                            {"difference_ratio", "off", Quantity::difference},
                            {"predicted_rate_mbit_per_s", "rate predicted", Quantity::mbit_per_s, false},
                            {"rate_mbit_per_s", "rate", Quantity::mbit_per_s},
                            {"sent_bytes", "sent in all", Quantity::bytes}}};
    const std::vector<LinkLine> lines = link_lines(trace);
    for (const LinkLine& line : lines) table.rows.push_back(link_row(trace, line));
    table.notes.emplace_back("transfer time: while at least one message of the frame was on its way, queues included");
    return table;
}

}  // namespace convoy::report::detail
