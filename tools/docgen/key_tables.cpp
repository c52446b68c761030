#include "docgen/key_tables.hpp"

#include <fmt/format.h>

#include <cmath>
#include <vector>

namespace convoy::tools {

namespace {

using yaml::Type;

std::string number_text(double number) {
    constexpr double kWhole = 9007199254740992;  // 2^53, the largest that JSON's numbers keep
    return std::abs(number) <= kWhole && number == std::floor(number) ? fmt::format("{:.0f}", number)
                                                                      : fmt::format("{}", number);
}

/// "from 0 to 1", "above 0", "from 0", "".
std::string range_text(const Type& type) {
    constexpr double kNoLimit = 9007199254740992;
    const bool bounded_above = std::isfinite(type.high) && type.high < kNoLimit;
    if (!std::isfinite(type.low)) return bounded_above ? " up to " + number_text(type.high) : "";
    const std::string low = (type.above_low ? " above " : " from ") + number_text(type.low);
    return bounded_above ? low + " to " + number_text(type.high) : low;
}

std::string sequence_text(const Type& type, const std::string& element) {
    constexpr double kMany = 1e15;
    if (type.low == type.high) return fmt::format("list of {}: {}", number_text(type.low), element);
    std::string text = "list of " + element;
    if (type.low > 0) text += fmt::format(", at least {}", number_text(type.low));
    if (type.high < kMany) text += fmt::format(", at most {}", number_text(type.high));
    return text;
}

std::string type_text(const Type& type) {
    switch (type.kind) {
        case Type::Kind::any:
            return "anything";
        case Type::Kind::boolean:
            return "`true` or `false`";
        case Type::Kind::integer:
            return "whole number" + range_text(type);
        case Type::Kind::number:
            return "number" + range_text(type);
        case Type::Kind::text:
            return type.low > 0 ? "text" : "text, may be empty";
        case Type::Kind::choice:
            return fmt::format("`{}`", fmt::join(type.choices, "`, `"));
        case Type::Kind::sequence:
            return sequence_text(type, type_text(*type.element));
        case Type::Kind::map:
            return "map from names to " + type_text(*type.element);
        case Type::Kind::record:
            return fmt::format("*{}*", type.schema->name);
        case Type::Kind::one_or_more:
            return fmt::format("{0}, or a list of {0}", type_text(*type.element));
    }
    return "";
}

/// The maps in a type, with what leads to them behind the key: "" for itself, "[]" for items, ".NAME" for entries.
void find_records(const Type& type, const std::string& suffix,
                  std::vector<std::pair<const yaml::Schema*, std::string>>& found) {
    if (type.kind == Type::Kind::record) found.emplace_back(type.schema, suffix);
    if (!type.element) return;
    const bool list = type.kind == Type::Kind::sequence;
    find_records(*type.element, suffix + (list ? "[]" : type.kind == Type::Kind::map ? ".NAME" : ""), found);
}

/// Text as it may stand in a cell of a table.
std::string cell(std::string text) {
    for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, "\\");
    return text;
}

}  // namespace

std::string KeyTables::markdown() {
    add_table(kind_.schema, "");
    return std::move(text_);
}

void KeyTables::add_table(const yaml::Schema& schema, const std::string& path) {
    done_.insert(&schema);
    if (!path.empty()) text_ += fmt::format("\n### *{}*: `{}`\n\n", schema.name, path);
    if (!schema.doc.empty()) text_ += schema.doc + "\n\n";
    text_ += "| key | value | when left out | meaning |\n|---|---|---|---|\n";
    if (path.empty()) {
        text_ +=
            fmt::format("| `schema` | `convoy.{}/{}` | an error | always the first key |\n", kind_.name, kind_.current);
    }
    for (const yaml::Field& field : schema.fields) add_row(field);
    for (const yaml::Field& field : schema.fields) {
        std::vector<std::pair<const yaml::Schema*, std::string>> records;
        find_records(field.type, "", records);
        for (const auto& [record, suffix] : records) {
            if (done_.count(record) == 0) add_table(*record, path + (path.empty() ? "" : ".") + field.key + suffix);
        }
    }
}

void KeyTables::add_row(const yaml::Field& field) {
    std::string value = type_text(field.type);
    if (!field.unit.empty() && field.type.kind != Type::Kind::record) value += ", in " + field.unit;
    std::string missing = field.required ? "an error" : "nothing";
    if (!field.default_text.empty()) missing = fmt::format("`{}`", field.default_text);
    std::string meaning = field.doc;
    if (field.since > kind_.oldest) {
        meaning += fmt::format("{}since version {}", meaning.empty() ? "" : "; ", field.since);
    }
    text_ += fmt::format("| `{}` | {} | {} | {} |\n", field.key, cell(value), cell(missing), cell(meaning));
}

}  // namespace convoy::tools
