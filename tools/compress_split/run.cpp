#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "cli/interruption.hpp"
#include "cli/progress.hpp"
#include "compress_split/beds.hpp"
#include "compress_split/job.hpp"
#include "engine/shard.hpp"
#include "options/model.hpp"
#include "partition/jobs.hpp"
#include "util/clock.hpp"
#include "util/log.hpp"
#include "util/version.hpp"

namespace convoy::tools {

namespace {

namespace fs = std::filesystem;
using compress_split::Images;
using compress_split::Optimizer;
using compress_split::Result;
using compress_split::Use;

constexpr double kMostErrors = 10;
constexpr util::Seconds kLongestBudget{86400};

compress_split::Settings settings_from(const cli::Options& options) {
    compress_split::Settings settings;
    settings.max_drop = options.percentage("max-drop");
    settings.errors = options.number("margin", 0, kMostErrors);
    settings.seed = options.seed();
    settings.time_budget = options.duration("time-budget");
    if (settings.time_budget <= util::Seconds{} || settings.time_budget > kLongestBudget) {
        throw options.error("time-budget", "must be more than 0, and at most a day");
    }
    settings.say = [](const std::string& line) { util::log_info("{}", line); };
    return settings;
}

Images::Source source_from(const cli::Options& options) {
    Images::Source source;
    source.paths = options.all("calibration");
    if (options.has("preprocess")) {
        source.preprocess = dataset::read_preprocess(util::FileView::open(options.text("preprocess")));
    }
    source.labels = options.optional_text("labels");
    source.seed = options.seed();
    return source;
}

int threads_from(const cli::Options& options) {
    if (options.has("threads")) return static_cast<int>(options.integer("threads", 1, 1024));
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

std::size_t cloud_from(const cli::Options& options, const latency::Bed& bed, const graph::Graph& graph) {
    const cluster::Cluster& cluster = bed.cluster();
    if (cluster.devices.size() < 2) {
        throw util::Error(util::Errc::impossible, "the cluster has no device but the source")
            .hint("the model is cut between the source and another device");
    }
    if (!options.has("cloud")) return compress_split::default_cloud(graph, bed);
    const std::string name = options.text("cloud");
    const auto device = cluster.find(name);
    if (device && *device != cluster.source) return *device;
    throw options.error(
        "cloud", device ? fmt::format("'{}' is the source", name) : fmt::format("the cluster has no device '{}'", name),
        device ? "" : util::suggestion(name, cluster.names()));
}

/// The clusters, each as it is and with the uplinks of a sweep.
std::vector<Scene> scenes_from(const cli::Options& options, const graph::Graph& graph) {
    const std::vector<double> uplinks = options.numbers("sweep-uplink", 1e-6, 1e9);
    std::vector<Scene> scenes;
    std::size_t number = 0;
    for (const std::string& file : options.all("cluster")) {
        const std::string folder = ++number == 1 ? "" : fmt::format("cluster-{}", number);
        latency::Bed bed = latency::Bed::read(what_if(latency::read_cluster(util::FileView::open(file)), options));
        for (const std::string& doubt : bed.doubts(graph)) util::log_warning("{}", doubt);
        const std::size_t cloud = cloud_from(options, bed, graph);
        for (const double uplink : uplinks) {
            const fs::path below = fs::path(folder) / fmt::format("uplink-{}", uplink);
            scenes.push_back({file, compress_split::with_uplink(bed, cloud, util::from_mbit_per_s(uplink)), cloud,
                              uplink, below.string()});
        }
        const auto as_it_is = scenes.end() - static_cast<std::ptrdiff_t>(uplinks.size());
        scenes.insert(as_it_is, {file, std::move(bed), cloud, std::nullopt, folder});
    }
    return scenes;
}

/// @throws Error usage: a cluster is given twice, or is to come from stdin as the model does
void check_clusters(const cli::Options& options) {
    std::vector<std::string> clusters = options.all("cluster");
    std::sort(clusters.begin(), clusters.end());
    const auto twice = std::adjacent_find(clusters.begin(), clusters.end());
    if (twice != clusters.end()) throw options.error("cluster", fmt::format("'{}' is given twice", *twice));
    if (options.positional("MODEL.onnx") == "-" && std::binary_search(clusters.begin(), clusters.end(), "-")) {
        throw options.error("cluster", "model and cluster cannot both come from stdin");
    }
}

/// Looks for models on all scenes before anything is chosen on one of them.
void search(Optimizer& optimizer, const std::vector<Scene>& scenes) {
    for (const Scene& scene : scenes) {
        optimizer.search(scene.bed, scene.cloud, 1.0 / static_cast<double>(scenes.size()));
    }
    if (scenes.size() == 1) return;
    for (const Scene& scene : scenes) optimizer.verify(scene.bed, scene.cloud);
}

/// What is special about a scene, beside the first one.
cost::CompressionPart part_of(const Scene& scene, const Scene& first) {
    cost::CompressionPart part;
    part.uplink_mbit_per_s = scene.uplink_mbit_per_s;
    if (scene.cluster == first.cluster) return part;
    part.cluster = scene.cluster;
    part.cloud = scene.bed.cluster().devices[scene.cloud].name;
    return part;
}

/// For a scene that is not the first. Why there is nothing for it is told in its part.
std::optional<Result> choose_for(Optimizer& optimizer, const Scene& scene, cost::CompressionPart& part) {
    try {
        Result result = optimizer.choose(scene.bed, scene.cloud);
        part.rows = result.rows;
        return result;
    } catch (const util::Error& error) {
        if (error.code() != util::Errc::impossible && error.code() != util::Errc::timed_out) throw;
        part.note = error.message();
        return std::nullopt;
    }
}

/// The budget as a progress bar; looks for Ctrl-C, too.
class BudgetBar {
  public:
    BudgetBar(const cli::Options& options, util::Seconds budget)
        : budget_(budget), progress_(options, "seconds of the time budget", static_cast<std::size_t>(budget.count())) {}

    void tick() {
        cli::Interruption::throw_if_requested();
        const util::Seconds used = std::min(util::now() - start_, budget_);
        progress_.update(static_cast<std::size_t>(used.count()), static_cast<std::size_t>(budget_.count()),
                         budget_ - used);
    }

  private:
    cli::Interruption interruption_;
    util::Seconds start_ = util::now();
    util::Seconds budget_;
    cli::Progress progress_;
};

}  // namespace

int compress_and_split(const cli::Options& options) {
    compress_split::Settings settings = settings_from(options);
    const Outputs outputs = outputs_from(options);
    check_clusters(options);
    const std::string model = options.positional("MODEL.onnx");
    const graph::Graph graph = read_model(options, model);
    const std::vector<Scene> scenes = scenes_from(options, graph);
    const Scene& first = scenes.front();
    engine::set_threads(threads_from(options));

    BudgetBar bar(options, settings.time_budget);
    settings.tick = [&bar] { bar.tick(); };
    const std::size_t classes = compress_split::classes_of(graph);
    const Images images(source_from(options), graph, classes, [&bar](std::size_t, std::size_t) { bar.tick(); });
    cost::Compression compression;
    compression.generator = fmt::format("convoy-compress-split {}", util::version());
    compression.model = model;
    compression.cluster = first.cluster;
    compression.cloud = first.bed.cluster().devices[first.cloud].name;
    compression.max_drop = settings.max_drop;
    compression.margin = settings.errors;
    compression.seed = settings.seed;
    compression.calibration = images.size(Use::calibration);
    compression.selection = images.size(Use::selection);
    compression.check = images.size(Use::check);
    Optimizer optimizer(graph, images, std::move(settings));
    compression.metric = optimizer.evaluator().metric();
    search(optimizer, scenes);
    std::vector<Chosen> chosen{{first, optimizer.choose(first.bed, first.cloud)}};
    if (chosen.front().result.cut_short)
        util::log_warning("the time budget ended the search: with more time it may find a better one");
    compression.recipe = chosen.front().result.recipe;
    compression.parts.push_back({"", "", std::nullopt, chosen.front().result.rows, ""});
    for (std::size_t i = 1; i < scenes.size(); ++i) {
        cost::CompressionPart& part = compression.parts.emplace_back(part_of(scenes[i], first));
        std::optional<Result> other = choose_for(optimizer, scenes[i], part);
        if (other && !outputs.rows.empty()) chosen.push_back({scenes[i], std::move(*other)});
    }
    write_outputs(outputs, chosen, table_text(compression, options.text("format")));
    return 0;
}

}  // namespace convoy::tools
