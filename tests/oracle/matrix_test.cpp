// Every model, shared by rows, columns and in a grid among two to four devices in this process, equals the unsplit
// model.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>

#include "models.hpp"
#include "partition/strategy.hpp"
#include "runtime/verify.hpp"
#include "support/in_process.hpp"
#include "support/synthetic.hpp"
#include "whole.hpp"

using namespace convoy;

namespace {

constexpr const char* kStrategies[] = {"rows", "cols", "grid"};

struct Cell {
    std::string text;
    bool right = true;
};

/// Plans for all devices of the bed, runs one frame and compares.
Cell run_cell(engine::Weights& weights, const std::string& strategy, std::size_t devices) {
    const graph::Graph& graph = weights.graph();
    const cluster::Link link{util::from_mbit_per_s(940), util::from_milliseconds(0.1), {}};
    const latency::Bed bed = test::bed(std::vector<double>(devices, 4e9), link);
    cost::Predictor predictor(graph, bed);
    const partition::Problem problem{.graph = graph, .bed = bed, .predictor = predictor, .least_devices = devices};
    plan::Plan plan;
    try {
        plan = partition::strategy(strategy).make(problem);
    } catch (const util::Error& error) {
        return {"no plan", error.code() == util::Errc::impossible};
    }
    const std::vector<double> shares = partition::compute_shares(partition::evaluate(problem, plan).prediction);
    CHECK(std::ranges::count_if(shares, [](double share) { return share > 0; }) == static_cast<int>(devices));
    const plan::Compiled compiled(plan, graph);
    runtime::Verifier verifier(weights, plan, compiled);
    const std::vector<graph::Tensor> frame = test::formula_inputs(graph, 1);
    test::InProcessCluster cluster(plan, compiled, weights, devices);
    const auto outputs = cluster.run({frame});
    const bool right = outputs.size() == 1 && verifier.check(frame, outputs.front());
    const double error = verifier.summary().largest_error;
    return {right ? (error == 0 ? "equal" : fmt::format("{:.0e}", error)) : fmt::format("WRONG {:.0e}", error), right};
}

/// One line of the table. @return how many cells have a plan
int check_model(const std::string& name, const graph::Graph& graph) {
    engine::Weights weights(graph);
    std::string line = fmt::format("{:<15}", name);
    int planned = 0;
    for (const char* strategy : kStrategies) {
        for (std::size_t devices = 2; devices <= 4; ++devices) {
            INFO(name << " by " << strategy << " on " << devices << " devices");
            const Cell cell = run_cell(weights, strategy, devices);
            CHECK(cell.right);
            planned += cell.text == "no plan" ? 0 : 1;
            line += fmt::format(" {:>8}", cell.text);
        }
    }
    fmt::print("{}\n", line);
    std::fflush(stdout);
    return planned;
}

void print_head() {
    std::string line = fmt::format("{:<15}", "error");
    for (const char* strategy : kStrategies) {
        for (int devices = 2; devices <= 4; ++devices)
            line += fmt::format(" {:>8}", fmt::format("{} {}", strategy, devices));
    }
    fmt::print("{}\n", line);
}

}  // namespace

TEST_CASE("oracle: the zoo by rows, columns and grid on two to four devices equals the unsplit models",
          "[oracle][matrix][long]") {
    const std::map<std::string, std::vector<graph::Index>> smaller{
        {"squeezenet1_1", {1, 3, 96, 96}}, {"mobilenet_v2", {1, 3, 96, 96}},  {"googlenet", {1, 3, 96, 96}},
        {"resnet18", {1, 3, 96, 96}},      {"tiny_yolov2", {1, 3, 160, 160}}, {"resnet50", {1, 3, 96, 96}}};
    print_head();
    for (const zoo::Entry& entry : zoo::models()) {
        graph::OnnxOptions options;
        if (smaller.contains(entry.name)) options.input_shapes["input"] = smaller.at(entry.name);
        CHECK(check_model(entry.name, graph::read_onnx(test::zoo_file(entry.name, 1), options)) == 9);
    }
}

TEST_CASE("oracle: OCR models by rows, columns and grid on two to four devices equal the unsplit models",
          "[ocr][matrix][long]") {
    const std::string folder = test::ocr_folder();
    if (!std::filesystem::is_directory(folder)) {
        WARN("skipped: no OCR models in " << folder);
        return;
    }
    print_head();
    const auto read = [&](const char* file, std::vector<graph::Index> dims) {
        return graph::read_onnx(util::FileView::open(folder + "/" + file), {.input_shapes = {{"x", std::move(dims)}}});
    };
    check_model("ocr_det", read("ch_PP-OCRv4_det_infer.onnx", {1, 3, 96, 160}));
    check_model("ocr_cls", read("ch_ppocr_mobile_v2.0_cls_infer.onnx", {1, 3, 48, 192}));
    check_model("ocr_rec", read("ch_PP-OCRv4_rec_infer.onnx", {1, 3, 48, 160}));
}
