#include "engine/measure.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <opencv2/core/utility.hpp>
#include <set>

#include "engine/load.hpp"
#include "graph/tensor.hpp"
#include "util/clock.hpp"
#include "util/random.hpp"
#include "util/statistics.hpp"
#include "util/version.hpp"

namespace convoy::engine {

using graph::Axis;
using graph::Index;
using graph::Interval;
using graph::OperatorId;
using graph::Slab;
using util::Seconds;

namespace {

/// Whether the median of so many times is known well enough: its standard error by the interquartile range.
bool stable(const std::vector<double>& times, const Effort& effort) {
    if (times.size() < effort.least_measurements) return false;
    const double spread = util::quantile(times, 0.75) - util::quantile(times, 0.25);
    const double error = 0.93 * spread / std::sqrt(static_cast<double>(times.size()));
    return error <= effort.precision * util::median(times);
}

/// Runs `run` again and again; seconds per run of each measurement.
std::vector<double> measure(const std::function<void()>& run, const Effort& effort) {
    run();  // the first run allocates
    Seconds begin = util::now();
    run();
    const double once = std::max((util::now() - begin).count(), 1e-9);
    const auto repeats = static_cast<std::size_t>(std::ceil(std::max(1.0, effort.quantum.count() / once)));
    const util::Deadline deadline(effort.most);
    std::vector<double> times;
    while (times.size() < effort.most_measurements && !stable(times, effort)) {
        if (times.size() >= effort.least_measurements && deadline.passed()) break;
        begin = util::now();
        std::size_t done = 0;
        // Under load a run takes longer than the first one did: then fewer fill the quantum.
        while (done < repeats && (done == 0 || util::now() - begin < 2 * effort.quantum)) {
            run();
            ++done;
        }
        times.push_back((util::now() - begin).count() / static_cast<double>(done));
    }
    return times;
}

graph::Graph tiny_model() {
    graph::GraphBuilder builder;
    graph::Operator relu;
    relu.name = "relu";
    relu.kind = graph::Kind::relu;
    relu.onnx_type = "Relu";
    relu.inputs = {builder.add_tensor("x", {1, 1, 1, 1})};
    relu.outputs = {builder.add_tensor("y", {1, 1, 1, 1})};
    builder.add_input(relu.inputs[0]);
    builder.add_output(relu.outputs[0]);
    builder.add_operator(std::move(relu));
    return builder.finish();
}

/// The middle part of an interval, `parts` times smaller.
Interval middle(const Interval& all, Index parts) {
    const Index size = std::max<Index>(1, all.size() / parts);
    const Index begin = all.begin + (all.size() - size) / 2;
    return {begin, begin + size};
}

/// A part of an operator's output along h, or along c where that is what it has; nothing when it cannot be cut.
std::optional<graph::Work> part_of(const graph::Graph& graph, OperatorId op, Index parts) {
    const graph::Operator& operator_ = graph.op(op);
    const graph::TensorInfo& tensor = graph.tensor(operator_.outputs[0]);
    const graph::Cuts cuts = graph::cuts(graph, op);
    const auto can = [&](Axis axis) {
        return cuts.output[static_cast<std::size_t>(axis)] && tensor.full[axis].size() >= 2 * parts;
    };
    if (tensor.whole_only || operator_.outputs.size() != 1 || (!can(Axis::h) && !can(Axis::c))) return std::nullopt;
    graph::Box box = tensor.full;
    const Axis axis = can(Axis::h) ? Axis::h : Axis::c;
    box[axis] = middle(box[axis], parts);
    graph::Work work{op, {graph::computed(graph, op, 0, graph::make_slab(box))}, std::nullopt};
    if (work.outputs[0] == graph::make_slab(tensor.full)) return std::nullopt;  // grown to the whole by its groups
    return work;
}

std::string first_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

std::string cpu_model() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        const std::size_t colon = line.find(": ");
        if (colon == std::string::npos) continue;
        if (line.starts_with("model name") || line.starts_with("Model")) return line.substr(colon + 2);
    }
    return "unknown";
}

}  // namespace

plan::Run piece_of(const graph::Graph& graph, const graph::Work& work) {
    plan::Run piece;
    const graph::Operator& op = graph.op(work.op);
    std::map<graph::TensorId, Slab> read;
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
        Slab& slab = read[op.inputs[i]];
        slab = join(slab, graph::needed(graph, work.op, i, work.outputs, work.in));
    }
    for (const auto& [tensor, slab] : read) piece.inputs.push_back({tensor, slab, {}});
    piece.works.push_back(work);
    return piece;
}

samples::Times time_piece(Weights& weights, const plan::Run& piece, const Effort& effort) {
    util::Random random(1);
    std::vector<graph::Tensor> tensors;
    std::vector<std::vector<graph::TensorView>> inputs;
    for (const plan::Run::Input& input : piece.inputs) {
        const graph::TensorInfo& info = weights.graph().tensor(input.tensor);
        tensors.emplace_back(input.slab.boxes(), info.element_bytes);
        const graph::TensorView view = tensors.back().view();
        const Index count = view.bytes().value / Index{sizeof(float)};
        for (Index i = 0; i < count; ++i) view.floats()[i] = static_cast<float>(2 * random.uniform() - 1);
        inputs.push_back({view});
    }
    std::vector<graph::Tensor> results;
    std::vector<graph::TensorView> outputs;
    for (const plan::Run::Output& output : piece.outputs) {
        results.emplace_back(output.slab.boxes(), weights.graph().tensor(output.tensor).element_bytes);
        outputs.push_back(results.back().view());
    }
    Shard shard(weights, piece);
    return samples::summarize(measure([&] { shard.run(inputs, outputs); }, effort));
}

samples::Times time_piece_overhead(const Effort& effort) {
    const graph::Graph model = tiny_model();
    Weights weights(model);
    return time_piece(weights, whole_model(model), effort);
}

std::vector<graph::Work> works_to_time(const graph::Graph& graph) {
    std::vector<graph::Work> works;
    std::vector<samples::WorkShape> known;
    for (std::size_t i = 0; i < graph.operators().size(); ++i) works.push_back(whole_work(graph, OperatorId(i)));
    for (const Index parts : std::array<Index, 3>{2, 4, 8}) {
        for (std::size_t i = 0; i < graph.operators().size(); ++i) {
            auto work = part_of(graph, OperatorId(i), parts);
            if (!work) continue;
            samples::WorkShape shape = samples::describe(graph, *work);
            if (std::ranges::find(known, shape) != known.end()) continue;
            known.push_back(std::move(shape));
            works.push_back(std::move(*work));
        }
    }
    return works;
}

samples::Context context_of_this_device(std::string name) {
    samples::Context context;
    utsname system{};
    if (::uname(&system) == 0) {
        context.kernel = std::string(system.sysname) + " " + system.release + " " + system.machine;
        if (name.empty()) name = system.nodename;
    }
    context.device = std::move(name);
    context.cpu = cpu_model();
    context.cores = usable_cores();
    context.governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    context.versions = {{"opencv", cv::getVersionString()}, {"convoy", std::string(util::version())}};
    return context;
}

}  // namespace convoy::engine
