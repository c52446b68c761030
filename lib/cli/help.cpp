#include "cli/help.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace convoy::cli {
namespace {

constexpr std::size_t kNameColumns = 28;
constexpr std::size_t kLineColumns = 100;

std::string left_column(const Option& option) {
    std::string text = option.short_name == '\0' ? "      --" : fmt::format("  -{}, --", option.short_name);
    text += option.long_name;
    if (option.hint == Hint::none) return text;
    const std::string_view value = value_name_of(option);
    return text + " " + std::string(value.size() > kNameColumns - 6 ? "CHOICE" : value);
}

/// A name, then its explanation in the second column, on the next line when the name is long.
std::string row(std::string name, const std::string& explanation, std::string_view addition) {
    std::string text = std::move(name);
    const std::string margin(kNameColumns, ' ');
    text += text.size() + 2 > kNameColumns ? "\n" + margin : std::string(kNameColumns - text.size(), ' ');
    text += explanation;
    if (addition.empty()) return text + "\n";
    const bool fits = kNameColumns + explanation.size() + 1 + addition.size() <= kLineColumns;
    return fmt::format("{}{}{}\n", text, fits ? " " : "\n" + margin, addition);
}

/// Words with commas between, in the second column.
std::string word_rows(const std::vector<std::string_view>& words) {
    std::string text;
    std::string line;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string word = std::string(words[i]) + (i + 1 < words.size() ? "," : "");
        if (!line.empty() && kNameColumns + line.size() + 1 + word.size() > kLineColumns) {
            text += fmt::format("{:{}}{}\n", "", kNameColumns, line);
            line.clear();
        }
        line += (line.empty() ? "" : " ") + word;
    }
    return line.empty() ? text : text + fmt::format("{:{}}{}\n", "", kNameColumns, line);
}

std::string option_row(const Option& option) {
    std::string addition;
    if (option.required) addition = "(required)";
    if (!option.default_text.empty()) addition = fmt::format("[{}]", option.default_text);
    std::string help(option.help);
    if (!option.commands.empty())
        help = fmt::format("{}: {}", fmt::join(choices_of(option.commands), ", "), option.help);
    std::string text = row(left_column(option), help, addition);
    const bool in_name = option.hint == Hint::choice && value_name_of(option).size() <= kNameColumns - 6;
    if (!in_name) text += word_rows(choices_of(option.choices));
    return text;
}

std::string positional_text(const Positional& positional) {
    const std::string name(positional.choices.empty() ? positional.name : positional.choices);
    const std::string repeated = name + (positional.repeatable ? "..." : "");
    return positional.required ? repeated : "[" + repeated + "]";
}

std::string default_synopsis(const Tool& tool) {
    std::string text;
    for (const Positional& positional : tool.positionals) text += positional_text(positional) + " ";
    for (const Option& option : tool.options) {
        if (!option.required || !option.commands.empty()) continue;
        text +=
            option.short_name == '\0' ? fmt::format("--{} ", option.long_name) : fmt::format("-{} ", option.short_name);
        text += fmt::format("{} ", value_name_of(option));
    }
    return text + "[options]";
}

/// Calls `use` with each line of a text.
template <class Use>
void for_each_line(std::string_view text, const Use& use) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        use(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

/// The options under their headings, in the order in which these first appear; the common ones last.
std::string options_text(const Tool& tool) {
    const std::vector<Option> options = all_options(tool);
    std::vector<std::string_view> groups;
    for (const Option& option : options)
        if (std::find(groups.begin(), groups.end(), option.group) == groups.end()) groups.push_back(option.group);
    std::rotate(std::find(groups.begin(), groups.end(), ""), std::next(std::find(groups.begin(), groups.end(), "")),
                groups.end());
    std::string text;
    for (const std::string_view group : groups) {
        text += fmt::format("\n{}:\n", group.empty() ? "options" : group);
        for (const Option& option : options)
            if (option.group == group) text += option_row(option);
    }
    return text;
}

}  // namespace

std::string usage_text(const Tool& tool) {
    const std::string synopsis = tool.synopsis.empty() ? default_synopsis(tool) : std::string(tool.synopsis);
    std::string text;
    for_each_line(synopsis, [&](std::string_view line) {
        text += fmt::format("{} {} {}\n", text.empty() ? "usage:" : "      ", tool.name, line);
    });
    return text;
}

std::string help_text(const Tool& tool) {
    std::string text = usage_text(tool) + fmt::format("\n{}\n", tool.summary);
    if (!tool.positionals.empty()) text += "\n";
    for (const Positional& positional : tool.positionals)
        text +=
            row("  " + std::string(positional.name), std::string(positional.help),
                positional.choices.empty() ? "" : fmt::format("({})", fmt::join(choices_of(positional.choices), ", ")));
    text += options_text(tool);
    if (!tool.exit_notes.empty()) text += "\nexit status:\n";
    for_each_line(tool.exit_notes, [&](std::string_view line) { text += fmt::format("  {}\n", line); });
    if (!tool.examples.empty()) text += "\nexamples:\n";
    for_each_line(tool.examples, [&](std::string_view line) { text += fmt::format("  {}\n", line); });
    return text;
}

}  // namespace convoy::cli
