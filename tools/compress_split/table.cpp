#include <fmt/format.h>

#include "cli/table.hpp"
#include "compress_split/job.hpp"

namespace convoy::tools {

namespace {

using cli::Table;
using cost::Compression;
using cost::CompressionPart;
using cost::CompressionRow;
using cost::Metric;

/// What the score columns hold of a model.
struct Points {
    std::optional<double> metric;  ///< accuracy or agreement
    double relative_error = 0;
};

std::optional<Points> points_of(const CompressionRow& row, Metric metric) {
    if (!row.score) return std::nullopt;
    return Points{metric == Metric::accuracy ? row.score->accuracy : row.score->agreement, row.score->relative_error};
}

Table::Cell milliseconds(std::optional<util::Seconds> time) {
    return time ? Table::fixed(util::milliseconds(*time), 3) : Table::Cell("");
}

std::vector<std::string> header(Metric metric, bool sweep) {
    std::vector<std::string> names;
    if (sweep) names.emplace_back("uplink_mbit_per_s");
    for (const char* name : {"method", "cut", "codec", "latency_ms", "edge_ms", "transfer_ms", "cloud_ms", "cut_bytes"})
        names.emplace_back(name);
    if (metric != Metric::relative_error) names.emplace_back(to_string(metric));
    for (const char* name : {"relative_error", "mflop", "parameters", "jpeg_upload_ms", "float32_upload_ms"})
        names.emplace_back(name);
    return names;
}

std::vector<Table::Cell> cells(const CompressionRow& row, Metric metric) {
    if (!row.note.empty()) {
        std::vector<Table::Cell> empty(header(metric, false).size(), Table::Cell(""));
        empty.front() = row.method;
        return empty;
    }
    const auto points = points_of(row, metric);
    const auto share = points && points->metric ? Table::fixed(*points->metric, 4) : Table::Cell("");
    const auto error = points ? Table::fixed(points->relative_error, 4) : Table::Cell("");
    std::vector<Table::Cell> cells{row.method,
                                   row.cut,
                                   row.codec,
                                   milliseconds(row.latency),
                                   milliseconds(row.edge),
                                   milliseconds(row.transfer),
                                   milliseconds(row.cloud),
                                   row.bytes.value,
                                   share,
                                   error,
                                   Table::fixed(row.flops.value / 1e6, 2),
                                   row.parameters,
                                   milliseconds(row.latency_jpeg),
                                   milliseconds(row.latency_float32)};
    constexpr std::ptrdiff_t kShare = 8;
    if (metric == Metric::relative_error) cells.erase(cells.begin() + kShare);
    return cells;
}

std::string budget_text(const Compression& facts) {
    const double points = 100 * facts.max_drop;
    if (facts.metric == Metric::accuracy) return fmt::format("{:.4g} points of accuracy", points);
    if (facts.metric == Metric::agreement)
        return fmt::format("{:.4g} points of agreement with the original's best class", points);
    return fmt::format("a mean relative error of {:.4g} %", points);
}

std::vector<std::string> remarks(const Compression& facts) {
    std::vector<std::string> lines;
    lines.push_back(fmt::format("budget: {}", budget_text(facts)));
    lines.push_back(
        fmt::format("images: {} fitted to, {} decided, {} checked (seed {}); the table's scores are of the "
                    "last",
                    facts.calibration, facts.selection, facts.check, facts.seed));
    lines.push_back(fmt::format("compressed: {}", facts.recipe));
    for (const CompressionPart& part : facts.parts) {
        if (!part.note.empty())
            lines.push_back(fmt::format("uplink {} Mbit/s: {}", *part.uplink_mbit_per_s, part.note));
        for (const CompressionRow& row : part.rows) {
            if (!row.note.empty()) lines.push_back(fmt::format("{}: no plan: {}", row.method, row.note));
        }
    }
    return lines;
}

std::string flat_text(const Compression& facts, cli::TableFormat format) {
    const bool sweep = facts.parts.size() > 1;
    Table table(header(facts.metric, sweep));
    for (const CompressionPart& part : facts.parts) {
        for (const CompressionRow& row : part.rows) {
            std::vector<Table::Cell> line = cells(row, facts.metric);
            if (sweep) {
                line.insert(line.begin(), part.uplink_mbit_per_s ? Table::fixed(*part.uplink_mbit_per_s, 2)
                                                                 : Table::Cell("as it is"));
            }
            table.add(std::move(line));
        }
    }
    std::string text = table.to_string(format);
    if (format == cli::TableFormat::csv) return text;
    text += '\n';
    const std::string bullet = format == cli::TableFormat::markdown ? "- " : "";
    for (const std::string& line : remarks(facts)) text += fmt::format("{}{}\n", bullet, line);
    return text;
}

}  // namespace

std::string table_text(const Compression& compression, const std::string& format) {
    if (format == "json") return write_compression(compression, yaml::Format::json);
    if (format == "yaml") return write_compression(compression);
    return flat_text(compression, cli::table_format(format));
}

}  // namespace convoy::tools
