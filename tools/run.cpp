#include "options/run.hpp"
#include "cli/run_tool.hpp"
#include "run/jobs.hpp"

int main(int argc, char** argv) {
    using namespace convoy;
    return cli::run_tool(tools::kRun, argc, argv, [](const cli::Options& options) {
        return options.flag("local") ? tools::run_local(options) : tools::run_plan(options);
    });
}
