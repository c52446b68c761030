// What ./ci.sh oracle runs for each model: our outputs, and what they cost, for runtime.mjs to compare.
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <string>

#include "cli/run_tool.hpp"
#include "options/model.hpp"
#include "oracle/whole.hpp"
#include "util/file.hpp"

namespace {

using namespace convoy;

constexpr cli::Positional kPositionals[] = {
    {.name = "MODEL", .help = "the model"},
    {.name = "FOLDER", .help = "gets the outputs as 0.f32, 1.f32, ..."},
};
constexpr cli::Option kOptions[] = {tools::kInputShape};
constexpr cli::Tool kTool{.name = "oracle_probe",
                          .summary = "run a model whole on inputs by formula; print JSON",
                          .synopsis = "MODEL FOLDER [--input-shape NAME=DIMS]...",
                          .positionals = kPositionals,
                          .options = kOptions};

double milliseconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

/// Peak resident memory; unlike getrusage's it does not count what the parent had before exec.
double peak_mb() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        double kilobytes = 0;
        if (word == "VmHWM:" && status >> kilobytes) return kilobytes * 1024 / 1e6;
    }
    return 0;
}

std::string tensor_json(const graph::TensorInfo& info) {
    return fmt::format(R"({{"name": "{}", "dims": [{}], "float32": {}}})", info.name, fmt::join(info.dims, ", "),
                       info.type == graph::ElementType::float32);
}

int run(const cli::Options& options) {
    auto begin = std::chrono::steady_clock::now();
    const graph::Graph graph = tools::read_model(options, options.positional("MODEL"));
    const double read_ms = milliseconds_since(begin);
    begin = std::chrono::steady_clock::now();
    engine::Weights weights(graph);
    const plan::Run piece = engine::whole_model(graph);
    engine::Shard shard(weights, piece);
    const double build_ms = milliseconds_since(begin);
    const std::vector<graph::Tensor> inputs = test::formula_inputs(graph, 1);
    begin = std::chrono::steady_clock::now();
    const std::vector<graph::Tensor> outputs = test::run_whole(graph, piece, shard, inputs);
    const double run_ms = milliseconds_since(begin);

    std::vector<std::string> listed_inputs;
    std::vector<std::string> listed_outputs;
    for (const graph::TensorId id : graph.inputs()) listed_inputs.push_back(tensor_json(graph.tensor(id)));
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        listed_outputs.push_back(tensor_json(graph.tensor(graph.outputs()[i])));
        const graph::TensorView view = outputs[i].view();
        util::write_file(fmt::format("{}/{}.f32", options.positional("FOLDER"), i),
                         {reinterpret_cast<const char*>(view.data()), static_cast<std::size_t>(view.bytes().value)});
    }
    util::write_file(
        options.output(),
        fmt::format(R"({{"read_ms": {:.3f}, "build_ms": {:.3f}, "run_ms": {:.3f}, "peak_mb": {:.1f}, "inputs": [{}], )"
                    R"("outputs": [{}]}})"
                    "\n",
                    read_ms, build_ms, run_ms, peak_mb(), fmt::join(listed_inputs, ", "),
                    fmt::join(listed_outputs, ", ")));
    return 0;
}

}  // namespace

int main(int argc, char** argv) { return cli::run_tool(kTool, argc, argv, run); }
