#include <fmt/format.h>

#include "cli/run_tool.hpp"
#include "util/file.hpp"
#include "zoo/models.hpp"

namespace {

using namespace convoy;

constexpr cli::Positional kPositionals[] = {{.name = "NAME", .help = "the model; see --list", .required = false}};

constexpr cli::Option kOptions[] = {
    {.long_name = "list", .short_name = 'l', .help = "print the names of all models instead"},
};

constexpr cli::Tool kTool{.name = "convoy-zoo",
                          .summary = "write a well-known CNN with random weights as ONNX",
                          .synopsis = "NAME -o FILE [--seed N]\n--list",
                          .positionals = kPositionals,
                          .options = kOptions,
                          .examples = "convoy-zoo vgg16 -o vgg16.onnx"};

std::string list_text() {
    std::string text;
    for (const zoo::Entry& entry : zoo::models()) text += fmt::format("{:<14}{}\n", entry.name, entry.about);
    return text;
}

int write_model(const cli::Options& options) {
    const std::string name = options.positional("NAME");
    if (name.empty()) throw util::Error(util::Errc::usage, "no model named").hint("convoy-zoo --list shows them");
    const zoo::Model model = zoo::model(name).build();
    util::OutputFile file(options.output());
    model.write(options.seed(), [&](std::string_view part) { file.write(part); });
    file.commit();
    return 0;
}

int run(const cli::Options& options) {
    if (!options.flag("list")) return write_model(options);
    util::write_file(options.output(), list_text());
    return 0;
}

}  // namespace

int main(int argc, char** argv) { return cli::run_tool(kTool, argc, argv, run); }
