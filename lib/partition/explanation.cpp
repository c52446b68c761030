#include "partition/explanation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

#include "cluster/change.hpp"
#include "cost/bound.hpp"
#include "partition/capability.hpp"
#include "partition/codecs.hpp"
#include "util/error.hpp"

namespace convoy::partition {

namespace {

using cluster::Cluster;
using cluster::Device;
using cluster::Link;

/// A cluster that would be better.
struct Better {
    std::string change;
    Cluster cluster;
    bool noticed = true;  ///< by the plan as it is
};

bool any_link(const Cluster& cluster, const std::function<bool(const Link&)>& holds) {
    if (cluster.every && holds(*cluster.every)) return true;
    return std::any_of(cluster.pairs.begin(), cluster.pairs.end(),
                       [&](const cluster::Pair& pair) { return holds(pair.link) || (pair.back && holds(*pair.back)); });
}

Cluster with_links(Cluster cluster, const std::function<void(Link&)>& change) {
    if (cluster.every) change(*cluster.every);
    for (cluster::Pair& pair : cluster.pairs) {
        change(pair.link);
        if (pair.back) change(*pair.back);
    }
    return cluster;
}

void make_faster(Device& device) {
    if (device.rate) {
        device.rate = *device.rate * 2.0;
    } else {
        device.speed *= 2;
    }
}

Cluster with_faster(Cluster cluster, std::size_t device) {
    make_faster(cluster.devices[device]);
    return cluster;
}

void add_links(const Cluster& cluster, std::vector<Better>& list) {
    if (cluster.devices.size() < 2) return;
    list.push_back({"all rates doubled", with_links(cluster, [](Link& link) { link.rate = link.rate * 2.0; })});
    if (any_link(cluster, [](const Link& link) { return link.start_up.count() > 0; }))
        list.push_back({"all start-ups halved", with_links(cluster, [](Link& link) { link.start_up /= 2; })});
    if (any_link(cluster, [](const Link& link) { return link.delay.count() > 0; }))
        list.push_back({"all delays halved", with_links(cluster, [](Link& link) { link.delay /= 2; })});
    if (cluster.medium != cluster::Medium::shared) return;
    Cluster switched = cluster;
    switched.medium = cluster::Medium::switched;
    list.push_back({"switched links, no shared medium", std::move(switched)});
}

/// The device of the bed that computes longest on the critical path.
std::size_t busiest(const Problem& problem, const Proposal& made) {
    std::vector<util::Seconds> times(made.plan.devices.size());
    for (const cost::PathStep& step : made.prediction.path.steps) times[step.device] += step.compute;
    const auto most = std::max_element(times.begin(), times.end()) - times.begin();
    return cost::bed_devices(made.plan, problem.bed)[static_cast<std::size_t>(most)];
}

void add_devices(const Problem& problem, const Proposal& made, std::vector<Better>& list) {
    const Cluster& cluster = problem.bed.cluster();
    const std::vector<double> speeds = detail::speeds_for_model(problem);
    std::vector<std::size_t> order(speeds.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return speeds[a] < speeds[b]; });
    const auto name = [&](std::size_t device) { return cluster.devices[device].name; };
    const std::size_t slowest = order.front();
    const std::size_t most = busiest(problem, made);
    if (slowest != most)
        list.push_back(
            {fmt::format("the slowest device, '{}', twice as fast", name(slowest)), with_faster(cluster, slowest)});
    list.push_back({fmt::format("the busiest device, '{}', twice as fast", name(most)), with_faster(cluster, most)});
    if (speeds.size() > 1) {
        Cluster all = cluster;
        for (Device& device : all.devices) make_faster(device);
        list.push_back({"all devices twice as fast", std::move(all)});
    }
    // A device alone, which has no link, can have no second one.
    if (!cluster.every && cluster.pairs.empty()) return;
    const std::size_t median = order[(order.size() - 1) / 2];
    list.push_back(
        {fmt::format("one more device like '{}'", name(median)), cluster::with_copy(cluster, median), false});
}

void add_room(const Cluster& cluster, std::vector<Better>& list) {
    const auto any = [&](const std::function<bool(const Device&)>& holds) {
        return std::any_of(cluster.devices.begin(), cluster.devices.end(), holds);
    };
    if (any([](const Device& device) { return device.load > 0; })) {
        Cluster idle = cluster;
        for (Device& device : idle.devices) device.load = 0;
        list.push_back({"no load by others", std::move(idle)});
    }
    if (any([](const Device& device) { return device.memory.has_value(); })) {
        Cluster larger = cluster;
        for (Device& device : larger.devices)
            if (device.memory) device.memory = *device.memory * 2;
        list.push_back({"twice the memory", std::move(larger), false});
    }
}

/// A latency; nothing when there is no plan.
std::optional<util::Seconds> unless_impossible(const std::function<util::Seconds()>& latency) {
    try {
        return latency();
    } catch (const util::Error& error) {
        if (error.code() != util::Errc::impossible) throw;
        return std::nullopt;
    }
}

cost::Remedy remedy(const Problem& problem, const Choice& choice, const Proposal& made, Better better) {
    const latency::Bed bed = problem.bed.on(std::move(better.cluster));
    cost::Predictor predictor(problem.graph, bed);
    const Problem changed = moved(problem, bed, predictor);
    cost::Remedy remedy{std::move(better.change)};
    if (better.noticed)
        remedy.same_plan = unless_impossible([&] { return judged_on(changed, made).prediction.latency(); });
    remedy.replanned = unless_impossible([&] { return Proposals(changed).of(choice).prediction.latency(); });
    return remedy;
}

util::Seconds best_of(const cost::Remedy& remedy) {
    constexpr util::Seconds kNever{std::numeric_limits<double>::infinity()};
    return std::min(remedy.same_plan.value_or(kNever), remedy.replanned.value_or(kNever));
}

std::vector<std::string> stage_names(const plan::Route& route, const graph::Graph& graph) {
    std::vector<std::string> names;
    for (const plan::Stage& stage : route.stages) {
        if (stage.hold) {
            names.push_back("hold " + graph.tensor(*stage.hold).name);
            continue;
        }
        const std::string first = graph.op(stage.operators.front()).name;
        const std::string last = graph.op(stage.operators.back()).name;
        names.push_back(stage.operators.size() == 1 ? first : fmt::format("{} to {}", first, last));
    }
    return names;
}

std::vector<cost::DeviceUse> uses(const Problem& problem, const Proposal& made) {
    const std::vector<std::size_t> devices = cost::bed_devices(made.plan, problem.bed);
    std::vector<cost::DeviceUse> uses;
    for (const std::string& name : made.plan.devices) uses.push_back({name});
    for (const samples::Span& span : made.prediction.timeline.spans)
        if (span.activity == samples::Activity::compute) uses[span.device].compute += span.end - span.begin;
    for (const samples::Transfer& transfer : made.prediction.timeline.transfers) {
        const Link link = problem.bed.cluster().link(devices[transfer.from], devices[transfer.to]);
        uses[transfer.from].send += link.start_up + transfer.bytes / link.rate;
        uses[transfer.to].receive += transfer.bytes / link.rate;
    }
    return uses;
}

}  // namespace

std::vector<cost::Remedy> remedies(const Problem& problem, const Choice& choice, const Proposal& made,
                                   const OnPlan& on_plan) {
    std::vector<Better> list;
    add_links(problem.bed.cluster(), list);
    add_devices(problem, made, list);
    add_room(problem.bed.cluster(), list);
    std::vector<cost::Remedy> remedies;
    for (Better& better : list) {
        // The plan itself is one, too.
        if (on_plan) on_plan(remedies.size() + 1, list.size() + 1);
        remedies.push_back(remedy(problem, choice, made, std::move(better)));
    }
    std::stable_sort(remedies.begin(), remedies.end(),
                     [](const cost::Remedy& a, const cost::Remedy& b) { return best_of(a) < best_of(b); });
    return remedies;
}

cost::Explanation explanation(const Problem& problem, const Files& files, const Choice& choice, const OnPlan& on_plan) {
    Proposals proposals(problem);
    const Proposal& made = proposals.of(choice);
    cost::Explanation explanation;
    explanation.strategy = choice.name();
    if (made.strategy != choice.strategy->name) explanation.strategy += fmt::format(" (the plan of {})", made.strategy);
    explanation.model_file = files.model;
    explanation.cluster_file = files.cluster;
    explanation.prediction = made.prediction;
    explanation.stages = stage_names(made.plan.routes[plan::route_of(made.plan, 0)], problem.graph);
    explanation.devices = uses(problem, made);
    if (const auto best = best_device(problem)) {
        explanation.best_device = problem.bed.cluster().devices[best->device].name;
        explanation.best_device_latency = best->proposal.prediction.latency();
    }
    explanation.lower_bound =
        cost::lower_bound(problem.graph, problem.bed, detail::shortest_coding(problem.accuracy_budget));
    explanation.remedies = remedies(problem, choice, made, on_plan);
    return explanation;
}

}  // namespace convoy::partition
