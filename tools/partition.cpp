#include "options/partition.hpp"
#include "cli/run_tool.hpp"
#include "partition/jobs.hpp"

int main(int argc, char** argv) {
    using namespace convoy;
    return cli::run_tool(tools::kPartition, argc, argv, [](const cli::Options& options) {
        return options.flag("compare") ? tools::compare_strategies(options) : tools::write_plan_file(options);
    });
}
