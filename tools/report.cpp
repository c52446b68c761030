#include "report/report.hpp"

#include <algorithm>

#include "cli/run_tool.hpp"
#include "options/report.hpp"
#include "report/render.hpp"
#include "util/file.hpp"

namespace {

using namespace convoy;

int run(const cli::Options& options) {
    const std::vector<std::string> names = options.positionals("FILE");
    if (std::count(names.begin(), names.end(), "-") > 1)
        throw util::Error(util::Errc::usage, "stdin can be read only once: - is given twice");
    std::vector<util::FileView> files;
    for (const std::string& name : names) files.push_back(util::FileView::open(name));
    const std::string format = options.text("format");
    if (format == "svg" && !options.flag("explain"))
        throw options.error("format", "svg draws predicted and measured latency of runs", "it needs --explain");
    const report::Report report = report::read(
        files, {.frames = options.flag("frames"), .pictures = format == "html", .explain = options.flag("explain")});
    util::write_file(options.output(), tools::report_text(report, format));
    return 0;
}

}  // namespace

int main(int argc, char** argv) { return cli::run_tool(tools::kReport, argc, argv, run); }
