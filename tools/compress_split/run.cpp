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

/// @param swept  gets what is chosen; nullptr: only the table's rows are wanted
cost::CompressionPart part_for(Optimizer& optimizer, const latency::Bed& bed, std::size_t cloud, double uplink,
                               std::list<Swept>* swept) {
    latency::Bed other = compress_split::with_uplink(bed, cloud, util::from_mbit_per_s(uplink));
    try {
        Result result = optimizer.choose(other, cloud);
        cost::CompressionPart part{uplink, result.rows, ""};
        if (swept != nullptr) swept->push_back({uplink, std::move(other), std::move(result)});
        return part;
    } catch (const util::Error& error) {
        if (error.code() != util::Errc::impossible && error.code() != util::Errc::timed_out) throw;
        return {uplink, {}, error.message()};
    }
}

/// The bed, and the same with each of the uplinks.
std::vector<latency::Bed> swept_beds(const latency::Bed& bed, std::size_t cloud, const std::vector<double>& uplinks) {
    std::vector<latency::Bed> beds{bed};
    for (const double uplink : uplinks) {
        beds.push_back(compress_split::with_uplink(bed, cloud, util::from_mbit_per_s(uplink)));
    }
    return beds;
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
    const std::vector<latency::Bed> beds = swept_beds(bed, cloud, sweep);
    for (const latency::Bed& one : beds) optimizer.search(one, cloud, 1.0 / static_cast<double>(beds.size()));
    for (const latency::Bed& one : beds) {
        if (beds.size() > 1) optimizer.verify(one, cloud);
    }
    const Result result = optimizer.choose(bed, cloud);
    if (result.cut_short)
        util::log_warning("the time budget ended the search: with more time it may find a better one");
    compression.recipe = result.recipe;
    compression.parts.push_back({std::nullopt, result.rows, ""});
    std::list<Swept> swept;
    for (const double uplink : sweep) {
        compression.parts.push_back(part_for(optimizer, bed, cloud, uplink, outputs.rows.empty() ? nullptr : &swept));
    }
    write_outputs(outputs, result, {cluster_file, bed}, swept, table_text(compression, options.text("format")));
    return 0;
}

}  // namespace convoy::tools
