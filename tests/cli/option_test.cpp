#include "cli/option.hpp"

#include <catch2/catch.hpp>

using namespace convoy;

TEST_CASE("cli: a well-formed table has no problems, each mistake is named", "[cli]") {
    constexpr cli::Positional kGood[] = {{.name = "command", .help = "what to do", .choices = "a|b"}};
    CHECK(cli::table_problems({.name = "convoy-x", .summary = "does x", .positionals = kGood}).empty());

    constexpr cli::Positional kPositionals[] = {{.name = "A", .help = "first", .repeatable = true},
                                                {.name = "B", .help = "second"}};
    constexpr cli::Option kOptions[] = {
        {.long_name = "seeds", .short_name = 'o', .help = "Seeds"},
        {.long_name = "kind", .hint = cli::Hint::choice, .default_text = "c", .choices = "a|b", .help = "which."},
        {.long_name = "kind", .hint = cli::Hint::choice, .help = ""},
        {.long_name = "late",
         .hint = cli::Hint::text,
         .default_text = "x",
         .help = "late",
         .commands = "go",
         .required = true},
    };
    CHECK(cli::table_problems({.name = "x", .summary = "Does.", .positionals = kPositionals, .options = kOptions}) ==
          std::vector<std::string>{
              "x: name: does not begin with convoy-", "x: summary: empty, or ends in a full stop",
              "x: A: optional or repeatable, but not the last", "x: --seeds: help begins with a capital letter",
              "x: --kind: help ends in a full stop", "x: --kind: the default is not among the choices",
              "x: --kind: no help", "x: --kind: twice in the table", "x: --kind: choices and hint do not agree",
              "x: --late: required, but has a default", "x: --late: the command 'go' does not exist",
              "x: --output: -o is taken"});
}
