#include "partition/task.hpp"

#include "options/model.hpp"
#include "partition/jobs.hpp"
#include "util/file.hpp"
#include "util/log.hpp"

namespace convoy::tools {

namespace {

constexpr std::int64_t kMostDevices = 1000;

}  // namespace

Task::Task(const cli::Options& options)
    : files{options.positional("MODEL.onnx"), options.text("cluster"), options.output()} {
    if (files.model == "-" && files.cluster == "-") {
        throw options.error("cluster", "model and cluster cannot both come from stdin");
    }
    util::require_creatable(files.output);
    if (options.has("min-devices")) {
        least_devices_ = static_cast<std::size_t>(options.integer("min-devices", 1, kMostDevices));
    }
    if (options.has("max-devices")) {
        most_devices_ = static_cast<std::size_t>(options.integer("max-devices", 2, kMostDevices));
    }
    if (most_devices_ < least_devices_.value_or(2)) throw options.error("max-devices", "is less than --min-devices");
    cluster_ = latency::read_cluster(util::FileView::open(files.cluster));
    bed_.emplace(latency::Bed::read(limit_memory(what_if(cluster_, options), options)));
    graph_.emplace(read_model(options, files.model));
    for (const std::string& doubt : bed_->doubts(*graph_)) util::log_warning("{}", doubt);
    predictor_.emplace(*graph_, *bed_);
    goal_ = goal_of(options);
}

partition::Problem Task::problem() {
    partition::Problem problem{*graph_, *bed_, *predictor_, least_devices_, most_devices_};
    goal_.apply(problem);
    return problem;
}

Scenario::Scenario(const partition::Problem& base, latency::Bed bed)
    : bed_(std::move(bed)), predictor_(base.graph, bed_), problem_(moved(base, bed_, predictor_)) {}

}  // namespace convoy::tools
