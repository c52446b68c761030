// to_yaml and to_json: own emitters, because yaml-cpp's writes the text "no" unquoted and doubles with 17 digits.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "yaml/scalar.hpp"
#include "yaml/value.hpp"

namespace convoy::yaml {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kLineWidth = 120;

/// What differs between the two notations, scalars and keys.
struct Notation {
    std::string (*text)(std::string_view);
    std::string (*number)(double);
};

std::string json_number(double number) { return std::isfinite(number) ? detail::write_number(number) : "null"; }

constexpr Notation kYaml{detail::write_text, detail::write_number};
constexpr Notation kJson{detail::write_quoted, json_number};

std::string scalar_text(const Value& value, const Notation& notation) {
    if (const auto* text = value.as<std::string>()) return notation.text(*text);
    if (const auto* number = value.as<double>()) return notation.number(*number);
    if (const auto* number = value.as<std::int64_t>()) return fmt::format("{}", *number);
    if (const auto* boolean = value.as<bool>()) return *boolean ? "true" : "false";
    return "null";
}

std::string flow_text(const Value& value, const Notation& notation);

/// The items of a sequence or the `key: value` of a map, each on one line.
std::vector<std::string> flow_parts(const Value& value, const Notation& notation) {
    std::vector<std::string> parts;
    for (const Value& item : value.items()) parts.push_back(flow_text(item, notation));
    for (const auto& [key, item] : value.entries())
        parts.push_back(notation.text(key) + ": " + flow_text(item, notation));
    return parts;
}

std::string flow_text(const Value& value, const Notation& notation) {
    if (value.is_scalar()) return scalar_text(value, notation);
    const char* brackets = value.is_map() ? "{}" : "[]";
    return fmt::format("{}{}{}", brackets[0], fmt::join(flow_parts(value, notation), ", "), brackets[1]);
}

/// Flow text that starts at `column` and is broken between the outermost parts where a line gets too long.
std::string wrapped_flow(const Value& value, const Notation& notation, std::size_t column, std::size_t indent) {
    std::string text = flow_text(value, notation);
    if (value.is_scalar() || column + text.size() <= kLineWidth) return text;
    text = value.is_map() ? "{" : "[";
    column += 1;
    bool first = true;
    for (const std::string& part : flow_parts(value, notation)) {
        if (!first) {
            const bool breaks = column + part.size() + 3 > kLineWidth;
            text += breaks ? ",\n" + std::string(indent, ' ') : ", ";
            column = breaks ? indent : column + 2;
        }
        text += part;
        column += part.size();
        first = false;
    }
    return text + (value.is_map() ? "}" : "]");
}

bool is_flow(const Value& value) {
    if (value.is_scalar() || value.style() == Style::flow) return true;
    if (value.items().empty() && value.entries().empty()) return true;
    return value.style() == Style::automatic && value.is_sequence() &&
           std::all_of(value.items().begin(), value.items().end(), [](const Value& item) { return item.is_scalar(); });
}

/// Block YAML; the first line's indentation is already there.
void yaml_block(const Value& value, std::size_t indent, std::string& out) {
    const std::string margin(indent, ' ');
    bool first = true;
    const auto begin_line = [&] {
        if (!first) out += margin;
        first = false;
    };
    for (const auto& [key, item] : value.entries()) {
        begin_line();
        const std::string head = detail::write_text(key) + ":";
        out += head;
        if (is_flow(item)) {
            out += " " + wrapped_flow(item, kYaml, indent + head.size() + 1, indent + 2 * kIndent) + "\n";
        } else {
            out += "\n" + std::string(indent + kIndent, ' ');
            yaml_block(item, indent + kIndent, out);
        }
    }
    for (const Value& item : value.items()) {
        begin_line();
        out += "- ";
        if (is_flow(item)) {
            out += wrapped_flow(item, kYaml, indent + kIndent, indent + 2 * kIndent) + "\n";
        } else {
            yaml_block(item, indent + kIndent, out);
        }
    }
}

void json_block(const Value& value, std::size_t indent, std::string& out) {
    if (is_flow(value)) {
        out += wrapped_flow(value, kJson, indent, indent + kIndent);
        return;
    }
    const std::string margin(indent + kIndent, ' ');
    const char* separator = "\n";
    out += value.is_map() ? "{" : "[";
    for (const auto& [key, item] : value.entries()) {
        out += separator + margin + detail::write_quoted(key) + ": ";
        json_block(item, indent + kIndent, out);
        separator = ",\n";
    }
    for (const Value& item : value.items()) {
        out += separator + margin;
        json_block(item, indent + kIndent, out);
        separator = ",\n";
    }
    out += "\n" + std::string(indent, ' ') + (value.is_map() ? "}" : "]");
}

}  // namespace

std::string to_yaml(const Value& value) {
    if (is_flow(value)) return wrapped_flow(value, kYaml, 0, kIndent) + "\n";
    std::string out;
    yaml_block(value, 0, out);
    return out;
}

std::string to_json(const Value& value) {
    std::string out;
    json_block(value, 0, out);
    return out + "\n";
}

}  // namespace convoy::yaml
