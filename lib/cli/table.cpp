#include "cli/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "util/error.hpp"

namespace convoy::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// Columns of a UTF-8 text on the terminal: its characters.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t columns, bool right) {
    const std::string space(columns - std::min(columns, width(text)), ' ');
    return right ? space + text : text + space;
}

std::vector<std::size_t> column_widths(const Rows& rows) {
    std::vector<std::size_t> widths(rows.front().size());
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
    return widths;
}

std::string aligned(const Rows& rows, const std::vector<bool>& right) {
    const std::vector<std::size_t> widths = column_widths(rows);
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) line += (i ? "  " : "") + padded(row[i], widths[i], right[i]);
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

std::string markdown(Rows rows, const std::vector<bool>& right) {
    for (auto& row : rows)
        for (std::string& cell : row)
            for (std::size_t i = 0; (i = cell.find('|', i)) != std::string::npos; i += 2) cell.insert(i, "\\");
    const std::vector<std::size_t> widths = column_widths(rows);
    std::string text;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        for (std::size_t i = 0; i < rows[r].size(); ++i)
            text += "| " + padded(rows[r][i], std::max<std::size_t>(widths[i], 2), right[i]) + " ";
        text += "|\n";
        if (r > 0) continue;
        for (std::size_t i = 0; i < widths.size(); ++i)
            text += "| " + std::string(std::max<std::size_t>(widths[i], 2) - right[i], '-') + (right[i] ? ": " : " ");
        text += "|\n";
    }
    return text;
}

std::string csv_cell(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + '"';
}

std::string csv(const Rows& rows) {
    std::string text;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) text += (i ? "," : "") + csv_cell(row[i]);
        text += "\n";
    }
    return text;
}

}  // namespace

TableFormat table_format(std::string_view name) {
    if (name == "text") return TableFormat::text;
    if (name == "md") return TableFormat::markdown;
    if (name == "csv") return TableFormat::csv;
    throw util::Error(util::Errc::usage, fmt::format("'{}' is not a format of tables: text, md, csv", name));
}

std::string Table::Cell::text(TableFormat format) const {
    if (const auto* text = std::get_if<std::string>(&content_)) {
        std::string line = *text;
        if (format != TableFormat::csv) std::replace(line.begin(), line.end(), '\n', ' ');
        return line;
    }
    if (const auto* number = std::get_if<std::int64_t>(&content_)) return fmt::format("{}", *number);
    const Number& number = std::get<Number>(content_);
    if (format == TableFormat::csv) return fmt::format("{}", number.value);
    return number.sign ? fmt::format("{:+.{}f}", number.value, number.digits)
                       : fmt::format("{:.{}f}", number.value, number.digits);
}

Table& Table::add(std::vector<Cell> row) {
    assert(row.size() == header_.size());
    rows_.push_back(std::move(row));
    return *this;
}

std::string Table::to_string(TableFormat format) const {
    Rows rows{header_};
    std::vector<bool> right(header_.size(), !rows_.empty());
    for (const auto& row : rows_) {
        std::vector<std::string>& texts = rows.emplace_back();
        for (std::size_t i = 0; i < row.size(); ++i) {
            texts.push_back(row[i].text(format));
            if (!row[i].is_number() && !texts.back().empty()) right[i] = false;
        }
    }
    if (format == TableFormat::csv) return csv(rows);
    return format == TableFormat::text ? aligned(rows, right) : markdown(std::move(rows), right);
}

}  // namespace convoy::cli
