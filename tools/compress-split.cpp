#include "cli/run_tool.hpp"
#include "compress_split/job.hpp"
#include "options/compress_split.hpp"

int main(int argc, char** argv) {
    return convoy::cli::run_tool(convoy::tools::kCompressSplit, argc, argv, convoy::tools::compress_and_split);
}
