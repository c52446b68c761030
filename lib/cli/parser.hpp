#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/option.hpp"
#include "util/error.hpp"
#include "util/units.hpp"

namespace convoy::cli {

/// The parsed command line: values by the option's long name. Getters return the default when it is not given.
///
/// Every getter throws Error usage for a value that is not of the kind asked for, naming the option; and Error
/// internal for an option that the table does not have.
class Options {
  public:
    /// Whether a flag is given.
    [[nodiscard]] bool flag(std::string_view name) const;
    /// How often a flag is given: -vv is 2.
    [[nodiscard]] int count(std::string_view name) const;
    /// Whether an option is given on the command line.
    [[nodiscard]] bool has(std::string_view name) const { return !occurrences(name).empty(); }

    /// The value, or the default; usage error when there is neither.
    [[nodiscard]] std::string text(std::string_view name) const;
    /// The value, the default if the table has one, or nothing.
    [[nodiscard]] std::optional<std::string> optional_text(std::string_view name) const;
    [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t low, std::int64_t high) const;
    [[nodiscard]] double number(std::string_view name, double low, double high) const;
    [[nodiscard]] util::Seconds duration(std::string_view name) const;  ///< a bare number is seconds
    [[nodiscard]] util::Bytes bytes(std::string_view name) const;       ///< kB, MB, GB, KiB, MiB, GiB; bare: bytes
    [[nodiscard]] double percentage(std::string_view name) const;       ///< "10%" and "0.1" are 0.1
    /// Comma-separated parts of all occurrences: `--load 0,0.5 --load 1` has three.
    [[nodiscard]] std::vector<std::string> list(std::string_view name) const;
    [[nodiscard]] std::vector<double> numbers(std::string_view name, double low, double high) const;
    /// All occurrences as they are, commas included: for file names.
    [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
    /// `--address b=tcp://...`, repeated: name and value. @throws Error usage without "=" or for a name given twice
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> assignments(std::string_view name) const;

    /// A positional by its name in the table; "" when an optional one is not given.
    [[nodiscard]] std::string positional(std::string_view name) const;
    /// All arguments of a repeatable positional.
    [[nodiscard]] std::vector<std::string> positionals(std::string_view name) const;

    [[nodiscard]] std::string output() const { return text("output"); }
    [[nodiscard]] std::uint64_t seed() const;
    [[nodiscard]] bool quiet() const { return flag("quiet"); }

    /// A usage error about one option: "--name: message".
    [[nodiscard]] util::Error error(std::string_view name, std::string message, std::string hint = "") const;

  private:
    friend class OptionsBuilder;
    [[nodiscard]] const Option& option(std::string_view name) const;
    [[nodiscard]] const std::vector<std::string>& occurrences(std::string_view name) const;

    std::vector<Option> table_;
    std::map<std::string, std::vector<std::string>, std::less<>> given_;
    std::map<std::string, std::vector<std::string>, std::less<>> positionals_;
};

/// Parses a command line; touches no file.
///
/// With --help or --version among the arguments nothing is required.
///
/// @param arguments  without the program's name
/// @throws Error usage: unknown option (with the nearest one), missing value, wrong choice or number, missing or extra
///         positional, an option given twice that is not repeatable, an option of another command
[[nodiscard]] Options parse(const Tool& tool, const std::vector<std::string>& arguments);

/// Values with units, for options and elsewhere; nothing for anything else, negative or not finite.
[[nodiscard]] std::optional<util::Seconds> parse_duration(std::string_view text);
[[nodiscard]] std::optional<util::Bytes> parse_bytes(std::string_view text);
[[nodiscard]] std::optional<double> parse_percentage(std::string_view text);
[[nodiscard]] std::optional<double> parse_number(std::string_view text);
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);

}  // namespace convoy::cli
