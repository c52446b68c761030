#include "report/report.hpp"
#include "util/version.hpp"

namespace convoy::report {

using namespace yaml;

namespace {

const Schema& section_schema() {
    static const Schema schema{
        "section",
        {
            {.key = "file", .type = any_text(), .default_text = "''", .doc = "empty: about several files"},
            {.key = "kind", .type = text(), .required = true, .doc = "of the file"},
            {.key = "overview", .type = map_of(any()), .default_text = "{}"},
            {.key = "warnings", .type = sequence_of(text()), .default_text = "[]"},
            {.key = "tables",
             .type = map_of(sequence_of(map_of(any()))),
             .default_text = "{}",
             .doc = "rows by column; a value that is not known is left out"},
        }};
    return schema;
}

const Schema& report_schema() {
    static const Schema schema{"report",
                               {
                                   {.key = "generator", .type = text(), .required = true},
                                   {.key = "sections", .type = sequence_of(record(section_schema())), .required = true},
                               }};
    return schema;
}

Value to_value(const Cell& cell) {
    return std::visit(
        [](const auto& value) -> Value {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) {
                return {};
            } else {
                return value;
            }
        },
        cell);
}

void set(Value& map, const std::string& key, const Cell& cell) {
    if (!std::holds_alternative<std::monostate>(cell)) map.set(key, to_value(cell));
}

Value to_value(const Table& table) {
    Value rows = Value::sequence();
    for (const auto& cells : table.rows) {
        Value row = Value::map().flow();
        for (std::size_t i = 0; i < cells.size(); ++i) set(row, table.columns[i].key, cells[i]);
        rows.push(std::move(row));
    }
    return rows;
}

Value to_value(const Section& section) {
    Value overview = Value::map();
    for (const Fact& fact : section.facts) set(overview, fact.key, fact.value);
    Value tables = Value::map();
    for (const Table& table : section.tables) tables.set(table.key, to_value(table));
    Value value = Value::map({{"file", section.file}, {"kind", section.kind}, {"overview", overview}});
    if (!section.warnings.empty()) value.set("warnings", Value(section.warnings).block());
    return value.set("tables", tables);
}

}  // namespace

DocumentKind report_kind() { return {"report", 1, 1, report_schema()}; }

std::string write(const Report& report, Format format) {
    Value sections = Value::sequence();
    for (const Section& section : report.sections) sections.push(to_value(section));
    return write_document(report_kind(),
                          Value::map({{"generator", "convoy " + std::string(util::version())}, {"sections", sections}}),
                          format);
}

}  // namespace convoy::report
