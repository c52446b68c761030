#include <fmt/format.h>

#include <list>

#include "cli/progress.hpp"
#include "engine/load.hpp"
#include "engine/warm_up.hpp"
#include "graph/warm_up.hpp"
#include "latency/bed.hpp"
#include "options/model.hpp"
#include "options/pace.hpp"
#include "options/security.hpp"
#include "plan/plan_file.hpp"
#include "run/frames.hpp"
#include "run/jobs.hpp"
#include "runtime/coordinator.hpp"
#include "runtime/spawn.hpp"
#include "stop_on_signal.hpp"
#include "util/clock.hpp"
#include "util/log.hpp"
#include "util/memory.hpp"
#include "util/version.hpp"

namespace convoy::tools {
namespace {

using util::Errc;
using util::Error;

/// The devices of a plan as this run reaches them.
struct Devices {
    std::map<std::string, std::string> urls;
    std::map<std::string, int> threads;
    std::map<std::string, util::Bytes> memory;
    std::list<runtime::SpawnedWorker> spawned;
};

/// How the devices and links of this run differ from what they are.
struct TestBed {
    std::map<std::string, double> stretch;  ///< of this process and those that it spawns
    std::map<std::string, std::map<std::string, runtime::EmulatedLink>> links;
    std::vector<samples::StartUp> start_ups;  ///< of `links`, as the trace tells it
    double dilation = 1;                      ///< the cluster file's
};

/// A plan with everything that it is run with.
struct Loaded {
    std::string plan_file;
    std::string model_file;
    graph::Graph graph;
    plan::PlanDocument document;
    plan::Compiled compiled;
};

std::string model_of(const cli::Options& options, const plan::PlanFile& file) {
    if (options.has("model")) return options.text("model");
    if (!file.inputs().model)
        throw Error(Errc::usage, fmt::format("'{}' does not name its model", file.file())).hint("give it with --model");
    return util::resolve_beside(file.file(), file.inputs().model->file).string();
}

Loaded load(const cli::Options& options) {
    const plan::PlanFile file(util::FileView::open(options.text("plan")));
    std::string model = model_of(options, file);
    graph::Graph graph = read_model(options, model);
    plan::PlanDocument document = file.resolve(graph);
    plan::Compiled compiled(document.plan, graph);
    for (const std::string& warning : compiled.warnings()) util::log_warning("{}: {}", file.file(), warning);
    return {options.text("plan"), std::move(model), std::move(graph), std::move(document), std::move(compiled)};
}

/// The cluster file of the options, or the plan's where it still exists.
std::optional<cluster::Cluster> find_cluster(const cli::Options& options, const Loaded& loaded) {
    std::optional<std::string> path = options.optional_text("cluster");
    const auto& recorded = loaded.document.inputs.cluster;
    if (!path && recorded) {
        const std::filesystem::path beside = util::resolve_beside(loaded.plan_file, recorded->file);
        std::error_code ignored;
        if (std::filesystem::exists(beside, ignored)) path = beside.string();
    }
    if (!path) return std::nullopt;
    cluster::Cluster cluster = latency::read_cluster(util::FileView::open(*path));
    if (recorded && cluster::planning_hash(cluster) != recorded->sha256)
        util::log_warning("devices or links in '{}' have changed since the plan was made: its prediction may be off",
                          *path);
    return cluster;
}

void take_from_cluster(const cluster::Cluster& cluster, Devices& devices) {
    for (const cluster::Device& device : cluster.devices) {
        if (!device.address.empty()) devices.urls[device.name] = device.address;
        devices.threads[device.name] = device.threads;
        if (device.memory) devices.memory[device.name] = *device.memory;
    }
}

void spawn_workers(const cli::Options& options, const Loaded& loaded, const std::map<std::string, double>& stretch,
                   Devices& devices) {
    const std::string program = runtime::sibling_program("convoy-serve");
    std::vector<std::string> arguments{"--model", loaded.model_file, "--liveness", options.text("liveness")};
    const plan::Plan& plan = loaded.document.plan;
    for (std::size_t i = 0; i < plan.devices.size(); ++i) {
        const std::string& name = plan.devices[i];
        if (plan::DeviceId(i) == plan.source || devices.urls.contains(name)) continue;
        std::vector<std::string> own = arguments;
        if (const auto factor = stretch.find(name); factor != stretch.end()) {
            own.insert(own.end(), {"--stretch", fmt::format("{}", factor->second)});
            if (options.has("pace")) own.insert(own.end(), {"--pace", options.text("pace")});
        }
        devices.spawned.emplace_back(program, name, own);
        devices.urls[name] = devices.spawned.back().url();
    }
}

/// A stretch for a worker that this run does not start would be forgotten silently.
void check_stretch(const cli::Options& options, const Loaded& loaded, const Devices& devices, const TestBed& bed) {
    const plan::Plan& plan = loaded.document.plan;
    for (const auto& [name, factor] : bed.stretch) {
        if (std::find(plan.devices.begin(), plan.devices.end(), name) == plan.devices.end())
            throw options.error("stretch", fmt::format("unknown device '{}'", name),
                                util::suggestion(name, plan.devices));
        if (name != plan.devices[plan::index(plan.source)] && (!options.flag("spawn") || devices.urls.contains(name)))
            throw options.error("stretch", fmt::format("device '{}' is not started by this run", name),
                                "its worker has the option: convoy-serve --stretch F");
    }
}

/// Links with a start-up, for --start-up.
void take_links(const cluster::Cluster& cluster, const plan::Plan& plan, TestBed& bed) {
    for (std::uint32_t from = 0; from < plan.devices.size(); ++from) {
        for (std::uint32_t to = 0; to < plan.devices.size(); ++to) {
            if (from == to) continue;
            const auto sender = cluster.find(plan.devices[from]);
            const auto receiver = cluster.find(plan.devices[to]);
            if (!sender || !receiver) continue;
            const cluster::Link link = cluster.link(*sender, *receiver);
            bed.links[plan.devices[from]][plan.devices[to]] = {link.start_up, link.rate};
            if (link.start_up > util::Seconds{0}) bed.start_ups.push_back({from, to, link.start_up});
        }
    }
    if (bed.start_ups.empty()) bed.links.clear();
}

TestBed test_bed(const cli::Options& options, const Loaded& loaded, const std::optional<cluster::Cluster>& cluster) {
    const plan::Plan& plan = loaded.document.plan;
    TestBed bed;
    bed.stretch = stretch_from(options, plan.devices[plan::index(plan.source)]);
    if (cluster) bed.dilation = cluster->dilation;
    if (!options.flag("start-up")) return bed;
    if (!cluster) throw options.error("start-up", "there is no cluster file", "give it with --cluster");
    take_links(*cluster, plan, bed);
    return bed;
}

/// Emulated devices share this machine's cores: when they all compute at once, each still has what it needs.
void warn_of_crowd(const std::map<std::string, double>& stretch, const std::map<std::string, int>& threads) {
    double needed = 0;
    for (const auto& [name, factor] : stretch) {
        const auto own = threads.find(name);
        needed += (own == threads.end() ? 1 : own->second) / factor;
    }
    if (stretch.size() > 1 && needed > engine::usable_cores())
        util::log_warning(
            "the emulated devices need {:.1f} cores when all compute, this machine has {}: a larger "
            "--stretch on all of them keeps their ratios",
            needed, engine::usable_cores());
}

Devices find_devices(const cli::Options& options, const Loaded& loaded, const std::optional<cluster::Cluster>& cluster,
                     const TestBed& bed) {
    Devices devices;
    if (cluster) take_from_cluster(*cluster, devices);
    if (options.flag("spawn")) devices.urls.clear();  // the cluster's boards stay out of it
    for (const auto& [name, url] : options.assignments("address")) {
        const auto& names = loaded.document.plan.devices;
        if (std::find(names.begin(), names.end(), name) == names.end())
            throw options.error("address", fmt::format("unknown device '{}'", name), util::suggestion(name, names));
        devices.urls[name] = url;
    }
    if (options.has("threads"))
        for (const std::string& name : loaded.document.plan.devices)
            devices.threads[name] = static_cast<int>(options.integer("threads", 1, 1024));
    check_stretch(options, loaded, devices, bed);
    if (options.flag("spawn")) spawn_workers(options, loaded, bed.stretch, devices);
    return devices;
}

runtime::CoordinatorOptions coordinator_options(const cli::Options& options, const Loaded& loaded,
                                                std::stop_token stop) {
    runtime::CoordinatorOptions settings;
    settings.deployment.plan = plan::write_plan(loaded.document, loaded.graph);
    settings.deployment.model_file = std::filesystem::absolute(loaded.model_file).string();
    settings.deployment.model_sha256 = loaded.graph.sha256();
    settings.deployment.model_options = onnx_options(options);
    settings.security = security_from(options);
    settings.connection.liveness_timeout = options.duration("liveness");
    settings.connection.heartbeat_interval = settings.connection.liveness_timeout / 5;
    settings.stop = std::move(stop);
    return settings;
}

std::string stage_name(const plan::Stage& stage, const graph::Graph& graph) {
    if (stage.hold) return "hold " + graph.tensor(*stage.hold).name;
    const std::string& first = graph.op(stage.operators.front()).name;
    const std::string& last = graph.op(stage.last).name;
    return first == last ? last : first + ".." + last;
}

samples::TraceHeader header_of(const Loaded& loaded) {
    const plan::Plan& plan = loaded.document.plan;
    samples::TraceHeader header;
    header.generator = fmt::format("convoy-run {}", util::version());
    header.plan_file = loaded.plan_file;
    header.plan_sha256 = plan::plan_hash(plan, loaded.graph);
    header.model_file = loaded.model_file;
    header.model_sha256 = loaded.graph.sha256();
    header.strategy = loaded.document.strategy;
    header.devices = plan.devices;
    header.source = static_cast<std::uint32_t>(plan.source);
    header.sink = static_cast<std::uint32_t>(plan.sink);
    for (const plan::Stage& stage : plan.routes.front().stages)
        header.stages.push_back(stage_name(stage, loaded.graph));
    header.predicted = loaded.document.predicted;
    return header;
}

/// Feeds the coordinator with as many frames as the plan admits, and takes results as they come.
void run_frames(const cli::Options& options, const Loaded& loaded, runtime::Coordinator& coordinator,
                const FrameQueue& frames, FrameResults& results, runtime::Verifier* verifier) {
    std::optional<util::Seconds> patience;
    if (options.has("timeout")) patience = options.duration("timeout");
    std::map<std::uint64_t, std::vector<graph::Tensor>> inputs;  // kept for the comparison
    cli::Progress progress(options, "frames", frames.size());
    std::uint64_t submitted = 0;
    for (std::uint64_t done = 0; done < frames.size(); ++done) {
        while (submitted < frames.size() && coordinator.admits()) {
            std::vector<graph::Tensor> input = frames.load(submitted);
            if (verifier != nullptr) inputs[submitted] = input;
            coordinator.submit(std::move(input));
            ++submitted;
        }
        const runtime::FrameResult result = coordinator.next(patience);
        results.add(result, runtime::frame_trace(result, loaded.compiled, loaded.graph, results.header().start_ups));
        if (verifier != nullptr) {
            const util::Seconds begin = util::now();
            (void)verifier->check(inputs.at(result.frame), result.outputs);
            inputs.erase(result.frame);
            if (coordinator.in_flight() == 0 && done + 1 < frames.size()) results.pause(util::now() - begin);
        }
        progress.step();
    }
}

}  // namespace

int run_plan(const cli::Options& options) {
    if (!options.has("plan")) throw Error(Errc::usage, "no plan given").hint("give one with --plan, or use --local");
    graph::warm_up();
    engine::warm_up();
    const util::Bytes base_memory = util::resident_memory();
    const Loaded loaded = load(options);
    const FrameQueue frames(options, loaded.graph);
    FrameResults results(options, loaded.graph, frames, header_of(loaded));
    const StopOnSignal signals;
    const std::optional<cluster::Cluster> cluster = find_cluster(options, loaded);
    const TestBed bed = test_bed(options, loaded, cluster);
    Devices devices = find_devices(options, loaded, cluster, bed);
    const std::string& source = loaded.document.plan.devices[plan::index(loaded.document.plan.source)];
    const auto own_threads = devices.threads.find(source);
    engine::set_threads(own_threads == devices.threads.end() ? 1 : own_threads->second);
    engine::Weights weights(loaded.graph);
    std::optional<runtime::Verifier> verifier;
    if (options.flag("verify")) verifier.emplace(weights, loaded.document.plan, loaded.compiled);

    runtime::CoordinatorOptions settings = coordinator_options(options, loaded, signals.token());
    settings.base_memory = base_memory;
    const auto own_stretch = bed.stretch.find(source);
    runtime::Coordinator coordinator({loaded.document.plan,
                                      loaded.compiled,
                                      weights,
                                      devices.urls,
                                      devices.threads,
                                      devices.memory,
                                      {own_stretch == bed.stretch.end() ? 1 : own_stretch->second, pace_from(options)},
                                      bed.links},
                                     settings);
    results.emulated(coordinator.stretch(), bed.start_ups, bed.dilation);
    warn_of_crowd(coordinator.stretch(), devices.threads);
    run_frames(options, loaded, coordinator, frames, results, verifier ? &*verifier : nullptr);
    const std::vector<runtime::DeviceTotals> totals = coordinator.totals();
    coordinator.close();
    return results.finish(totals, verifier ? &*verifier : nullptr);
}

}  // namespace convoy::tools
