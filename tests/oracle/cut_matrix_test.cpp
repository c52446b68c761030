// Every model, cut in every way that a plan can say, on two to four devices, equals the unsplit model: in this process,
// and over sockets, where what they count is compared with the derived moves.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "models.hpp"
#include "runtime/verify.hpp"
#include "support/cut_plans.hpp"
#include "support/cut_stages.hpp"
#include "support/in_process.hpp"
#include "support/over_sockets.hpp"
#include "support/scratch_folder.hpp"
#include "util/error.hpp"
#include "whole.hpp"

using namespace convoy;
using graph::Axis;
using graph::OperatorId;
using test::Cut;

namespace {

constexpr std::array<std::size_t, 3> kDevices{2, 3, 4};
constexpr graph::Index kBatch = 4;

enum class Where { in_process, over_sockets };

struct Counts {
    int run = 0, refused = 0, skipped = 0;
};

/// Where plans run, and what has become of them.
struct Matrix {
    Where where = Where::in_process;
    Counts counts = {};
};

/// A graph with its weights, whose whole slices stay loaded between the plans.
struct Loaded {
    explicit Loaded(test::ModelFile model) : file(std::move(model)), weights(graph), whole(weights, whole_piece) {}

    test::ModelFile file;
    graph::Graph graph = graph::read_onnx(util::FileView::open(file.path), file.options);
    engine::Weights weights;
    plan::Run whole_piece = engine::whole_model(graph);
    engine::Shard whole;
};

/// The payload of the messages of frames [0, frames), as derived from the plan.
util::Bytes derived_bytes(const plan::Plan& plan, const plan::Compiled& compiled, int frames) {
    util::Bytes bytes;
    for (int frame = 0; frame < frames; ++frame) {
        for (const plan::Message& message : compiled.messages(plan::route_of(plan, static_cast<std::uint64_t>(frame))))
            bytes += message.payload;
    }
    return bytes;
}

std::size_t computing_devices(const plan::Plan& plan, const plan::Compiled& compiled) {
    std::set<std::size_t> devices;
    for (std::size_t route = 0; route < compiled.routes(); ++route) {
        for (std::size_t device = 0; device < plan.devices.size(); ++device) {
            const auto& steps = compiled.program(route, plan::DeviceId(device)).steps;
            if (std::ranges::any_of(steps, [](const auto& step) { return std::holds_alternative<plan::Run>(step); }))
                devices.insert(device);
        }
    }
    return devices.size();
}

using Frames = std::vector<std::vector<graph::Tensor>>;

Frames run_in_process(engine::Weights& weights, const test::CutPlan& cut, const plan::Compiled& compiled,
                      const Frames& frames) {
    test::InProcessCluster cluster(*cut.plan, compiled, weights, cut.plan->devices.size());
    Frames outputs = cluster.run(frames);
    CHECK(cluster.carried() == derived_bytes(*cut.plan, compiled, cut.frames));
    for (std::size_t device = 0; device < cut.plan->devices.size(); ++device) {
        const plan::Memory& memory = compiled.memory(plan::DeviceId(device));
        CHECK(cluster.peak_bytes(plan::DeviceId(device)) <=
              memory.peak - memory.weights - memory.inside - plan::kProcessMemory);
    }
    return outputs;
}

Frames run_over_sockets(Loaded& model, const test::CutPlan& cut, const plan::Compiled& compiled, const Frames& frames) {
    test::SocketRun run = test::run_over_sockets(*cut.plan, compiled, model.weights, model.file, frames);
    const test::LinkTraffic derived = test::derived_traffic(*cut.plan, compiled, frames.size());
    INFO("derived:\n" << test::describe(derived) << "counted:\n" << test::describe(run.traffic));
    CHECK(run.traffic == derived);
    return std::move(run.outputs);
}

/// Runs the plan's frames, each with inputs of its own, and compares all of them with the unsplit model.
void run_and_check(Loaded& model, const test::CutPlan& cut, Where where) {
    const graph::Graph& graph = model.graph;
    const plan::Compiled compiled(*cut.plan, graph);
    CHECK(computing_devices(*cut.plan, compiled) > 1);
    for (const plan::Message& message : compiled.messages(0)) CHECK_FALSE(cut.local.contains(message.tensor));
    Frames frames;
    for (int frame = 0; frame < cut.frames; ++frame)
        frames.push_back(test::formula_inputs(graph, static_cast<std::uint32_t>(1 + 10 * frame)));
    const Frames outputs = where == Where::in_process ? run_in_process(model.weights, cut, compiled, frames)
                                                      : run_over_sockets(model, cut, compiled, frames);
    runtime::Verifier verifier(model.weights, *cut.plan, compiled);
    REQUIRE(outputs.size() == frames.size());
    bool right = true;
    for (std::size_t frame = 0; frame < frames.size(); ++frame)
        right = verifier.check(frames[frame], outputs[frame]) && right;
    if (right) return;
    const samples::VerifySummary summary = verifier.summary();
    FAIL_CHECK(fmt::format("error {} above {}; not bit-equal when cut: {}", summary.largest_error, summary.bound,
                           fmt::join(summary.inexact, ", ")));
}

/// One line of a model's table: a cut on two, three and four devices.
std::string check_cut(const std::string& name, Loaded& model, Cut cut, Matrix& matrix) {
    std::string line = fmt::format("  {:<18}", to_string(cut));
    std::set<std::string> refusals;
    for (const std::size_t devices : kDevices) {
        INFO(name << ": " << to_string(cut) << " on " << devices << " devices");
        const test::CutPlan planned = test::cut_plan(model.graph, cut, devices);
        if (!planned.plan) {
            REQUIRE_FALSE(planned.refusal.empty());
            refusals.insert(planned.refusal);
            ++matrix.counts.refused;
            line += fmt::format("{:>11}", "refused");
            continue;
        }
        run_and_check(model, planned, matrix.where);
        ++matrix.counts.run;
        line += fmt::format("{:>11}", planned.cut_operators > 0 ? fmt::format("run {}", planned.cut_operators) : "run");
    }
    if (!refusals.empty()) line += fmt::format("  {}", fmt::join(refusals, "; "));
    return line + "\n";
}

/// The share of operators, and of FLOPs, that `fits` holds for.
std::string share_line(const graph::Graph& graph, const char* name, const std::function<bool(OperatorId)>& fits) {
    int operators = 0;
    double flops = 0;
    double all = 0;
    for (std::size_t i = 0; i < graph.operators().size(); ++i) {
        const auto op = static_cast<OperatorId>(i);
        const double work = graph::flops(graph, graph::whole_work(graph, op)).value;
        all += work;
        if (!fits(op)) continue;
        ++operators;
        flops += work;
    }
    return fmt::format("  {:<18}{:>10.1f}%{:>10.1f}%\n", name,
                       100.0 * operators / static_cast<double>(graph.operators().size()),
                       all > 0 ? 100 * flops / all : 0);
}

/// What of the model can be cut, operator by operator.
std::string shares(const graph::Graph& graph) {
    const auto rows = [&](OperatorId op) { return test::cuts_output(graph, op, Axis::h); };
    const auto channels = [&](OperatorId op) { return test::cuts_output(graph, op, Axis::c); };
    const auto sums = [&](OperatorId op) {
        return std::ranges::any_of(graph::kAllAxes, [&](Axis axis) { return test::cuts_sum(graph, op, axis); });
    };
    const auto none = [&](OperatorId op) {
        return !rows(op) && !channels(op) && !sums(op) && !test::cuts_output(graph, op, Axis::w);
    };
    return fmt::format("  {:<18}{:>11}{:>11}\n", "can be cut by", "ops", "FLOPs") + share_line(graph, "rows", rows) +
           share_line(graph, "output channels", channels) + share_line(graph, "contraction", sums) +
           share_line(graph, "nothing", none);
}

std::string check_batch(const std::string& name, const Loaded& single, Matrix& matrix) {
    test::ModelFile file = single.file;
    const graph::TensorInfo& input = single.graph.tensor(single.graph.inputs()[0]);
    std::vector<graph::Index>& dims = file.options.input_shapes[input.name] = input.dims;
    dims[0] = kBatch;
    std::optional<Loaded> model;
    try {
        model.emplace(file);
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::data);
        matrix.counts.refused += static_cast<int>(kDevices.size());
        return fmt::format("  {:<18}{:>11}{:>11}{:>11}  {}\n", to_string(Cut::batch), "refused", "refused", "refused",
                           error.message());
    }
    return check_cut(name, *model, Cut::batch, matrix);
}

/// A model's shares and its table of cuts.
std::string check_model(const std::string& name, const test::ModelFile& file, Matrix& matrix) {
    Loaded model(file);
    const auto& dims = model.graph.tensor(model.graph.inputs()[0]).dims;
    std::string text =
        fmt::format("{} [{}], {} operators\n", name, fmt::join(dims, ", "), model.graph.operators().size());
    text += shares(model.graph);
    text += fmt::format("  {:<18}{:>11}{:>11}{:>11}\n", "operators cut", "2 devices", "3 devices", "4 devices");
    for (const Cut cut : test::every_cut()) {
        text += cut == Cut::batch ? check_batch(name, model, matrix) : check_cut(name, model, cut, matrix);
    }
    fmt::print("{}\n", text);
    std::fflush(stdout);
    return text + "\n";
}

/// The text must be what the file of that name has; CONVOY_APPROVE=1 writes it.
void check_recorded(const std::string& name, std::string text, const Counts& counts) {
    text += fmt::format("run {}, refused {}, skipped {}\n", counts.run, counts.refused, counts.skipped);
    const std::string file = CONVOY_TEST_DATA "/oracle/" + name;
    if (std::getenv("CONVOY_APPROVE") != nullptr) std::ofstream(file) << text;
    std::stringstream recorded;
    recorded << std::ifstream(file).rdbuf();
    INFO("CONVOY_APPROVE=1 records what has changed in " << file << ", for review in the diff");
    CHECK(text == recorded.str());
}

/// A model that is written for the test.
struct Written {
    Written(const zoo::Model& model, const std::vector<graph::Index>& dims) {
        util::OutputFile out(file.path);
        model.write(1, [&](std::string_view part) { out.write(part); });
        out.commit();
        if (!dims.empty()) file.options.input_shapes["input"] = dims;
    }
    test::ScratchFolder folder;
    test::ModelFile file{(folder.path / "model.onnx").string()};
};

/// Two branches with operators and one without, a grouped and a depthwise convolution, two that nothing need cross
/// between, a concat, a pool, and a layer that reads a map.
zoo::Model small_dag() {
    zoo::Builder net("small_dag");
    const zoo::Value first = net.relu("first_relu", net.conv("first", net.input(6, 17, 15), {12, 3, 1, 1}));
    const zoo::Value grouped = net.conv("grouped", first, {16, 3, 1, 1, 4});
    const zoo::Value plain = net.conv("plain", first, {16, 1});
    const zoo::Value sum = net.add("sum", grouped, plain);
    const zoo::Value wide = net.relu6("wide_relu", net.conv("wide", sum, {20, 1}));
    const zoo::Value depthwise = net.relu6("depthwise_relu", net.conv("depthwise", wide, {20, 3, 1, 1, 20}));
    const zoo::Value joined = net.add("joined", net.conv("narrow", depthwise, {16, 1}), sum);
    const zoo::Value pooled = net.max_pool("pooled", net.concat("concat", {joined, plain}), {.kernel = 2, .stride = 2});
    const zoo::Value seven = net.relu("seven_relu", net.conv("seven", pooled, {8, 3}));
    return net.finish(net.fc("scores", net.flatten("flatten", seven), 10));
}

/// The models of `names`; the deep ones read smaller images, which makes them no less deep.
std::string check_zoo(const std::vector<std::string>& names, Matrix& matrix) {
    const std::set<std::string> deep{"squeezenet1_1", "mobilenet_v2", "googlenet",
                                     "resnet18",      "tiny_yolov2",  "resnet50"};
    std::string text;
    for (const std::string& name : names) {
        const std::vector<graph::Index> smaller{1, 3, 96, 96};
        const Written written(zoo::model(name).build(), deep.contains(name) ? smaller : std::vector<graph::Index>{});
        text += check_model(name, written.file, matrix);
    }
    return text;
}

std::vector<std::string> zoo_names() {
    std::vector<std::string> names;
    for (const zoo::Entry& entry : zoo::models()) names.push_back(entry.name);
    return names;
}

std::string check_small(Matrix& matrix) {
    return check_zoo({"lenet5"}, matrix) + check_model("small DAG", Written(small_dag(), {}).file, matrix);
}

std::string check_ocr(const std::string& folder, Matrix& matrix) {
    const auto file = [&](const char* name, const std::vector<graph::Index>& dims) {
        test::ModelFile model{folder + "/" + name};
        model.options.input_shapes["x"] = dims;
        return model;
    };
    return check_model("ocr_det", file("ch_PP-OCRv4_det_infer.onnx", {1, 3, 64, 96}), matrix) +
           check_model("ocr_cls", file("ch_ppocr_mobile_v2.0_cls_infer.onnx", {1, 3, 48, 192}), matrix);
}

}  // namespace

TEST_CASE("oracle: lenet5 and a small DAG, cut in every way on two to four devices, equal the unsplit models",
          "[oracle][cuts]") {
    Matrix matrix;
    const std::string text = check_small(matrix);
    check_recorded("cuts_small.txt", text, matrix.counts);
}

TEST_CASE("oracle: they do so over sockets, which count the bytes of the derived moves", "[oracle][cuts]") {
    Matrix matrix{Where::over_sockets};
    const std::string text = check_small(matrix);
    check_recorded("cuts_small.txt", text, matrix.counts);
}

TEST_CASE("oracle: the zoo, cut in every way on two to four devices, equals the unsplit models",
          "[oracle][cuts][long]") {
    Matrix matrix;
    const std::string text = check_zoo(zoo_names(), matrix);
    check_recorded("cuts_zoo.txt", text, matrix.counts);
}

TEST_CASE("oracle: the zoo does so over sockets, which count the bytes of the derived moves",
          "[.][sockets][cuts][long]") {
    Matrix matrix{Where::over_sockets};
    const std::string text = check_zoo(zoo_names(), matrix);
    check_recorded("cuts_zoo.txt", text, matrix.counts);
}

TEST_CASE("oracle: OCR models, cut in every way on two to four devices, equal the unsplit models",
          "[ocr][cuts][long]") {
    const std::string folder = test::ocr_folder();
    if (!std::filesystem::is_directory(folder)) {
        WARN("skipped: no OCR models in " << folder);
        return;
    }
    Matrix matrix;
    const std::string text = check_ocr(folder, matrix);
    check_recorded("cuts_ocr.txt", text, matrix.counts);
}

TEST_CASE("oracle: OCR models do so over sockets, which count the bytes of the derived moves",
          "[.][sockets][cuts][long]") {
    REQUIRE(std::filesystem::is_directory(test::ocr_folder()));
    Matrix matrix{Where::over_sockets};
    const std::string text = check_ocr(test::ocr_folder(), matrix);
    check_recorded("cuts_ocr.txt", text, matrix.counts);
}
