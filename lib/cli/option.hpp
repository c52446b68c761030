#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace convoy::cli {

/// What an option's value is; decides how it is checked, shown and completed.
enum class Hint {
    none,  ///< a flag
    text,
    file,  ///< "-" is stdin or stdout
    folder,
    url,
    device,
    choice,  ///< one of Option::choices
    integer,
    number,
    duration,    ///< 250ms, 1s, 10min
    bytes,       ///< 500MB, 2GiB
    percentage,  ///< 10% or 0.1
};

/// One line of a tool's option table. Parser, --help, man page and completions are functions of it.
///
///     inline constexpr Option kOptions[] = {
///         {.long_name = "cluster", .short_name = 'c', .hint = Hint::file, .help = "devices and links", .required =
///         true},
///         {.long_name = "verify", .help = "compare with the unsplit model"},
///         {.long_name = "format", .short_name = 'f', .hint = Hint::choice, .default_text = "text",
///          .choices = "text|yaml|json", .help = "how to print the result"},
///     };
struct Option {
    std::string_view long_name;
    char short_name = '\0';
    Hint hint = Hint::none;
    std::string_view value_name = "";    ///< "" is the hint's own: FILE, DIR, URL, N, ...
    std::string_view default_text = "";  ///< what the getters return when the option is not given
    std::string_view choices = "";       ///< "text|yaml|json"; of Hint::text what is known, among other values
    std::string_view help = "";          ///< lower case, no full stop, at most 60 columns
    std::string_view detail = "";        ///< further sentences for the man page
    std::string_view group = "";         ///< heading in --help; "" is "options"
    std::string_view commands = "";      ///< "fit|eval": only with these values of the first positional
    bool repeatable = false;             ///< may be given several times
    bool required = false;
};

/// An argument without a dash.
struct Positional {
    std::string_view name;  ///< "MODEL.onnx"
    std::string_view help = "";
    std::string_view choices = "";  ///< "fit|eval|show": a command word
    bool required = true;
    bool repeatable = false;  ///< takes all that follow; only for the last
};

/// Everything about a tool but its work.
struct Tool {
    std::string_view name;           ///< "convoy-partition"
    std::string_view summary;        ///< one line, lower case, no full stop
    std::string_view synopsis = "";  ///< lines without the name, newline between; "" is made from the table
    std::span<const Positional> positionals = {};
    std::span<const Option> options = {};  ///< without the common ones
    std::string_view exit_notes = "";      ///< what exit status 1 means here, and other exceptions
    std::string_view examples = "";        ///< whole command lines, newline between
};

/// What every tool has: --output, --seed, --verbose, --quiet, --help, --version.
[[nodiscard]] std::span<const Option> common_options() noexcept;

/// The tool's options, then the common ones that it does not define itself.
[[nodiscard]] std::vector<Option> all_options(const Tool& tool);

/// What is wrong with a tool's table, one line each; for tests. Checked: unique names, help texts (lower case, no full
/// stop, at most 60 columns), choices where they are needed, defaults among the choices, commands that exist, and that
/// only the last positional is optional or repeatable.
[[nodiscard]] std::vector<std::string> table_problems(const Tool& tool);

/// "a|b|c" as three parts; "" as none.
[[nodiscard]] std::vector<std::string_view> choices_of(std::string_view choices);

/// How an option's value is called: value_name, or what its hint says; "" for a flag.
[[nodiscard]] std::string_view value_name_of(const Option& option) noexcept;

}  // namespace convoy::cli
