#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "cli/interruption.hpp"
#include "cli/progress.hpp"
#include "compress_split/job.hpp"
#include "engine/shard.hpp"
#include "options/model.hpp"
#include "partition/jobs.hpp"
#include "util/clock.hpp"
#include "util/log.hpp"
#include "util/version.hpp"

namespace convoy::tools {

namespace {

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

cost::CompressionPart part_for(Optimizer& optimizer, const latency::Bed& bed, std::size_t cloud, double uplink,
                               double share) {
    const latency::Bed other = compress_split::with_uplink(bed, cloud, util::from_mbit_per_s(uplink));
    try {
        return {uplink, optimizer.run(other, cloud, share).rows, ""};
    } catch (const util::Error& error) {
        if (error.code() != util::Errc::impossible && error.code() != util::Errc::timed_out) throw;
        return {uplink, {}, error.message()};
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
    const std::vector<double> sweep = options.numbers("sweep-uplink", 1e-6, 1e9);
    const std::string model = options.positional("MODEL.onnx");
    const std::string cluster_file = options.text("cluster");
    if (model == "-" && cluster_file == "-") {
        throw options.error("cluster", "model and cluster cannot both come from stdin");
    }
    const latency::Bed bed =
        latency::Bed::read(what_if(latency::read_cluster(util::FileView::open(cluster_file)), options));
    const graph::Graph graph = read_model(options, model);
    for (const std::string& doubt : bed.doubts(graph)) util::log_warning("{}", doubt);
    const std::size_t cloud = cloud_from(options, bed, graph);
    engine::set_threads(threads_from(options));

    BudgetBar bar(options, settings.time_budget);
    settings.tick = [&bar] { bar.tick(); };
    const std::size_t classes = compress_split::classes_of(graph);
    const Images images(source_from(options), graph, classes, [&bar](std::size_t, std::size_t) { bar.tick(); });
    cost::Compression compression;
    compression.generator = fmt::format("convoy-compress-split {}", util::version());
    compression.model = model;
    compression.cluster = cluster_file;
    compression.cloud = bed.cluster().devices[cloud].name;
    compression.max_drop = settings.max_drop;
    compression.margin = settings.errors;
    compression.seed = settings.seed;
    compression.calibration = images.size(Use::calibration);
    compression.selection = images.size(Use::selection);
    compression.check = images.size(Use::check);
    Optimizer optimizer(graph, images, std::move(settings));
    compression.metric = optimizer.evaluator().metric();
    const auto share = [&](std::size_t done) { return 1.0 / static_cast<double>(sweep.size() + 1 - done); };
    const Result result = optimizer.run(bed, cloud, share(0));
    if (result.cut_short)
        util::log_warning("the time budget ended the search: with more time it may find a better one");
    compression.recipe = result.recipe;
    compression.parts.push_back({std::nullopt, result.rows, ""});
    for (std::size_t i = 0; i < sweep.size(); ++i) {
        compression.parts.push_back(part_for(optimizer, bed, cloud, sweep[i], share(i + 1)));
    }
    write_outputs(outputs, result, {cluster_file, bed}, table_text(compression, options.text("format")));
    return 0;
}

}  // namespace convoy::tools
