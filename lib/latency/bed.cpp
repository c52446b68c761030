#include "latency/bed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "latency/reference.hpp"
#include "util/error.hpp"

namespace convoy::latency {

cluster::Link link_of(const samples::LinkFit& fit) { return {fit.rate, fit.start_up, fit.delay, fit.jitter}; }

cluster::Cluster read_cluster(const util::FileView& file) {
    return cluster::read_cluster(file, [](const std::string& path) {
        const samples::Profile profile = samples::read_profile(util::FileView::open(path));
        if (!profile.link)
            throw util::Error(util::Errc::data, fmt::format("{} holds no link", path))
                .hint("convoy-profile --link URL measures one");
        const samples::LinkProfile& link = *profile.link;
        return cluster::MeasuredLink(link_of(link.fitted),
                                     link.back ? std::optional(link_of(*link.back)) : std::nullopt);
    });
}

namespace {

DeviceModel model_of(const cluster::Cluster& cluster, const cluster::Device& device,
                     std::map<std::string, DeviceModel>& known) {
    if (device.latency.empty()) {
        if (device.rate) return DeviceModel::of_rate(*device.rate);
        throw util::Error(util::Errc::data, fmt::format("device '{}' has no latency model", device.name))
            .key(fmt::format("devices.{}.latency", device.name))
            .hint("name the file that convoy-predict fit wrote, or give gflop_per_s");
    }
    const std::string path = util::resolve_beside(cluster.file, device.latency).string();
    const auto found = known.find(path);
    if (found != known.end()) return found->second;
    try {
        return known.emplace(path, read_latency(util::FileView::open(path))).first->second;
    } catch (util::Error& error) {
        throw error.context(fmt::format("while reading the latency model of device '{}'", device.name));
    }
}

double speed_of(const cluster::Device& device, const DeviceModel& model) {
    if (!device.rate || device.latency.empty()) return device.rate ? 1 : device.speed;
    return *device.rate / reference_rate(model);
}

}  // namespace

Bed Bed::read(cluster::Cluster cluster) {
    std::map<std::string, DeviceModel> known;
    std::vector<DeviceModel> models;
    for (const cluster::Device& device : cluster.devices) models.push_back(model_of(cluster, device, known));
    return {std::move(cluster), std::move(models)};
}

Bed::Bed(cluster::Cluster cluster, std::vector<DeviceModel> models)
    : cluster_(std::move(cluster)), models_(std::move(models)) {
    if (models_.size() != cluster_.devices.size())
        throw util::Error(util::Errc::internal, "a bed needs one latency model for each device");
    for (std::size_t i = 0; i < models_.size(); ++i) speeds_.push_back(speed_of(cluster_.devices[i], models_[i]));
}

Bed Bed::on(cluster::Cluster changed) const {
    std::vector<DeviceModel> models;
    for (const cluster::Device& device : changed.devices) {
        if (device.latency.empty() && device.rate) {
            models.push_back(DeviceModel::of_rate(*device.rate));
            continue;
        }
        const auto like =
            std::find_if(cluster_.devices.begin(), cluster_.devices.end(), [&](const cluster::Device& known) {
                return device.latency.empty() ? known.name == device.name : known.latency == device.latency;
            });
        if (like == cluster_.devices.end())
            throw util::Error(util::Errc::internal, fmt::format("no latency model of '{}' is known", device.name));
        models.push_back(models_[static_cast<std::size_t>(like - cluster_.devices.begin())]);
    }
    return {std::move(changed), std::move(models)};
}

util::Seconds Bed::time(std::size_t device, const samples::WorkShape& work) const {
    const cluster::Device& described = cluster_.devices.at(device);
    return models_[device].predict(work, {described.load, described.threads}) / speeds_[device];
}

util::Seconds Bed::least_time(std::size_t device, const samples::WorkShape& work, const WorkRange* range) const {
    const cluster::Device& described = cluster_.devices.at(device);
    return models_[device].predict_least(work, {described.load, described.threads}, range) / speeds_[device];
}

util::Seconds Bed::piece_overhead(std::size_t device) const {
    return models_.at(device).piece_overhead() / speeds_.at(device);
}

util::Seconds Bed::occupancy(std::size_t from, std::size_t to, util::Bytes bytes) const {
    const cluster::Link link = cluster_.link(from, to);
    return link.start_up + bytes / link.rate;
}

namespace {

std::vector<std::string> types_of(const graph::Graph& graph) {
    std::set<std::string> types;
    for (std::size_t i = 0; i < graph.operators().size(); ++i) {
        const auto op = static_cast<graph::OperatorId>(i);
        types.insert(samples::operator_type(samples::describe(graph, graph::whole_work(graph, op))));
    }
    return {types.begin(), types.end()};
}

void doubts_of(const cluster::Device& device, const DeviceModel& model, const std::vector<std::string>& types,
               std::vector<std::string>& doubts) {
    double largest_load = 0;
    std::set<int> threads;
    for (const OperatorModel& op : model.operators()) {
        largest_load = std::max(largest_load, op.largest_load);
        threads.insert(op.threads);
    }
    for (const std::string& type : types) {
        if (model.fallback(type))
            doubts.push_back(
                fmt::format("{}: {} was never sampled: the slowest sampled type stands in", device.name, type));
    }
    if (device.load > largest_load)
        doubts.push_back(
            fmt::format("{}: its load {} is beyond the samples' {:.2f}", device.name, device.load, largest_load));
    if (!threads.contains(device.threads))
        doubts.push_back(fmt::format("{}: {} threads were not sampled, only {}", device.name, device.threads,
                                     fmt::join(threads, ", ")));
}

}  // namespace

std::vector<std::string> Bed::doubts(const graph::Graph& graph) const {
    const std::vector<std::string> types = types_of(graph);
    std::vector<std::string> doubts;
    for (std::size_t d = 0; d < models_.size(); ++d) {
        // A device of which only its rate is known has no samples to go beyond.
        if (!cluster_.devices[d].latency.empty()) doubts_of(cluster_.devices[d], models_[d], types, doubts);
    }
    return doubts;
}

util::Seconds Bed::delay(std::size_t from, std::size_t to) const { return cluster_.link(from, to).delay; }

}  // namespace convoy::latency
