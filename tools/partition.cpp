#include "options/partition.hpp"
#include "cli/run_tool.hpp"
#include "partition/jobs.hpp"

namespace {

using namespace convoy;

int run(const cli::Options& options) {
    const int jobs = int{options.flag("compare")} + int{options.flag("explain")} + int{options.has("sweep")};
    if (jobs > 1) throw options.error("sweep", "only one of --compare, --explain and --sweep can be done");
    if (options.has("sweep")) return tools::sweep_strategies(options);
    if (options.has("metric")) throw options.error("metric", "is for --sweep");
    if (options.flag("keep-plan") && !options.flag("compare"))
        throw options.error("keep-plan", "is for --compare and --sweep");
    if (options.flag("explain")) return tools::explain_strategy(options);
    return options.flag("compare") ? tools::compare_strategies(options) : tools::write_plan_file(options);
}

}  // namespace

int main(int argc, char** argv) { return cli::run_tool(tools::kPartition, argc, argv, run); }
