#include <optional>

#include "cli/progress.hpp"
#include "partition/explanation.hpp"
#include "partition/jobs.hpp"
#include "partition/task.hpp"
#include "report/explanation.hpp"
#include "report/render.hpp"

namespace convoy::tools {

int explain_strategy(const cli::Options& options) {
    for (const char* name : {"require-gain", "time-budget"}) {
        if (options.has(name)) throw options.error(name, "is for a plan, not for --explain");
    }
    const std::string format = options.optional_text("format").value_or("text");
    if (format == "svg") throw options.error("format", "svg draws the curves of --sweep", "-f html has a picture");
    const std::vector<partition::Choice> chosen = chosen_strategies(options);
    if (chosen.size() != 1) throw options.error("strategy", chosen.empty() ? "is needed" : "only one is explained");
    Task task(options);
    std::optional<cli::Progress> progress(std::in_place, options, "planning", 1);
    const cost::Explanation explained =
        partition::explanation(task.problem(), task.files, chosen.front(),
                               [&](std::size_t done, std::size_t all) { progress->update(done, all); });
    progress.reset();
    util::write_file(options.output(), report_text({{report::explanation_section(explained)}}, format));
    return 0;
}

}  // namespace convoy::tools
