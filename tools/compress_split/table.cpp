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

std::vector<std::string> header(Metric metric) {
    std::vector<std::string> names;
    for (const char* name : {"method", "cut", "codec", "latency_ms", "edge_ms", "transfer_ms", "cloud_ms", "cut_bytes"})
        names.emplace_back(name);
    if (metric != Metric::relative_error) names.emplace_back(to_string(metric));
    for (const char* name : {"relative_error", "mflop", "parameters", "jpeg_upload_ms", "float32_upload_ms"})
        names.emplace_back(name);
    return names;
}

std::vector<Table::Cell> cells(const CompressionRow& row, Metric metric) {
    if (!row.note.empty()) {
        std::vector<Table::Cell> empty(header(metric).size(), Table::Cell(""));
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

std::string part_name(const CompressionPart& part) {
    if (!part.uplink_mbit_per_s) return part.cluster;
    const std::string uplink = fmt::format("uplink {} Mbit/s", *part.uplink_mbit_per_s);
    return part.cluster.empty() ? uplink : fmt::format("{}, {}", part.cluster, uplink);
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
        if (!part.note.empty()) lines.push_back(fmt::format("{}: {}", part_name(part), part.note));
        for (const CompressionRow& row : part.rows) {
            if (!row.note.empty()) lines.push_back(fmt::format("{}: no plan: {}", row.method, row.note));
        }
    }
    return lines;
}

/// What tells parts apart: columns in front of the others.
class PartColumns {
  public:
    explicit PartColumns(const Compression& facts) : first_(facts.cluster) {
        for (const CompressionPart& part : facts.parts) {
            clusters_ = clusters_ || !part.cluster.empty();
            uplinks_ = uplinks_ || part.uplink_mbit_per_s;
        }
    }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> names;
        if (clusters_) names.emplace_back("cluster");
        if (uplinks_) names.emplace_back("uplink_mbit_per_s");
        return names;
    }
    [[nodiscard]] std::vector<Table::Cell> cells(const CompressionPart& part) const {
        std::vector<Table::Cell> cells;
        if (clusters_) cells.emplace_back(part.cluster.empty() ? first_ : part.cluster);
        if (!uplinks_) return cells;
        cells.push_back(part.uplink_mbit_per_s ? Table::fixed(*part.uplink_mbit_per_s, 2) : Table::Cell("as it is"));
        return cells;
    }

  private:
    std::string first_;
    bool clusters_ = false;
    bool uplinks_ = false;
};

template <typename T>
std::vector<T> joined(std::vector<T> front, const std::vector<T>& back) {
    front.insert(front.end(), back.begin(), back.end());
    return front;
}

std::string flat_text(const Compression& facts, cli::TableFormat format) {
    const PartColumns columns(facts);
    Table table(joined(columns.names(), header(facts.metric)));
    for (const CompressionPart& part : facts.parts) {
        for (const CompressionRow& row : part.rows) table.add(joined(columns.cells(part), cells(row, facts.metric)));
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
