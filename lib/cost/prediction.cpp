#include "cost/prediction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "cost/critical_path.hpp"
#include "cost/predictor.hpp"
#include "cost/simulation.hpp"
#include "util/error.hpp"

namespace convoy::cost {

namespace {

using detail::Scene;
using detail::Schedule;
using detail::Settings;
using detail::Task;
using detail::Trace;
using plan::index;

samples::Timeline timeline_of(const Scene& scene, std::size_t route, const Schedule& schedule, const Trace& trace) {
    samples::Timeline timeline;
    for (std::size_t d = 0; d < schedule.devices.size(); ++d) {
        for (std::size_t i = 0; i < schedule.devices[d].size(); ++i) {
            const Task& task = schedule.devices[d][i];
            const auto [begin, end] = trace.tasks[d][i];
            const bool computes = task.kind == Task::Kind::compute;
            if (task.result) timeline.latency = std::max(timeline.latency, util::Seconds(end));
            if (!computes && begin == end) continue;
            timeline.spans.push_back({static_cast<std::uint32_t>(d), task.stage, task.piece,
                                      computes ? samples::Activity::compute : samples::Activity::wait,
                                      util::Seconds(begin), util::Seconds(end)});
        }
    }
    const auto& messages = scene.compiled.messages(route);
    for (std::size_t m = 0; m < messages.size(); ++m) {
        const plan::Message& message = messages[m];
        timeline.transfers.push_back(
            {static_cast<std::uint32_t>(message.sender), static_cast<std::uint32_t>(message.receiver),
             message.stage == plan::kInputStage ? -1 : static_cast<std::int32_t>(message.stage), message.piece,
             scene.graph.tensor(message.tensor).name, message.payload, util::Seconds(trace.legs[m].posted),
             util::Seconds(trace.legs[m].arrived)});
    }
    return timeline;
}

/// Frames per second between two frames far enough from the start, whole turns of the routes apart.
double throughput(const plan::Plan& plan, const std::vector<Schedule>& routes, const Settings& settings, double alone) {
    if (routes.size() == 1 && settings.in_flight == 1) return alone > 0 ? 1 / alone : 0;
    const std::vector<std::size_t> turn = plan::turn_of_routes(plan);
    constexpr std::size_t kMostFrames = 4096;
    std::size_t window = 2 * settings.in_flight * routes.size() + 4;
    window = std::min((window + turn.size() - 1) / turn.size() * turn.size(), kMostFrames);
    std::vector<std::size_t> frames;
    // Behind the second window there are frames, too: in a system that runs empty the last ones would be fast.
    for (std::size_t f = 0; f < 3 * window; ++f) frames.push_back(turn[f % turn.size()]);
    std::vector<double> left = detail::play(routes, frames, settings);
    std::sort(left.begin(), left.end());
    const double time = left[2 * window - 1] - left[window - 1];
    return time > 0 ? static_cast<double>(window) / time : 0;
}

/// What one device does for a frame, the mean over the routes.
struct Use {
    double compute = 0;
    double radio = 0;
    bool takes_part = false;
};

std::vector<Use> uses_of(const plan::Plan& plan, const std::vector<Schedule>& routes) {
    std::vector<Use> uses(plan.devices.size());
    double weights = 0;
    for (const plan::Route& route : plan.routes) weights += route.weight;
    for (std::size_t r = 0; r < routes.size(); ++r) {
        const double share = plan.routes[r].weight / weights;
        for (std::size_t d = 0; d < uses.size(); ++d) {
            uses[d].takes_part = uses[d].takes_part || !routes[r].devices[d].empty();
            for (const Task& task : routes[r].devices[d]) uses[d].compute += share * task.seconds;
        }
        for (const detail::Leg& leg : routes[r].legs) {
            uses[leg.sender].radio += share * leg.occupancy();
            uses[leg.receiver].radio += share * leg.bytes;
        }
    }
    uses[index(plan.source)].takes_part = true;
    uses[index(plan.sink)].takes_part = true;
    return uses;
}

std::optional<util::Joules> energy_of(const Scene& scene, const std::vector<Use>& uses, double throughput_per_s) {
    if (throughput_per_s <= 0) return std::nullopt;
    util::Joules energy;
    for (std::size_t d = 0; d < uses.size(); ++d) {
        if (!uses[d].takes_part) continue;
        const auto& power = scene.bed.cluster().devices[scene.devices[d]].power;
        if (!power) return std::nullopt;
        energy += power->idle * util::Seconds(1 / throughput_per_s) + power->compute * util::Seconds(uses[d].compute) +
                  power->radio * util::Seconds(uses[d].radio);
    }
    return energy;
}

Prediction predict_scene(const Scene& scene, detail::WorkTimes& times) {
    std::vector<Schedule> routes;
    for (std::size_t r = 0; r < scene.compiled.routes(); ++r) routes.push_back(make_schedule(scene, r, times));
    const Settings settings{scene.bed.cluster().medium == cluster::Medium::shared,
                            static_cast<std::size_t>(scene.plan.in_flight)};
    const std::size_t first = plan::route_of(scene.plan, 0);
    Trace trace;
    const double alone = detail::play(routes, std::vector{first}, settings, &trace).front();

    Prediction prediction;
    prediction.timeline = timeline_of(scene, first, routes[first], trace);
    prediction.path = critical_path(routes[first], trace);
    prediction.throughput_per_s = throughput(scene.plan, routes, settings, alone);
    for (const plan::Message& message : scene.compiled.messages(first)) prediction.bytes += message.payload;
    prediction.messages = scene.compiled.messages(first).size();
    prediction.rounds = detail::count_rounds(scene, first);
    prediction.flops = routes[first].flops;
    prediction.redundant = routes[first].redundant;
    const std::vector<Use> uses = uses_of(scene.plan, routes);
    for (const Use& use : uses) prediction.compute.emplace_back(use.compute);
    for (std::uint32_t d = 0; d < uses.size(); ++d) {
        prediction.peak_memory.push_back(scene.compiled.memory(plan::DeviceId{d}).peak);
    }
    prediction.energy = energy_of(scene, uses, prediction.throughput_per_s);
    return prediction;
}

}  // namespace

std::vector<std::size_t> bed_devices(const plan::Plan& plan, const latency::Bed& bed) {
    const std::vector<cluster::Device>& all = bed.cluster().devices;
    std::vector<std::size_t> devices;
    for (const std::string& name : plan.devices) {
        // Plans nearly always have them in the cluster's order.
        const std::size_t next = devices.empty() ? 0 : devices.back() + 1;
        const auto device = next < all.size() && all[next].name == name ? next : bed.cluster().find(name);
        if (!device) {
            throw util::Error(util::Errc::data, fmt::format("the cluster has no device '{}'", name))
                .key("devices")
                .hint(util::suggestion(name, bed.cluster().names()));
        }
        devices.push_back(*device);
    }
    return devices;
}

Predictor::Predictor(const graph::Graph& graph, const latency::Bed& bed)
    : graph_(graph), bed_(bed), times_(std::make_unique<detail::WorkTimes>(graph, bed)) {}
Predictor::~Predictor() = default;
Predictor::Predictor(Predictor&&) noexcept = default;

Prediction Predictor::predict(const plan::Plan& plan, const plan::Compiled& compiled) {
    return predict_scene({plan, compiled, graph_, bed_, bed_devices(plan, bed_)}, *times_);
}

util::Seconds Predictor::time(std::size_t device, const graph::Work& work) {
    return util::Seconds(times_->seconds(device, times_->find(work)));
}

util::Seconds Predictor::sum_time(std::size_t device, graph::TensorId tensor, const graph::Box& part,
                                  std::size_t addends) const {
    const graph::TensorInfo& info = graph_.tensor(tensor);
    const detail::SumPart one{part, util::Bytes(part.volume() * info.element_bytes)};
    return bed_.time(device, detail::sum_work(info, one, std::vector(addends, one)));
}

Prediction predict(const plan::Plan& plan, const plan::Compiled& compiled, const graph::Graph& graph,
                   const latency::Bed& bed) {
    return Predictor(graph, bed).predict(plan, compiled);
}

}  // namespace convoy::cost
