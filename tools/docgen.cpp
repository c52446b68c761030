#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>

#include "cluster/cluster.hpp"
#include "cost/comparison.hpp"
#include "cost/compression.hpp"
#include "dataset/preprocess.hpp"
#include "docgen/key_tables.hpp"
#include "latency/evaluation.hpp"
#include "latency/model.hpp"
#include "plan/plan_file.hpp"
#include "samples/profile.hpp"
#include "samples/trace_schema.hpp"
#include "util/error.hpp"

// docgen PROSE OUTPUT: writes OUTPUT/format-<kind>.md for each PROSE/<kind>.md, in which "@KEYS <kind>@" on a line of
// its own stands for the tables of all keys, and "@FILE <path>@" for a YAML file of the source tree, PROSE/../.. . Not
// installed: ./ci.sh docs calls it, and so does the test that compares.
namespace {

using namespace convoy;

const yaml::DocumentKind* find_kind(std::string_view name) {
    struct Entry {
        std::string_view name;
        const yaml::DocumentKind& (*kind)();
    };
    static constexpr Entry kKinds[] = {
        {"cluster", cluster::cluster_kind},
        {"comparison", cost::comparison_kind},
        {"compression", cost::compression_kind},
        {"evaluation", latency::evaluation_kind},
        {"latency", latency::latency_kind},
        {"plan", plan::plan_kind},
        {"preprocess", dataset::preprocess_kind},
        {"profile", samples::profile_kind},
        {"trace header", samples::detail::header_kind},
        {"trace frame", samples::detail::frame_kind},
        {"trace summary", samples::detail::summary_kind},
    };
    for (const Entry& entry : kKinds) {
        if (entry.name == name) return &entry.kind();
    }
    return nullptr;
}

/// Replaces each line "@<word> <argument>@" by what `text_of` makes of the argument; how many there were.
std::size_t replace_lines(std::string& text, const std::string& word,
                          const std::function<std::string(const std::string&)>& text_of) {
    const std::string begin = fmt::format("@{} ", word);
    std::size_t count = 0;
    for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at), ++count) {
        const std::size_t end = text.find("@\n", at + 1);
        if (end == std::string::npos) throw util::Error(util::Errc::data, fmt::format("no @ ends '@{}'", word));
        const std::string inserted = text_of(text.substr(at + begin.size(), end - at - begin.size()));
        text.replace(at, end + 2 - at, inserted);
        at += inserted.size();
    }
    return count;
}

std::string tables(const std::string& name) {
    const yaml::DocumentKind* kind = find_kind(name);
    if (kind == nullptr) throw util::Error(util::Errc::data, fmt::format("no kind '{}'", name));
    return tools::KeyTables(*kind).markdown();
}

std::string page(const std::filesystem::path& prose) {
    const std::filesystem::path tree = prose.parent_path() / ".." / "..";
    std::string text(util::FileView::open(prose.string()).text());
    (void)replace_lines(text, "FILE", [&tree](const std::string& name) {
        return fmt::format("```yaml\n{}```\n", util::FileView::open((tree / name).string()).text());
    });
    if (replace_lines(text, "KEYS", tables) == 0)
        throw util::Error(util::Errc::data, prose.string() + " has no line @KEYS KIND@");
    return fmt::format("<!-- Made from docs/formats/{} and the schema tables in lib/ by ./ci.sh docs. -->\n\n{}",
                       prose.filename().string(), text);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: docgen PROSE OUTPUT\n", stderr);
        return 64;
    }
    try {
        for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
            if (entry.path().extension() != ".md") continue;
            const auto output = std::filesystem::path(argv[2]) / ("format-" + entry.path().filename().string());
            util::write_file(output.string(), page(entry.path()));
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "docgen: error: %s\n", error.what());
        return 65;
    }
    return 0;
}
