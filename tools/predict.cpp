#include "options/predict.hpp"

#include "cli/run_tool.hpp"
#include "predict/commands.hpp"

namespace {

int run(const convoy::cli::Options& options) {
    const std::string command = options.positional("COMMAND");
    if (command == "fit") return convoy::tools::predict_fit(options);
    if (command == "eval") return convoy::tools::predict_eval(options);
    return convoy::tools::predict_show(options);
}

}  // namespace

int main(int argc, char** argv) { return convoy::cli::run_tool(convoy::tools::kPredict, argc, argv, run); }
