#include "partition/settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "util/error.hpp"

namespace convoy::partition {

namespace {

std::vector<std::string> parts_of(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

std::optional<double> parse_number(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
    return number;
}

/// What is wrong with a value, and what may help; empty when nothing is.
std::pair<std::string, std::string> problem(const Setting& setting, const std::string& value) {
    if (!setting.choices.empty()) {
        const std::vector<std::string> words = parts_of(setting.choices, '|');
        if (std::find(words.begin(), words.end(), value) != words.end()) return {};
        return {fmt::format("'{}' is not one of {}", value, fmt::join(words, ", ")), util::suggestion(value, words)};
    }
    const std::optional<double> number = parse_number(value);
    const char* const kind = setting.whole ? "an integer" : "a number";
    if (!number || (setting.whole && std::floor(*number) != *number)) {
        return {fmt::format("{} is expected, not '{}'", kind, value), ""};
    }
    if (*number >= setting.least && *number <= setting.most) return {};
    const bool open = setting.most == std::numeric_limits<double>::max();
    return {open ? fmt::format("must be at least {}", setting.least)
                 : fmt::format("must be {} from {} to {}", kind, setting.least, setting.most),
            ""};
}

std::string known_text(std::string_view strategy, std::span<const Setting> table) {
    if (table.empty()) return fmt::format("{} has no settings", strategy);
    std::vector<std::string> known;
    for (const Setting& setting : table) known.push_back(to_string(setting));
    return fmt::format("the settings of {} are {}", strategy, fmt::join(known, ", "));
}

}  // namespace

Settings::Settings(std::string_view strategy, std::span<const Setting> table, std::string_view given) {
    const auto refuse = [&](const std::string& message, std::string hint) {
        if (hint.empty()) hint = known_text(strategy, table);
        throw util::Error(util::Errc::usage, fmt::format("{}: {}", strategy, message)).hint(std::move(hint));
    };
    for (const std::string& part : parts_of(given, ',')) {
        const std::size_t equals = part.find('=');
        if (equals == std::string::npos) refuse(fmt::format("'{}' is not NAME=VALUE", part), "");
        const std::string name = part.substr(0, equals);
        const std::string value = part.substr(equals + 1);
        const auto setting = std::find_if(table.begin(), table.end(), [&](const Setting& s) { return s.name == name; });
        if (setting == table.end()) {
            std::vector<std::string> names;
            for (const Setting& known : table) names.emplace_back(known.name);
            refuse(fmt::format("has no setting '{}'", name), util::suggestion(name, names));
        }
        if (const auto [wrong, hint] = problem(*setting, value); !wrong.empty()) {
            refuse(fmt::format("{}: {}", name, wrong), hint);
        }
        if (!given_.emplace(name, value).second) refuse(fmt::format("{} is given twice", name), "");
    }
}

std::string Settings::text(const Setting& setting) const {
    const auto found = given_.find(setting.name);
    return found != given_.end() ? found->second : std::string(setting.fallback);
}

std::optional<double> Settings::number(const Setting& setting) const { return parse_number(text(setting)); }

std::optional<std::size_t> Settings::count(const Setting& setting) const {
    const auto given = number(setting);
    if (!given) return std::nullopt;
    return static_cast<std::size_t>(*given);
}

std::string Settings::to_string() const {
    std::string text;
    for (const auto& [name, value] : given_) text += fmt::format("{}{}={}", text.empty() ? "" : ",", name, value);
    return text;
}

std::string to_string(const Setting& setting) {
    return fmt::format("{}={}", setting.name, setting.choices.empty() ? "NUMBER" : setting.choices);
}

}  // namespace convoy::partition
