#include "report/render.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/table.hpp"
#include "report/shown.hpp"

namespace convoy::tools {

namespace {

cli::Table::Cell cell_of(const report::ShownCell& cell) {
    if (const auto* text = std::get_if<std::string>(&cell)) return *text;
    const auto& number = std::get<report::ShownNumber>(cell);
    return cli::Table::Number{number.value, number.digits, number.sign};
}

std::string table_text(const report::Table& table, cli::TableFormat format) {
    const report::ShownTable shown = report::show(table);
    cli::Table result(shown.header);
    for (const auto& row : shown.rows) {
        std::vector<cli::Table::Cell> cells;
        for (const report::ShownCell& cell : row) cells.push_back(cell_of(cell));
        result.add(std::move(cells));
    }
    return result.to_string(format);
}

std::string heading(const report::Section& section) {
    return section.file.empty() ? section.title : fmt::format("{}: {}", section.file, section.title);
}

std::string section_text(const report::Section& section) {
    std::size_t width = 0;
    for (const report::Line& line : section.lines) width = std::max(width, line.label.size());
    std::string text = heading(section) + "\n";
    for (const std::string& warning : section.warnings) text += fmt::format("  note: {}\n", warning);
    for (const report::Line& line : section.lines) text += fmt::format("  {:<{}}  {}\n", line.label, width, line.text);
    for (const report::Table& table : section.tables) {
        text += table.title.empty() ? "\n" : fmt::format("\n{}\n", table.title);
        text += table_text(table, cli::TableFormat::text);
        for (const std::string& note : table.notes) text += note + "\n";
    }
    return text;
}

std::string section_markdown(const report::Section& section) {
    std::string text = fmt::format("## {}\n\n", heading(section));
    for (const std::string& warning : section.warnings) text += fmt::format("**Note:** {}.\n\n", warning);
    for (const report::Line& line : section.lines) {
        text +=
            line.label.empty() ? fmt::format("  {}\n", line.text) : fmt::format("- {}: {}\n", line.label, line.text);
    }
    for (const report::Table& table : section.tables) {
        if (!table.title.empty()) text += fmt::format("\n### {}\n\n", table.title);
        if (table.title.empty() && !section.lines.empty()) text += "\n";  // or the table belongs to the list
        text += table_text(table, cli::TableFormat::markdown);
        for (const std::string& note : table.notes) text += fmt::format("\n{}.\n", note);
    }
    return text;
}

std::string csv_text(const report::Report& report) {
    const report::FlatTable flat = report::flatten(report);
    cli::Table result(flat.header);
    for (const auto& row : flat.rows) {
        std::vector<cli::Table::Cell> cells;
        for (const report::Cell& cell : row) cells.emplace_back(report::plain_text(cell));
        result.add(std::move(cells));
    }
    return result.to_string(cli::TableFormat::csv);
}

}  // namespace

std::string report_text(const report::Report& report, const std::string& format) {
    if (format == "csv") return csv_text(report);
    if (format == "svg") return report::write_svg(report);
    if (format == "html") return report::write_html(report);
    if (format == "yaml" || format == "json")
        return report::write(report, format == "json" ? yaml::Format::json : yaml::Format::yaml);
    std::string text;
    for (const report::Section& section : report.sections) {
        text += text.empty() ? "" : "\n";
        text += format == "md" ? section_markdown(section) : section_text(section);
    }
    return text;
}

}  // namespace convoy::tools
