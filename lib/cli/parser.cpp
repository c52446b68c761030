#include "cli/parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cxxopts.hpp>
#include <limits>

namespace convoy::cli {
namespace {

util::Error usage_error(std::string message, std::string hint = "") {
    return util::Error(util::Errc::usage, std::move(message)).hint(std::move(hint));
}

util::Error option_error(std::string_view name, std::string message, std::string hint = "") {
    return usage_error(std::move(message), std::move(hint)).key(fmt::format("--{}", name));
}

std::vector<std::string> owned(const std::vector<std::string_view>& views) { return {views.begin(), views.end()}; }

/// What stands between the quotes of cxxopts' message: the option that it is about.
std::string quoted_part(const std::string& message) {
    const std::string left = cxxopts::LQUOTE;
    const std::string right = cxxopts::RQUOTE;
    const std::size_t begin = message.find(left);
    const std::size_t end = message.find(right, begin == std::string::npos ? 0 : begin + left.size());
    if (begin == std::string::npos || end == std::string::npos) return message;
    return message.substr(begin + left.size(), end - begin - left.size());
}

util::Error unknown_option(const std::string& name, const std::vector<Option>& table) {
    std::vector<std::string> known;
    for (const Option& option : table) known.push_back("--" + std::string(option.long_name));
    const std::string written = name.size() == 1 ? "-" + name : "--" + name;
    return usage_error(fmt::format("unknown option '{}'", written),
                       name.size() == 1 ? "" : util::suggestion(written, known));
}

bool looks_like_option(std::string_view argument) {
    if (argument.size() < 2 || argument[0] != '-') return false;
    return argument.starts_with("--") || (argument[1] >= 'a' && argument[1] <= 'z') ||
           (argument[1] >= 'A' && argument[1] <= 'Z');
}

const Option* option_written_as(std::string_view argument, const std::vector<Option>& table) {
    const auto found = std::find_if(table.begin(), table.end(), [&](const Option& option) {
        if (argument.starts_with("--")) return argument.substr(2) == option.long_name;
        return argument.size() == 2 && argument[0] == '-' && argument[1] == option.short_name;
    });
    return found == table.end() ? nullptr : &*found;
}

/// cxxopts takes whatever follows as the value: `-o --verify` would write a file called --verify.
void refuse_missing_values(const std::vector<std::string>& arguments, const std::vector<Option>& table) {
    for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
        const Option* option = option_written_as(arguments[i], table);
        if (!option || option->hint == Hint::none) continue;
        ++i;
        if (i == arguments.size() || looks_like_option(arguments[i]))
            throw option_error(option->long_name, fmt::format("needs a value: {}", value_name_of(*option)));
    }
}

cxxopts::Options cxxopts_of(const Tool& tool, const std::vector<Option>& table) {
    cxxopts::Options parser{std::string(tool.name)};
    for (const Option& option : table) {
        std::string names(option.long_name);
        if (option.short_name != '\0') names = fmt::format("{},{}", option.short_name, names);
        const bool is_flag = option.hint == Hint::none;
        const auto value = is_flag ? std::shared_ptr<cxxopts::Value>(cxxopts::value<bool>())
                                   : std::shared_ptr<cxxopts::Value>(cxxopts::value<std::string>());
        parser.add_options()(names, "", value);
    }
    return parser;
}

/// Parts between commas; an empty text has none.
std::vector<std::string> comma_parts(const std::string& text) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    if (text.ends_with(',')) parts.emplace_back();
    return parts;
}

/// What a value should have been, or "" when it is that.
std::string_view expected_instead(Hint hint, const std::string& value) {
    switch (hint) {
        case Hint::integer:
            return parse_integer(value) ? "" : "an integer";
        case Hint::number:
            return parse_number(value) ? "" : "a number";
        case Hint::duration:
            return parse_duration(value) ? "" : "a time such as 250ms, 1s or 10min";
        case Hint::bytes:
            return parse_bytes(value) ? "" : "a size such as 500MB or 2GiB";
        case Hint::percentage:
            return parse_percentage(value) ? "" : "a share such as 10% or 0.1";
        default:
            return "";
    }
}

void check_choice(std::string_view name, const std::string& value, std::string_view choices) {
    const std::vector<std::string> known = owned(choices_of(choices));
    if (std::find(known.begin(), known.end(), value) == known.end())
        throw usage_error(fmt::format("'{}' is not one of {}", value, fmt::join(known, ", ")),
                          util::suggestion(value, known))
            .key(std::string(name));
}

void check_value(const Option& option, const std::string& value) {
    const std::string name = fmt::format("--{}", option.long_name);
    if (option.hint == Hint::none && value != "true") throw option_error(option.long_name, "takes no value");
    if (option.hint != Hint::none && value.empty()) throw option_error(option.long_name, "the value is empty");
    if (option.hint == Hint::choice) check_choice(name, value, option.choices);
    const bool is_list = option.hint == Hint::integer || option.hint == Hint::number || option.hint == Hint::percentage;
    for (const std::string& part : is_list ? comma_parts(value) : std::vector{value})
        if (const std::string_view expected = expected_instead(option.hint, part); !expected.empty())
            throw option_error(option.long_name, fmt::format("{} is expected, not '{}'", expected, part));
}

}  // namespace

/// Fills Options step by step; each step refuses what it does not like.
class OptionsBuilder {
  public:
    explicit OptionsBuilder(const Tool& tool) : tool_(tool) { result_.table_ = all_options(tool); }

    Options build(const std::vector<std::string>& arguments) {
        refuse_missing_values(arguments, result_.table_);
        const std::vector<std::string> free_arguments = parse_dashed(arguments);
        if (result_.flag("help") || result_.flag("version")) return std::move(result_);
        for (const Option& option : result_.table_) check_occurrences(option);
        assign(free_arguments);
        for (const Option& option : result_.table_) check_command(option);
        return std::move(result_);
    }

  private:
    /// Collects the options; returns the arguments that are none.
    std::vector<std::string> parse_dashed(const std::vector<std::string>& arguments) {
        const std::string name(tool_.name);
        std::vector<const char*> argv{name.c_str()};
        for (const std::string& argument : arguments) argv.push_back(argument.c_str());
        try {
            const auto parsed = cxxopts_of(tool_, result_.table_).parse(static_cast<int>(argv.size()), argv.data());
            for (const auto& occurrence : parsed.arguments())
                result_.given_[occurrence.key()].push_back(occurrence.value());
            return parsed.unmatched();
        } catch (const cxxopts::exceptions::no_such_option& failure) {
            throw unknown_option(quoted_part(failure.what()), result_.table_);
        } catch (const cxxopts::exceptions::incorrect_argument_type& failure) {
            throw usage_error(fmt::format("a flag takes no value: '{}'", quoted_part(failure.what())));
        } catch (const cxxopts::exceptions::parsing& failure) {
            throw usage_error(fmt::format("cannot understand '{}'", quoted_part(failure.what())));
        }
    }

    void check_occurrences(const Option& option) const {
        const std::vector<std::string>& values = result_.occurrences(option.long_name);
        if (values.size() > 1 && !option.repeatable) throw option_error(option.long_name, "is given more than once");
        for (const std::string& value : values) check_value(option, value);
    }

    void assign(const std::vector<std::string>& arguments) {
        std::size_t next = 0;
        for (const Positional& positional : tool_.positionals) {
            std::vector<std::string>& taken = result_.positionals_[std::string(positional.name)];
            while (next < arguments.size() && (taken.empty() || positional.repeatable))
                taken.push_back(arguments[next++]);
            if (taken.empty() && positional.required) throw usage_error(fmt::format("{} is missing", positional.name));
            if (!positional.choices.empty())
                for (const std::string& value : taken) check_choice("", value, positional.choices);
        }
        if (next < arguments.size()) throw usage_error(fmt::format("unexpected argument '{}'", arguments[next]));
    }

    void check_command(const Option& option) const {
        const bool given = result_.has(option.long_name);
        if (!option.commands.empty()) {
            const std::vector<std::string_view> commands = choices_of(option.commands);
            const std::string command = result_.positional(tool_.positionals.front().name);
            if (std::find(commands.begin(), commands.end(), command) == commands.end()) {
                if (given) throw option_error(option.long_name, fmt::format("is not an option of '{}'", command));
                return;
            }
        }
        if (option.required && !given) throw option_error(option.long_name, "is missing");
    }

    const Tool& tool_;
    Options result_;
};

Options parse(const Tool& tool, const std::vector<std::string>& arguments) {
    return OptionsBuilder(tool).build(arguments);
}

const Option& Options::option(std::string_view name) const {
    const auto found = std::find_if(table_.begin(), table_.end(), [&](const Option& o) { return o.long_name == name; });
    if (found == table_.end())
        throw util::Error(util::Errc::internal, fmt::format("the option table has no '{}'", name));
    return *found;
}

const std::vector<std::string>& Options::occurrences(std::string_view name) const {
    static const std::vector<std::string> none;
    const auto found = given_.find(option(name).long_name);
    return found == given_.end() ? none : found->second;
}

bool Options::flag(std::string_view name) const { return has(name); }

int Options::count(std::string_view name) const { return static_cast<int>(occurrences(name).size()); }

std::optional<std::string> Options::optional_text(std::string_view name) const {
    const std::vector<std::string>& values = occurrences(name);
    if (!values.empty()) return values.back();
    const Option& row = option(name);
    if (row.default_text.empty()) return std::nullopt;
    return std::string(row.default_text);
}

std::string Options::text(std::string_view name) const {
    if (std::optional<std::string> value = optional_text(name)) return std::move(*value);
    throw option_error(name, "is missing");
}

std::int64_t Options::integer(std::string_view name, std::int64_t low, std::int64_t high) const {
    const std::string value = text(name);
    const std::optional<std::int64_t> number = parse_integer(value);
    if (!number || *number < low || *number > high)
        throw option_error(name, high == std::numeric_limits<std::int64_t>::max()
                                     ? fmt::format("must be an integer of at least {}, not {}", low, value)
                                     : fmt::format("must be an integer from {} to {}, not {}", low, high, value));
    return *number;
}

namespace {

double number_in_range(std::string_view name, const std::string& value, double low, double high) {
    const std::optional<double> number = parse_number(value);
    if (!number || *number < low || *number > high)
        throw option_error(name, std::isinf(high)
                                     ? fmt::format("must be a number of at least {}, not {}", low, value)
                                     : fmt::format("must be a number from {} to {}, not {}", low, high, value));
    return *number;
}

/// The parsed value of an option whose hint is the same; values of the command line were checked before.
template <class Value>
Value parsed(std::string_view name, const std::string& text, std::optional<Value> (*parse)(std::string_view)) {
    if (const std::optional<Value> value = parse(text)) return *value;
    throw option_error(name, fmt::format("cannot understand '{}'", text));
}

}  // namespace

double Options::number(std::string_view name, double low, double high) const {
    return number_in_range(name, text(name), low, high);
}

util::Seconds Options::duration(std::string_view name) const { return parsed(name, text(name), parse_duration); }
util::Bytes Options::bytes(std::string_view name) const { return parsed(name, text(name), parse_bytes); }
double Options::percentage(std::string_view name) const { return parsed(name, text(name), parse_percentage); }

std::vector<std::string> Options::list(std::string_view name) const {
    std::vector<std::string> values = occurrences(name);
    if (values.empty() && !option(name).default_text.empty()) values.emplace_back(option(name).default_text);
    std::vector<std::string> parts;
    for (const std::string& value : values)
        for (std::string& part : comma_parts(value)) parts.push_back(std::move(part));
    for (const std::string& part : parts)
        if (part.empty()) throw option_error(name, "an item of the list is empty");
    return parts;
}

std::vector<double> Options::numbers(std::string_view name, double low, double high) const {
    std::vector<double> numbers;
    for (const std::string& part : list(name)) numbers.push_back(number_in_range(name, part, low, high));
    return numbers;
}

std::vector<std::string> Options::all(std::string_view name) const { return occurrences(name); }

std::vector<std::pair<std::string, std::string>> Options::assignments(std::string_view name) const {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const std::string& value : occurrences(name)) {
        const std::size_t equals = value.find('=');
        if (equals == std::string::npos || equals == 0 || equals + 1 == value.size())
            throw option_error(name, fmt::format("NAME=VALUE is expected, not '{}'", value));
        std::string key = value.substr(0, equals);
        for (const auto& [earlier, ignored] : pairs)
            if (earlier == key) throw option_error(name, fmt::format("'{}' is given twice", key));
        pairs.emplace_back(std::move(key), value.substr(equals + 1));
    }
    return pairs;
}

std::vector<std::string> Options::positionals(std::string_view name) const {
    const auto found = positionals_.find(name);
    if (found == positionals_.end())
        throw util::Error(util::Errc::internal, fmt::format("the tool has no positional '{}'", name));
    return found->second;
}

std::string Options::positional(std::string_view name) const {
    const std::vector<std::string> values = positionals(name);
    return values.empty() ? "" : values.front();
}

std::uint64_t Options::seed() const {
    return static_cast<std::uint64_t>(integer("seed", 0, std::numeric_limits<std::int64_t>::max()));
}

util::Error Options::error(std::string_view name, std::string message, std::string hint) const {
    return option_error(option(name).long_name, std::move(message), std::move(hint));
}

}  // namespace convoy::cli
