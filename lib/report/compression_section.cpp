#include <fmt/format.h>

#include <algorithm>

#include "cost/compression.hpp"
#include "report/cells.hpp"
#include "report/sections.hpp"
#include "report/shown.hpp"

namespace convoy::report::detail {
namespace {

Cell cluster_cell(const cost::Compression& compression, const cost::CompressionPart& part) {
    const auto other = [](const cost::CompressionPart& one) { return !one.cluster.empty(); };
    if (std::none_of(compression.parts.begin(), compression.parts.end(), other)) return Cell{};
    return part.cluster.empty() ? compression.cluster : part.cluster;
}

Cell uplink_cell(const cost::Compression& compression, const cost::CompressionPart& part) {
    const auto other = [](const cost::CompressionPart& one) { return one.uplink_mbit_per_s.has_value(); };
    if (std::none_of(compression.parts.begin(), compression.parts.end(), other)) return Cell{};
    return part.uplink_mbit_per_s ? ratio_cell(*part.uplink_mbit_per_s) : Cell("as it is");
}

void add_row(Table& table, std::vector<Cell> line, const cost::CompressionRow& row) {
    const auto share = [](std::optional<double> value) { return value ? ratio_cell(*value) : Cell{}; };
    const auto& score = row.score;
    for (Cell& cell :
         std::vector<Cell>{row.method, text_cell(row.cut), text_cell(row.codec), time_cell(row.latency),
                           time_cell(row.edge), time_cell(row.transfer), time_cell(row.cloud), bytes_cell(row.bytes),
                           score ? share(score->accuracy) : Cell{}, score ? share(score->agreement) : Cell{},
                           score ? ratio_cell(score->relative_error) : Cell{}, row.flops.value, row.parameters,
                           time_cell(row.latency_jpeg), time_cell(row.latency_float32)}) {
        line.push_back(std::move(cell));
    }
    table.rows.push_back(std::move(line));
}

Table method_table(const cost::Compression& compression) {
    Table table{.key = "methods",
                .title = "Ways to run the model, as predicted",
                .columns = {{"cluster", "cluster"},
                            {"uplink_mbit_per_s", "uplink in Mbit/s", Quantity::real},
                            {"method", "method"},
                            {"cut", "cut"},
                            {"codec", "codec"},
                            {"latency_ms", "latency", Quantity::milliseconds},
                            {"edge_ms", "edge", Quantity::milliseconds},
                            {"transfer_ms", "transfer", Quantity::milliseconds},
                            {"cloud_ms", "cloud", Quantity::milliseconds},
                            {"cut_bytes", "at the cut", Quantity::bytes},
                            {"accuracy_ratio", "accuracy", Quantity::ratio},
                            {"agreement_ratio", "agreement", Quantity::ratio},
                            {"relative_error_ratio", "relative error", Quantity::ratio},
                            {"flops", "FLOP", Quantity::real, false},
                            {"parameters", "parameters", Quantity::count},
                            {"jpeg_upload_ms", "with JPEG", Quantity::milliseconds},
                            {"float32_upload_ms", "with float32", Quantity::milliseconds}}};
    for (const cost::CompressionPart& part : compression.parts) {
        const std::vector<Cell> start{cluster_cell(compression, part), uplink_cell(compression, part)};
        for (const cost::CompressionRow& row : part.rows) {
            if (row.note.empty()) add_row(table, start, row);
        }
    }
    return table;
}

Table left_out_table(const cost::Compression& compression) {
    Table table{.key = "left_out",
                .title = "Without a plan",
                .columns = {{"cluster", "cluster"},
                            {"uplink_mbit_per_s", "uplink in Mbit/s", Quantity::real},
                            {"method", "method"},
                            {"reason", "reason"}}};
    for (const cost::CompressionPart& part : compression.parts) {
        const Cell cluster = cluster_cell(compression, part);
        const Cell uplink = uplink_cell(compression, part);
        if (!part.note.empty()) table.rows.push_back({cluster, uplink, Cell{}, part.note});
        for (const cost::CompressionRow& row : part.rows) {
            if (!row.note.empty()) table.rows.push_back({cluster, uplink, row.method, row.note});
        }
    }
    return table;
}

/// Of the cluster as it is.
void add_fastest(const std::vector<cost::CompressionRow>& rows, Section& section) {
    BarChart chart{"Latency, as predicted", {}, {}};
    const cost::CompressionRow* fastest = nullptr;
    for (const cost::CompressionRow& row : rows) {
        if (!row.note.empty()) continue;
        chart.bars.emplace_back(row.method, row.latency);
        if (!fastest || row.latency < fastest->latency) fastest = &row;
    }
    if (!fastest) return;
    section.lines.push_back({"fastest", fmt::format("{}, {}", fastest->method, time_text(fastest->latency))});
    section.facts.push_back({"fastest", fastest->method});
    section.pictures.emplace_back(std::move(chart));
}

}  // namespace

Section compression_section(const util::FileView& file) {
    const cost::Compression compression = cost::read_compression(file);
    Section section{.file = file.name(), .kind = "compression", .title = "a model compressed and split"};
    section.lines = {
        {"model", compression.model},
        {"cluster", compression.cluster},
        {"cloud", compression.cloud},
        {"compressed", compression.recipe},
        {"budget", fmt::format("{} of {}", percent_text(compression.max_drop), to_string(compression.metric))},
        {"images", fmt::format("{} fitted to, {} decided, {} checked", compression.calibration, compression.selection,
                               compression.check)}};
    section.facts = {{"model", compression.model},
                     {"cluster", compression.cluster},
                     {"metric", to_string(compression.metric)},
                     {"max_drop_ratio", ratio_cell(compression.max_drop)}};
    add_fastest(compression.parts.front().rows, section);
    add_table(section, method_table(compression));
    add_table(section, left_out_table(compression));
    return section;
}

}  // namespace convoy::report::detail
