// table_problems() of option.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cli/option.hpp"

namespace convoy::cli {
namespace {

bool contains(const std::vector<std::string_view>& choices, std::string_view wanted) {
    return std::find(choices.begin(), choices.end(), wanted) != choices.end();
}

/// Why a text is no help text, or "".
std::string_view help_problem(std::string_view help) {
    constexpr std::size_t kColumns = 60;
    if (help.empty()) return "no help";
    if (help.size() > kColumns) return "help is longer than 60 columns";
    if (help.ends_with('.')) return "help ends in a full stop";
    const bool word = help.size() > 1 && help[1] >= 'a' && help[1] <= 'z';
    if (word && help[0] >= 'A' && help[0] <= 'Z') return "help begins with a capital letter";
    return "";
}

class Inspector {
  public:
    explicit Inspector(const Tool& tool) : tool_(tool) {}

    std::vector<std::string> inspect() {
        if (!tool_.name.starts_with("convoy-")) problem("name", "does not begin with convoy-");
        if (tool_.summary.empty() || tool_.summary.ends_with('.')) problem("summary", "empty, or ends in a full stop");
        for (std::size_t i = 0; i < tool_.positionals.size(); ++i) positional(i);
        for (const Option& row : all_options(tool_)) option(row);
        return problems_;
    }

  private:
    void problem(std::string_view what, std::string_view wrong) {
        if (!wrong.empty()) problems_.push_back(fmt::format("{}: {}: {}", tool_.name, what, wrong));
    }

    void positional(std::size_t i) {
        const Positional& row = tool_.positionals[i];
        problem(row.name, help_problem(row.help));
        if (i + 1 < tool_.positionals.size() && (row.repeatable || !row.required))
            problem(row.name, "optional or repeatable, but not the last");
    }

    void option(const Option& row) {
        const std::string name = fmt::format("--{}", row.long_name);
        problem(name, help_problem(row.help));
        if (!names_.insert(name).second) problem(name, "twice in the table");
        if (row.short_name != '\0' && !names_.insert(fmt::format("-{}", row.short_name)).second)
            problem(name, fmt::format("-{} is taken", row.short_name));
        const std::vector<std::string_view> choices = choices_of(row.choices);
        const bool may_have_choices = row.hint == Hint::choice || row.hint == Hint::text;
        if (choices.empty() ? row.hint == Hint::choice : !may_have_choices)
            problem(name, "choices and hint do not agree");
        if (!choices.empty() && !row.default_text.empty() && !contains(choices, row.default_text))
            problem(name, "the default is not among the choices");
        if (row.required && !row.default_text.empty()) problem(name, "required, but has a default");
        for (const std::string_view command : choices_of(row.commands))
            if (tool_.positionals.empty() || !contains(choices_of(tool_.positionals.front().choices), command))
                problem(name, fmt::format("the command '{}' does not exist", command));
    }

    const Tool& tool_;
    std::set<std::string> names_;
    std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> table_problems(const Tool& tool) { return Inspector(tool).inspect(); }

}  // namespace convoy::cli
