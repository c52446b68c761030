#include "cli/parser.hpp"

#include <catch2/catch.hpp>

#include "cli/help.hpp"

using namespace convoy;

namespace {

constexpr cli::Positional kPositionals[] = {
    {.name = "command", .help = "what to do", .choices = "fit|show"},
    {.name = "FILE", .help = "profiles", .required = false, .repeatable = true}};
constexpr cli::Option kOptions[] = {
    {.long_name = "input", .short_name = 'i', .hint = cli::Hint::file, .help = "what to read", .repeatable = true},
    {.long_name = "format",
     .short_name = 'f',
     .hint = cli::Hint::choice,
     .default_text = "text",
     .choices = "text|yaml|json",
     .help = "how to print"},
    {.long_name = "load", .hint = cli::Hint::number, .default_text = "0,0.5", .help = "CPU loads", .repeatable = true},
    {.long_name = "repeat", .short_name = 'n', .hint = cli::Hint::integer, .default_text = "1", .help = "how often"},
    {.long_name = "gain", .hint = cli::Hint::percentage, .help = "smallest gain"},
    {.long_name = "timeout", .hint = cli::Hint::duration, .default_text = "10s", .help = "longest wait"},
    {.long_name = "memory", .hint = cli::Hint::bytes, .help = "memory limit", .group = "limits"},
    {.long_name = "address",
     .hint = cli::Hint::text,
     .value_name = "DEVICE=URL",
     .help = "where a device is",
     .repeatable = true},
    {.long_name = "verify", .help = "compare with the whole model"},
    {.long_name = "folds", .hint = cli::Hint::integer, .help = "parts", .commands = "fit"},
    {.long_name = "latency", .hint = cli::Hint::file, .help = "model", .commands = "show", .required = true},
};
constexpr cli::Tool kTool{
    .name = "convoy-demo", .summary = "shows options", .positionals = kPositionals, .options = kOptions};

cli::Options parse(std::vector<std::string> arguments) { return cli::parse(kTool, arguments); }

/// "key: message (hint)" of the usage error that a command line gives.
std::string refusal(std::vector<std::string> arguments) {
    try {
        (void)parse(arguments);
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::usage);
        const std::string key = error.key().empty() ? "" : error.key() + ": ";
        return key + error.message() + (error.hint().empty() ? "" : " (" + error.hint() + ")");
    }
    return "";
}

}  // namespace

TEST_CASE("cli: values are typed, defaults stand in", "[cli]") {
    const cli::Options options =
        parse({"fit",         "a,b.yaml", "-",  "-i",     "-",   "--input=x,y.png", "--load", "0,0.25",
               "--load=1",    "-n",       "5",  "--gain", "10%", "--memory=500MB",  "-vv",    "--address",
               "b=tcp://h:1", "--verify", "--", "--odd"});
    CHECK(options.positional("command") == "fit");
    CHECK(options.positionals("FILE") == std::vector<std::string>{"a,b.yaml", "-", "--odd"});
    CHECK(options.all("input") == std::vector<std::string>{"-", "x,y.png"});
    CHECK(options.numbers("load", 0, 1) == std::vector<double>{0, 0.25, 1});
    CHECK(options.integer("repeat", 1, 10) == 5);
    CHECK(options.percentage("gain") == 0.1);
    CHECK(options.bytes("memory").value == 500'000'000);
    CHECK(options.count("verbose") == 2);
    CHECK(options.assignments("address").at(0) == std::pair<std::string, std::string>{"b", "tcp://h:1"});
    CHECK(options.flag("verify"));
    CHECK(options.text("format") == "text");
    CHECK(options.duration("timeout") == util::Seconds(10));
    CHECK(options.output() == "-");
    CHECK(options.seed() == 1);
    CHECK_FALSE(options.has("timeout"));
    CHECK_FALSE(options.optional_text("folds"));
    CHECK(parse({"fit"}).numbers("load", 0, 1) == std::vector<double>{0, 0.5});
}

TEST_CASE("cli: a wrong command line is refused with the option and what helps", "[cli]") {
    CHECK(refusal({}) == "command is missing");
    CHECK(refusal({"fitt"}) == "'fitt' is not one of fit, show (did you mean 'fit'?)");
    CHECK(refusal({"fit", "--verfy"}) == "unknown option '--verfy' (did you mean '--verify'?)");
    CHECK(refusal({"fit", "-x"}) == "unknown option '-x'");
    CHECK(refusal({"fit", "-5"}) == "unknown option '-5'");
    CHECK(refusal({"fit", "-f"}) == "--format: needs a value: text|yaml|json");
    CHECK(refusal({"fit", "-i", "--verify"}) == "--input: needs a value: FILE");
    CHECK(refusal({"fit", "-f", "ymal"}) == "--format: 'ymal' is not one of text, yaml, json (did you mean 'yaml'?)");
    CHECK(refusal({"fit", "--repeat", "many"}) == "--repeat: an integer is expected, not 'many'");
    CHECK(refusal({"fit", "--load", "0,nan"}) == "--load: a number is expected, not 'nan'");
    CHECK(refusal({"fit", "--gain=x%"}) == "--gain: a share such as 10% or 0.1 is expected, not 'x%'");
    CHECK(refusal({"fit", "--timeout", "1day"}) ==
          "--timeout: a time such as 250ms, 1s or 10min is expected, not '1day'");
    CHECK(refusal({"fit", "--memory", "-1GB"}) == "--memory: a size such as 500MB or 2GiB is expected, not '-1GB'");
    CHECK(refusal({"fit", "-n", "1", "--repeat=2"}) == "--repeat: is given more than once");
    CHECK(refusal({"fit", "--verify=false"}) == "--verify: takes no value");
    CHECK(refusal({"fit", "--output="}) == "--output: the value is empty");
    CHECK(refusal({"show"}) == "--latency: is missing");
    CHECK(refusal({"show", "--latency", "-", "--folds", "3"}) == "--folds: is not an option of 'show'");
}

TEST_CASE("cli: getters refuse what is out of range, and an argument too many", "[cli]") {
    const cli::Options options = parse({"fit", "-n", "-5", "--load", "2", "--address", "nonsense"});
    CHECK_THROWS_WITH(options.integer("repeat", 1, 10), "must be an integer from 1 to 10, not -5");
    CHECK_THROWS_WITH(options.numbers("load", 0, 1), "must be a number from 0 to 1, not 2");
    CHECK_THROWS_WITH(options.assignments("address"), "NAME=VALUE is expected, not 'nonsense'");
    CHECK_THROWS_WITH(options.text("gain"), "is missing");
    CHECK_THROWS_AS(options.flag("no-such-row"), util::Error);
    constexpr cli::Tool kBare{.name = "convoy-bare", .summary = "takes nothing"};
    CHECK_THROWS_WITH(cli::parse(kBare, {"x"}), "unexpected argument 'x'");
}

TEST_CASE("cli: --help and --version need nothing else", "[cli]") {
    CHECK(parse({"--help"}).flag("help"));
    CHECK(parse({"--version"}).flag("version"));
    CHECK(parse({"show", "-h"}).flag("help"));
}

TEST_CASE("cli: values with units", "[cli]") {
    CHECK(cli::parse_duration("250ms") == util::Seconds(0.25));
    CHECK(cli::parse_duration("10min") == util::Seconds(600));
    CHECK(cli::parse_duration("1.5") == util::Seconds(1.5));
    CHECK_FALSE(cli::parse_duration("1e400s"));
    CHECK_FALSE(cli::parse_duration("s"));
    CHECK_FALSE(cli::parse_duration(""));
    CHECK(cli::parse_bytes("2GiB") == util::Bytes(std::int64_t{2} << 30));
    CHECK(cli::parse_bytes("64") == util::Bytes(64));
    CHECK_FALSE(cli::parse_bytes("9223372036854775808"));
    CHECK_FALSE(cli::parse_bytes("1 GB"));
    CHECK(cli::parse_percentage("0.5") == 0.5);
    CHECK_FALSE(cli::parse_percentage("infinity%"));
}

TEST_CASE("cli: the help text is a function of the table", "[cli]") {
    CHECK(cli::help_text(kTool) == R"(usage: convoy-demo fit|show [FILE...] [options]

shows options

  command                   what to do (fit, show)
  FILE                      profiles

limits:
      --memory SIZE         memory limit

options:
  -i, --input FILE          what to read
  -f, --format text|yaml|json
                            how to print [text]
      --load X              CPU loads [0,0.5]
  -n, --repeat N            how often [1]
      --gain PERCENT        smallest gain
      --timeout TIME        longest wait [10s]
      --address DEVICE=URL  where a device is
      --verify              compare with the whole model
      --folds N             fit: parts
      --latency FILE        show: model (required)
  -o, --output FILE         where to write the result; - is stdout [-]
      --seed N              seed of everything random; equal seeds give equal results [1]
  -v, --verbose             say more on stderr; twice: everything
  -q, --quiet               only errors on stderr, no progress bar
  -h, --help                show this help
      --version             show the version
)");
}
