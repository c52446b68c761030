#include <fmt/format.h>

#include "report/charts.hpp"
#include "report/markup.hpp"
#include "report/page.hpp"
#include "report/report.hpp"
#include "report/shown.hpp"

namespace convoy::report {
namespace {

using detail::escaped;

std::string element(const char* tag, const std::string& text) {
    return fmt::format("<{0}>{1}</{0}>\n", tag, escaped(text));
}

bool numeric(const Column& column) { return column.quantity != Quantity::text; }

std::string cell_html(const ShownCell& cell, bool number) {
    const char* kind = number ? "number" : "text";
    if (const auto* text = std::get_if<std::string>(&cell)) {
        return fmt::format("<td class=\"{}\">{}</td>", kind, escaped(*text));
    }
    const auto& shown = std::get<ShownNumber>(cell);
    return fmt::format("<td class=\"number\">{}</td>", shown.sign ? fmt::format("{:+.{}f}", shown.value, shown.digits)
                                                                  : fmt::format("{:.{}f}", shown.value, shown.digits));
}

std::string table_html(const Table& table) {
    const ShownTable shown = show(table);
    std::vector<bool> numbers;
    for (const Column& column : table.columns) {
        if (column.shown) numbers.push_back(numeric(column));
    }
    std::string html = table.title.empty() ? "" : element("h3", table.title);
    html += "<div class=\"scroll\"><table>\n<thead><tr>";
    for (std::size_t i = 0; i < shown.header.size(); ++i) {
        html += fmt::format("<th{}>{}</th>", numbers[i] ? " class=\"number\"" : "", escaped(shown.header[i]));
    }
    html += "</tr></thead>\n<tbody>\n";
    for (const auto& row : shown.rows) {
        html += "<tr>";
        for (std::size_t i = 0; i < row.size(); ++i) html += cell_html(row[i], numbers[i]);
        html += "</tr>\n";
    }
    html += "</tbody></table></div>\n";
    for (const std::string& note : table.notes) html += fmt::format("<p class=\"note\">{}</p>\n", escaped(note));
    return html;
}

std::string swatch(const std::string& drawing, const std::string& text) {
    return fmt::format(
        "<li><svg viewBox=\"0 0 22 12\" xmlns=\"http://www.w3.org/2000/svg\">{}</svg><span>{}</span></li>\n", drawing,
        escaped(text));
}

std::string filled(const std::string& group, const std::string& kind) {
    return fmt::format("<g class=\"{}\"><rect class=\"{}\" x=\"1\" y=\"1\" width=\"20\" height=\"10\"/></g>", group,
                       kind);
}

/// What rows, bars and colours mean.
std::string legend(const FrameChart& chart) {
    constexpr std::size_t kMostStages = 12;
    std::string html = "<ul class=\"legend\">\n";
    if (chart.predicted && chart.measured) {
        html += swatch(filled("predicted", "compute s0"), "predicted (upper row)");
        html += swatch(filled("measured", "compute s0"), "measured (lower row)");
    }
    html += swatch("<rect class=\"wait\" x=\"1\" y=\"5\" width=\"20\" height=\"2\"/>", "waiting");
    if (chart.measured) html += swatch(filled("measured", "send"), "handing over messages");
    html += swatch(filled("measured", "message si"), "inputs on their way");
    const std::size_t stages = std::min(chart.stages.size(), kMostStages);
    for (std::size_t i = 0; i < stages; ++i) {
        const std::string colour = detail::stage_class(static_cast<std::int32_t>(i));
        html += swatch(filled("measured", "compute " + colour), fmt::format("{} {}", i, chart.stages[i]));
    }
    if (chart.stages.size() > stages) {
        html += fmt::format("<li>and {} more stages, the colours in turn</li>\n", chart.stages.size() - stages);
    }
    return html + "</ul>\n";
}

struct Draw {
    std::string operator()(const FrameChart& chart) const {
        const std::string body = legend(chart) + "<div class=\"scroll\">" + detail::frame_svg(chart) + "</div>\n";
        if (!chart.open) return "<details>" + element("summary", chart.title) + body + "</details>\n";
        return element("h3", chart.title) + body;
    }
    std::string operator()(const LatencyChart& chart) const {
        return element("h3", "Latency of each frame: dashed the prediction, solid the median") +
               "<div class=\"scroll\">" + detail::latency_svg(chart) + "</div>\n";
    }
    std::string operator()(const CellChart& chart) const {
        return element("h3", "Latency, predicted above measured; the line spans the repetitions") +
               "<div class=\"scroll\">" + detail::cell_svg(chart) + "</div>\n";
    }
    std::string operator()(const CurveChart& chart) const {
        return element("h3", chart.title) + "<div class=\"scroll\">" + detail::curve_svg(chart) + "</div>\n";
    }
    std::string operator()(const BarChart& chart) const {
        return element("h3", chart.title) + "<div class=\"scroll\">" + detail::bar_svg(chart) + "</div>\n";
    }
};

std::string section_html(const Section& section, std::size_t number) {
    std::string html = fmt::format("<section id=\"s{}\">\n", number) + element("h2", section.title);
    if (!section.file.empty()) html += fmt::format("<p class=\"path\">{}</p>\n", escaped(section.file));
    for (const std::string& warning : section.warnings) {
        html += fmt::format("<p class=\"warning\">{}</p>\n", escaped(warning));
    }
    if (!section.lines.empty()) {
        html += "<dl>\n";
        for (const Line& line : section.lines) {
            html += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escaped(line.label), escaped(line.text));
        }
        html += "</dl>\n";
    }
    for (const Picture& picture : section.pictures) html += std::visit(Draw{}, picture);
    for (const Table& table : section.tables) html += table_html(table);
    return html + "</section>\n";
}

std::string heading(const Section& section) {
    return section.file.empty() ? section.title : section.file + ": " + section.title;
}

std::string head(const Report& report) {
    const std::string title =
        report.sections.size() == 1 ? "convoy: " + heading(report.sections.front()) : "convoy: report";
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n" +
           element("title", title) + "<style>\n" + std::string(detail::style_sheet()) + "</style>\n</head>\n";
}

}  // namespace

std::string write_html(const Report& report) {
    std::string html = head(report) + "<body>\n<header>\n<h1>convoy report</h1>\n";
    if (report.sections.size() > 1) {
        html += "<nav><ul>\n";
        for (std::size_t i = 0; i < report.sections.size(); ++i) {
            html += fmt::format("<li><a href=\"#s{}\">{}</a></li>\n", i, escaped(heading(report.sections[i])));
        }
        html += "</ul></nav>\n";
    }
    html += "</header>\n<main>\n";
    for (std::size_t i = 0; i < report.sections.size(); ++i) html += section_html(report.sections[i], i);
    return html + "</main>\n</body>\n</html>\n";
}

}  // namespace convoy::report
