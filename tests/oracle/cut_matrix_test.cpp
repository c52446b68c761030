// Every model, cut in every way that a plan can say, on two to four devices in this process, equals the unsplit model.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
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
#include "util/error.hpp"
#include "whole.hpp"

using namespace convoy;
using graph::Axis;
using graph::OperatorId;
using test::Cut;

namespace {

constexpr std::array<std::size_t, 3> kDevices{2, 3, 4};
constexpr graph::Index kBatch = 4;

struct Counts {
    int run = 0, refused = 0, skipped = 0;
};

/// Reads a model with the dims of its first input; empty for its own.
using Reader = std::function<graph::Graph(const std::vector<graph::Index>&)>;

/// A graph with its weights, whose whole slices stay loaded between the plans.
struct Loaded {
    explicit Loaded(graph::Graph read) : graph(std::move(read)), weights(graph), whole(weights, whole_piece) {}

    graph::Graph graph;
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

/// Runs the plan's frames, each with inputs of its own, and compares all of them with the unsplit model.
void run_and_check(engine::Weights& weights, const test::CutPlan& cut) {
    const graph::Graph& graph = weights.graph();
    const plan::Compiled compiled(*cut.plan, graph);
    CHECK(computing_devices(*cut.plan, compiled) > 1);
    for (const plan::Message& message : compiled.messages(0)) CHECK_FALSE(cut.local.contains(message.tensor));
    std::vector<std::vector<graph::Tensor>> frames;
    for (int frame = 0; frame < cut.frames; ++frame)
        frames.push_back(test::formula_inputs(graph, static_cast<std::uint32_t>(1 + 10 * frame)));
    test::InProcessCluster cluster(*cut.plan, compiled, weights, cut.plan->devices.size());
    const auto outputs = cluster.run(frames);
    CHECK(cluster.carried() == derived_bytes(*cut.plan, compiled, cut.frames));
    for (std::size_t device = 0; device < cut.plan->devices.size(); ++device) {
        const plan::Memory& memory = compiled.memory(plan::DeviceId(device));
        CHECK(cluster.peak_bytes(plan::DeviceId(device)) <=
              memory.peak - memory.weights - memory.inside - plan::kProcessMemory);
    }
    runtime::Verifier verifier(weights, *cut.plan, compiled);
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
std::string check_cut(const std::string& name, Loaded& model, Cut cut, Counts& counts) {
    std::string line = fmt::format("  {:<18}", to_string(cut));
    std::set<std::string> refusals;
    for (const std::size_t devices : kDevices) {
        INFO(name << ": " << to_string(cut) << " on " << devices << " devices");
        const test::CutPlan planned = test::cut_plan(model.graph, cut, devices);
        if (!planned.plan) {
            REQUIRE_FALSE(planned.refusal.empty());
            refusals.insert(planned.refusal);
            ++counts.refused;
            line += fmt::format("{:>11}", "refused");
            continue;
        }
        run_and_check(model.weights, planned);
        ++counts.run;
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

std::string check_batch(const std::string& name, const graph::Graph& single, const Reader& read, Counts& counts) {
    std::vector<graph::Index> dims = single.tensor(single.inputs()[0]).dims;
    dims[0] = kBatch;
    std::optional<Loaded> model;
    try {
        model.emplace(read(dims));
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::data);
        counts.refused += static_cast<int>(kDevices.size());
        return fmt::format("  {:<18}{:>11}{:>11}{:>11}  {}\n", to_string(Cut::batch), "refused", "refused", "refused",
                           error.message());
    }
    return check_cut(name, *model, Cut::batch, counts);
}

/// A model's shares and its table of cuts.
std::string check_model(const std::string& name, const Reader& read, Counts& counts) {
    Loaded model(read({}));
    const auto& dims = model.graph.tensor(model.graph.inputs()[0]).dims;
    std::string text =
        fmt::format("{} [{}], {} operators\n", name, fmt::join(dims, ", "), model.graph.operators().size());
    text += shares(model.graph);
    text += fmt::format("  {:<18}{:>11}{:>11}{:>11}\n", "operators cut", "2 devices", "3 devices", "4 devices");
    for (const Cut cut : test::every_cut()) {
        text += cut == Cut::batch ? check_batch(name, model.graph, read, counts) : check_cut(name, model, cut, counts);
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

Reader zoo_reader(const std::string& name, const std::vector<graph::Index>& smaller) {
    return [name, smaller](const std::vector<graph::Index>& dims) {
        graph::OnnxOptions options;
        if (!smaller.empty()) options.input_shapes["input"] = smaller;
        if (!dims.empty()) options.input_shapes["input"] = dims;
        return graph::read_onnx(test::zoo_file(name, 1), options);
    };
}

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

graph::Graph read_small_dag(const std::vector<graph::Index>& dims) {
    std::string bytes;
    small_dag().write(1, [&](std::string_view part) { bytes += part; });
    graph::OnnxOptions options;
    if (!dims.empty()) options.input_shapes["input"] = dims;
    return graph::read_onnx(util::FileView::from_bytes(std::move(bytes), "small_dag.onnx"), options);
}

}  // namespace

TEST_CASE("oracle: lenet5 and a small DAG, cut in every way on two to four devices, equal the unsplit models",
          "[oracle][cuts]") {
    Counts counts;
    std::string text = check_model("lenet5", zoo_reader("lenet5", {}), counts);
    text += check_model("small DAG", read_small_dag, counts);
    check_recorded("cuts_small.txt", std::move(text), counts);
}

TEST_CASE("oracle: the zoo, cut in every way on two to four devices, equals the unsplit models",
          "[oracle][cuts][long]") {
    const std::map<std::string, std::vector<graph::Index>> smaller{
        {"squeezenet1_1", {1, 3, 96, 96}}, {"mobilenet_v2", {1, 3, 96, 96}}, {"googlenet", {1, 3, 96, 96}},
        {"resnet18", {1, 3, 96, 96}},      {"tiny_yolov2", {1, 3, 96, 96}},  {"resnet50", {1, 3, 96, 96}}};
    Counts counts;
    std::string text;
    for (const zoo::Entry& entry : zoo::models()) {
        const auto dims = smaller.find(entry.name);
        text += check_model(entry.name,
                            zoo_reader(entry.name, dims == smaller.end() ? std::vector<graph::Index>{} : dims->second),
                            counts);
    }
    check_recorded("cuts_zoo.txt", std::move(text), counts);
}

TEST_CASE("oracle: OCR models, cut in every way on two to four devices, equal the unsplit models",
          "[ocr][cuts][long]") {
    const std::string folder = test::ocr_folder();
    if (!std::filesystem::is_directory(folder)) {
        WARN("skipped: no OCR models in " << folder);
        return;
    }
    const auto reader = [&](const std::string& file, const std::vector<graph::Index>& own) -> Reader {
        return [=](const std::vector<graph::Index>& dims) {
            return graph::read_onnx(util::FileView::open(folder + "/" + file),
                                    {.input_shapes = {{"x", dims.empty() ? own : dims}}});
        };
    };
    Counts counts;
    std::string text = check_model("ocr_det", reader("ch_PP-OCRv4_det_infer.onnx", {1, 3, 64, 96}), counts);
    text += check_model("ocr_cls", reader("ch_ppocr_mobile_v2.0_cls_infer.onnx", {1, 3, 48, 192}), counts);
    check_recorded("cuts_ocr.txt", std::move(text), counts);
}
