#include <fmt/format.h>

#include "cli/interruption.hpp"
#include "cli/progress.hpp"
#include "engine/shard.hpp"
#include "engine/warm_up.hpp"
#include "graph/warm_up.hpp"
#include "options/model.hpp"
#include "options/pace.hpp"
#include "run/frames.hpp"
#include "run/jobs.hpp"
#include "runtime/stretch.hpp"
#include "util/clock.hpp"
#include "util/memory.hpp"
#include "util/version.hpp"

namespace convoy::tools {
namespace {

/// The unsplit model and the memory of its outputs, which every frame reuses.
class WholeModel {
  public:
    WholeModel(engine::Weights& weights, const runtime::Slowdown& slowdown)
        : graph_(weights.graph()), shard_(weights, engine::whole_model(weights.graph())), stretch_(slowdown) {}

    runtime::FrameResult run(std::uint64_t frame, const std::vector<graph::Tensor>& inputs) {
        runtime::FrameResult result;
        result.frame = frame;
        std::vector<graph::TensorView> outputs;
        result.outputs.reserve(graph_.outputs().size());  // views point at the tensors' boxes
        for (const graph::TensorId id : graph_.outputs()) {
            const graph::TensorInfo& info = graph_.tensor(id);
            result.outputs.emplace_back(std::vector<graph::Box>{info.full}, info.element_bytes);
            outputs.push_back(result.outputs.back().view());
        }
        std::vector<std::vector<graph::TensorView>> views;
        for (const graph::Tensor& input : inputs) views.push_back({input.view()});
        result.begin = util::now();
        const util::Seconds waited = stretch_.run([&] { shard_.run(views, outputs); });
        result.end = util::now();
        result.devices.push_back({plan::DeviceId{0}, {}});
        runtime::FrameRecord& record = result.devices.back().record;
        record.frame = frame;
        record.compute = result.end - result.begin;
        record.spans.push_back({runtime::Span::Kind::compute, plan::StageId{0}, 0, result.begin, result.end, waited});
        return result;
    }

  private:
    const graph::Graph& graph_;
    engine::Shard shard_;
    runtime::Stretch stretch_;
};

samples::FrameTrace trace_of(const runtime::FrameResult& result) {
    samples::FrameTrace trace;
    trace.frame = result.frame;
    trace.timeline.latency = result.end - result.begin;
    trace.timeline.spans.push_back({.device = 0,
                                    .stage = 0,
                                    .piece = 0,
                                    .activity = samples::Activity::compute,
                                    .begin = {},
                                    .end = result.end - result.begin,
                                    .stretched = result.devices.front().record.spans.front().waited});
    return trace;
}

}  // namespace

int run_local(const cli::Options& options) {
    for (const char* other : {"spawn", "address", "verify", "start-up"})
        if (options.has(other)) throw options.error(other, "needs a plan, not --local");
    graph::warm_up();
    engine::warm_up();
    engine::set_threads(options.has("threads") ? static_cast<int>(options.integer("threads", 1, 1024)) : 1);
    const util::Bytes base_memory = util::resident_memory();
    const graph::Graph graph = read_model(options, options.text("model"));
    engine::Weights weights(graph);
    const std::map<std::string, double> stretch = stretch_from(options, "local");
    const auto own = stretch.find("local");
    WholeModel model(weights, {own == stretch.end() ? 1 : own->second, pace_from(options)});
    const FrameQueue frames(options, graph);
    samples::TraceHeader header;
    header.generator = fmt::format("convoy-run {}", util::version());
    header.model_file = options.text("model");
    header.model_sha256 = graph.sha256();
    header.strategy = "unsplit";
    header.devices = {"local"};
    header.stages = {"model"};
    header.stretch = stretch;
    FrameResults results(options, graph, frames, header);
    const cli::Interruption interruption;
    cli::Progress progress(options, "frames", frames.size());
    for (std::uint64_t frame = 0; frame < frames.size(); ++frame) {
        cli::Interruption::throw_if_requested();
        const runtime::FrameResult result = model.run(frame, frames.load(frame));
        results.add(result, trace_of(result));
        progress.step();
    }
    runtime::DeviceTotals totals;
    totals.peak_resident = util::peak_resident_memory();
    totals.base_resident = base_memory;
    return results.finish({totals}, nullptr);
}

}  // namespace convoy::tools
