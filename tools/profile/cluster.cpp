#include "profile/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <set>

#include "cli/progress.hpp"
#include "latency/bed.hpp"
#include "latency/fit.hpp"
#include "options/model.hpp"
#include "options/security.hpp"
#include "profile/warnings.hpp"
#include "runtime/cluster_profile.hpp"
#include "stop_on_signal.hpp"
#include "util/log.hpp"

namespace convoy::tools {
namespace {

using util::Errc;
using util::Error;

constexpr util::Seconds kMostForLink{600};

/// The files that are written, by device.
struct Outputs {
    std::string cluster;
    std::vector<std::vector<std::string>> profiles;  ///< one for each model
    std::vector<std::string> latencies;
};

std::string stem_of(const graph::Graph& graph) { return std::filesystem::path(graph.file()).stem().string(); }

Outputs outputs_of(const cli::Options& options, const cluster::Cluster& cluster,
                   const std::deque<graph::Graph>& models) {
    Outputs outputs{options.output(), {}, {}};
    if (outputs.cluster == "-")
        throw options.error("output", "is needed with --cluster: the new cluster file, with others beside it");
    const std::filesystem::path folder = std::filesystem::path(outputs.cluster).parent_path();
    for (const std::string& name : cluster.names()) {
        if (name.find('/') != std::string::npos || name.starts_with('.'))
            throw Error(Errc::usage, fmt::format("device '{}' cannot give its name to files", name))
                .hint("rename it in the cluster file");
        outputs.latencies.push_back(folder / (name + ".latency.yaml"));
        std::vector<std::string>& profiles = outputs.profiles.emplace_back();
        for (const graph::Graph& model : models)
            profiles.push_back(folder / (models.size() == 1 ? name + ".profile.yaml"
                                                            : fmt::format("{}.{}.profile.yaml", name, stem_of(model))));
        if (models.empty()) profiles.push_back(folder / (name + ".profile.yaml"));
    }
    return outputs;
}

std::string canonical(const std::string& path) {
    std::error_code failed;
    const std::filesystem::path whole = std::filesystem::weakly_canonical(path, failed);
    return failed ? path : whole.string();
}

/// Nothing that is read is written over, nothing is written twice, and all of it can be written.
void check_outputs(const Outputs& outputs, const cluster::Cluster& cluster, const std::deque<graph::Graph>& models) {
    std::set<std::string> inputs{canonical(cluster.file)};
    for (const cluster::Device& device : cluster.devices)
        if (!device.latency.empty())
            inputs.insert(canonical(util::resolve_beside(cluster.file, device.latency).string()));
    for (const cluster::Pair& pair : cluster.pairs)
        if (!pair.profile.empty()) inputs.insert(canonical(util::resolve_beside(cluster.file, pair.profile).string()));
    for (const graph::Graph& model : models) inputs.insert(canonical(model.file()));
    std::set<std::string> written;
    const auto check = [&](const std::string& path) {
        if (canonical(path) == canonical(cluster.file))
            throw Error(Errc::usage, fmt::format("the cluster file '{}' would be written over", path))
                .hint("give -o another name, or another folder");
        if (inputs.contains(canonical(path)))
            throw Error(Errc::usage, fmt::format("'{}' would be written over, and '{}' needs it", path, cluster.file))
                .hint("give -o another name, or another folder");
        if (!written.insert(canonical(path)).second)
            throw Error(Errc::usage, fmt::format("'{}' would be written twice", path))
                .hint("rename models or devices that are called alike");
        util::require_creatable(path);
    };
    check(outputs.cluster);
    for (const std::string& path : outputs.latencies) check(path);
    for (const std::vector<std::string>& paths : outputs.profiles)
        for (const std::string& path : paths) check(path);
}

std::deque<graph::Graph> read_models(const cli::Options& options) {
    std::deque<graph::Graph> models;
    for (const std::string& path : options.positionals("MODEL.onnx")) {
        if (path == "-")
            throw Error(Errc::usage, "a model from stdin cannot be sent to devices").hint("give the name of a file");
        models.push_back(read_model(options, path));
    }
    if (models.empty() && !options.flag("sweep"))
        throw Error(Errc::usage, "--cluster needs a model to profile with, or --sweep");
    return models;
}

/// A device without an address is this one, if it is the source: as for convoy-run.
runtime::ClusterProfilePlan plan_of(const cli::Options& options, const engine::ProfilePlan& wanted,
                                    const cluster::Cluster& cluster, const std::deque<graph::Graph>& models) {
    runtime::ClusterProfilePlan plan;
    for (std::size_t i = 0; i < cluster.devices.size(); ++i) {
        const cluster::Device& device = cluster.devices[i];
        if (device.address.empty() && i != cluster.source)
            throw Error(Errc::usage, fmt::format("device '{}' has no address", device.name))
                .hint("start convoy-serve there, and give the device the address in the cluster file");
        plan.devices.push_back(
            {device.name, device.address, options.has("threads") ? wanted.threads : std::vector<int>{device.threads}});
    }
    if (!cluster.devices[cluster.source].address.empty() && options.has("stretch"))
        throw options.error("stretch", "slows this device down, which is none of the cluster",
                            "its workers have the option: convoy-serve --stretch F");
    for (const graph::Graph& model : models) plan.models.push_back(&model);
    plan.model_options = onnx_options(options);
    if (wanted.sweep) plan.sweep_layers = wanted.sweep->layers;
    plan.loads = wanted.loads;
    plan.stable = wanted.stable;
    plan.max_runs = wanted.max_runs;
    plan.budget = wanted.budget;
    plan.link_budget = std::min(options.duration("link-budget"), kMostForLink);
    plan.seed = options.seed();
    plan.stretch = options.number("stretch", 1, samples::kLargestStretch);
    plan.one_at_a_time = options.flag("one-at-a-time");
    return plan;
}

runtime::ClusterMeasurement measure(const cli::Options& options, const runtime::ClusterProfilePlan& plan) {
    const StopOnSignal signals;
    std::optional<cli::Progress> bar;
    std::string shown;
    runtime::ClusterProfileOptions settings;
    settings.security = security_from(options);
    settings.stop = signals.token();
    settings.progress = [&](std::string_view phase, std::size_t done, std::size_t total) {
        if (shown != phase) bar.reset();
        shown = phase;
        if (!bar) bar.emplace(options, shown == "links" ? "probing links" : "timing devices", total);
        bar->update(done);
    };
    return runtime::profile_cluster(plan, settings);
}

void warn(const cluster::Cluster& cluster, const runtime::ClusterMeasurement& measured) {
    for (std::size_t i = 0; i < measured.devices.size(); ++i) {
        const runtime::DeviceMeasurement& device = measured.devices[i];
        const std::string& name = cluster.devices[i].name;
        if (device.left_out > 0)
            util::log_warning("{}: the budget was over before {} of the measurements; --budget gives more", name,
                              device.left_out);
        if (device.disturbance > engine::kMostDisturbance)
            util::log_warning("{}: other processes took {:.0f} % of the CPU meanwhile: the times are too long", name,
                              100 * device.disturbance);
        for (const samples::Profile& profile : device.profiles) warn_of_pace(name + ": ", profile);
    }
}

/// A number without digits that nobody measures.
double rounded(double number) { return std::stod(fmt::format("{:.4g}", number)); }

/// What was measured of a link, in the place of what `before` says of it.
cluster::Link measured_link(const cluster::Link& before, const samples::LinkFit& fit) {
    cluster::Link link = before;
    link.rate = util::from_mbit_per_s(rounded(util::mbit_per_s(fit.rate)));
    link.start_up = util::from_milliseconds(rounded(util::milliseconds(fit.start_up)));
    link.delay = util::from_milliseconds(rounded(util::milliseconds(fit.delay)));
    // Either way: no message comes before it was sent. The profile has the whole tail of late ones.
    link.jitter = std::min(util::from_milliseconds(rounded(util::milliseconds(fit.jitter))), link.delay);
    return link;
}

cluster::Cluster measured_cluster(const cluster::Cluster& before, const runtime::ClusterMeasurement& measured,
                                  const Outputs& outputs) {
    cluster::Cluster cluster = before;
    cluster.file = outputs.cluster;
    for (std::size_t i = 0; i < cluster.devices.size(); ++i) {
        cluster::Device& device = cluster.devices[i];
        device.latency = util::path_beside(outputs.cluster, outputs.latencies[i]);
        device.speed = 1;  // the model is the device's own
        device.rate.reset();
    }
    cluster.pairs.clear();
    for (const runtime::LinkMeasurement& measurement : measured.links) {
        const samples::LinkProfile& link = measurement.link;
        const auto add = [&](std::size_t from, std::size_t to, const samples::LinkFit& fit) {
            cluster.pairs.push_back({from, to, measured_link(before.link(from, to), fit), {}, {}});
        };
        add(measurement.from, measurement.to, link.fitted);
        add(measurement.to, measurement.from, link.back.value_or(link.fitted));
    }
    return cluster;
}

/// A device's links stand in its first profile.
void add_links(runtime::ClusterMeasurement& measured) {
    for (const runtime::LinkMeasurement& link : measured.links)
        measured.devices[link.from].profiles.front().links.push_back(link.link);
}

void write_profiles(const Outputs& outputs, const runtime::ClusterMeasurement& measured) {
    for (std::size_t i = 0; i < measured.devices.size(); ++i)
        for (std::size_t model = 0; model < measured.devices[i].profiles.size(); ++model)
            util::write_file(outputs.profiles[i][model], samples::write_profile(measured.devices[i].profiles[model]));
}

void write_latencies(const cli::Options& options, const cluster::Cluster& cluster, const Outputs& outputs,
                     const runtime::ClusterMeasurement& measured) {
    latency::FitOptions how;
    how.seed = options.seed();
    for (std::size_t i = 0; i < measured.devices.size(); ++i) {
        const std::string& name = cluster.devices[i].name;
        try {
            const latency::Fitted fitted = latency::fit(measured.devices[i].profiles, how);
            for (const std::string& note : fitted.notes) util::log_warning("{}: {}", name, note);
            util::write_file(outputs.latencies[i], latency::write_latency(fitted.model));
        } catch (Error& error) {
            throw error.context(fmt::format("while fitting the latency model of device '{}'", name));
        }
    }
}

}  // namespace

int profile_cluster(const cli::Options& options, const engine::ProfilePlan& plan) {
    if (options.has("name")) throw options.error("name", "is for one device: the cluster file names its devices");
    const std::deque<graph::Graph> models = read_models(options);
    const cluster::Cluster cluster = latency::read_cluster(util::FileView::open(options.text("cluster")));
    const Outputs outputs = outputs_of(options, cluster, models);
    check_outputs(outputs, cluster, models);
    runtime::ClusterMeasurement measured = measure(options, plan_of(options, plan, cluster, models));
    warn(cluster, measured);
    add_links(measured);
    write_profiles(outputs, measured);
    write_latencies(options, cluster, outputs, measured);
    // The cluster file comes last: what it refers to is there.
    util::write_file(outputs.cluster, cluster::write_cluster(measured_cluster(cluster, measured, outputs)));
    return 0;
}

}  // namespace convoy::tools
