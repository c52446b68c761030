#include "cli/option.hpp"

#include <algorithm>
#include <array>

namespace convoy::cli {
namespace {

constexpr std::array kCommon{
    Option{.long_name = "output",
           .short_name = 'o',
           .hint = Hint::file,
           .default_text = "-",
           .help = "where to write the result; - is stdout"},
    Option{.long_name = "seed",
           .hint = Hint::integer,
           .default_text = "1",
           .help = "seed of everything random; equal seeds give equal results"},
    Option{
        .long_name = "verbose", .short_name = 'v', .help = "say more on stderr; twice: everything", .repeatable = true},
    Option{.long_name = "quiet", .short_name = 'q', .help = "only errors on stderr, no progress bar"},
    Option{.long_name = "help", .short_name = 'h', .help = "show this help"},
    Option{.long_name = "version", .help = "show the version"},
};

}  // namespace

std::span<const Option> common_options() noexcept { return kCommon; }

std::vector<Option> all_options(const Tool& tool) {
    std::vector<Option> options(tool.options.begin(), tool.options.end());
    for (const Option& common : kCommon) {
        const bool own = std::any_of(tool.options.begin(), tool.options.end(),
                                     [&](const Option& option) { return option.long_name == common.long_name; });
        if (!own) options.push_back(common);
    }
    return options;
}

std::vector<std::string_view> choices_of(std::string_view choices) {
    std::vector<std::string_view> parts;
    while (!choices.empty()) {
        const std::size_t end = std::min(choices.find('|'), choices.size());
        parts.push_back(choices.substr(0, end));
        choices.remove_prefix(std::min(end + 1, choices.size()));
    }
    return parts;
}

std::string_view value_name_of(const Option& option) noexcept {
    if (!option.value_name.empty()) return option.value_name;
    switch (option.hint) {
        case Hint::none:
            return "";
        case Hint::text:
            return "TEXT";
        case Hint::file:
            return "FILE";
        case Hint::folder:
            return "DIR";
        case Hint::url:
            return "URL";
        case Hint::device:
            return "DEVICE";
        case Hint::choice:
            return option.choices;
        case Hint::integer:
            return "N";
        case Hint::number:
            return "X";
        case Hint::duration:
            return "TIME";
        case Hint::bytes:
            return "SIZE";
        case Hint::percentage:
            return "PERCENT";
    }
    return "";
}

}  // namespace convoy::cli
