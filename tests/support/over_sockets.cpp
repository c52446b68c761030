#include "support/over_sockets.hpp"

#include <fmt/format.h>

#include <deque>

#include "plan/plan_file.hpp"
#include "runtime/coordinator.hpp"
#include "support/served.hpp"

namespace convoy::test {
namespace {

using Frames = std::vector<std::vector<graph::Tensor>>;

std::string text_of(const plan::Plan& plan, const graph::Graph& graph) {
    plan::PlanDocument document;
    document.plan = plan;
    return plan::write_plan(document, graph);
}

/// @return the outputs by frame
Frames run_frames(runtime::Coordinator& coordinator, const Frames& frames) {
    Frames outputs(frames.size());
    for (std::size_t submitted = 0; submitted < frames.size() || coordinator.in_flight() > 0;) {
        for (; submitted < frames.size() && coordinator.admits(); ++submitted)
            (void)coordinator.submit(frames[submitted]);
        runtime::FrameResult result = coordinator.next(util::Seconds{60});
        outputs.at(result.frame) = std::move(result.outputs);
    }
    return outputs;
}

}  // namespace

std::string describe(const LinkTraffic& traffic) {
    std::string text;
    for (const auto& [link, sent] : traffic)
        text += fmt::format("{} to {}: {} messages, {} + {} bytes\n", index(link.first), index(link.second),
                            sent.messages, sent.payload_bytes, sent.header_bytes);
    return text;
}

LinkTraffic derived_traffic(const plan::Plan& plan, const plan::Compiled& compiled, std::uint64_t frames) {
    LinkTraffic traffic;
    for (std::uint64_t frame = 0; frame < frames; ++frame)
        for (const plan::Message& m : compiled.messages(plan::route_of(plan, frame)))
            traffic[{m.sender, m.receiver}] += {1, static_cast<std::uint64_t>(m.payload.value),
                                                transport::kFixedHeaderSize + m.boxes.size() * transport::kBoxSize};
    return traffic;
}

runtime::WorkerOptions worker_with_the_file(const std::string& device) { return Served::options(device, 10); }

SocketRun run_over_sockets(const plan::Plan& plan, const plan::Compiled& compiled, engine::Weights& weights,
                           const ModelFile& model, const Frames& frames,
                           const std::function<runtime::WorkerOptions(const std::string&)>& options_of) {
    std::deque<Served> workers;
    std::map<std::string, std::string> urls;
    for (std::size_t device = 0; device < plan.devices.size(); ++device) {
        if (device == index(plan.source)) continue;
        const std::string& name = plan.devices[device];
        urls[name] = workers.emplace_back(options_of(name)).worker.url();
    }
    runtime::CoordinatorOptions options;
    options.deployment.plan = text_of(plan, weights.graph());
    options.deployment.model_file = model.path;
    options.deployment.model_sha256 = weights.graph().sha256();
    options.deployment.model_options = model.options;
    runtime::Coordinator coordinator({plan, compiled, weights, urls}, options);
    SocketRun run{run_frames(coordinator, frames), {}};
    for (const runtime::DeviceTotals& device : coordinator.totals())
        for (const runtime::SentTo& sent : device.sent)
            if (sent.traffic.messages > 0) run.traffic[{device.device, sent.receiver}] = sent.traffic;
    coordinator.close();
    return run;
}

}  // namespace convoy::test
