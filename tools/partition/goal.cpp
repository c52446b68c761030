#include "partition/goal.hpp"

#include <algorithm>

namespace convoy::tools {

namespace {

constexpr std::size_t kProgressSteps = 100;

partition::Objective objective_of(std::string_view text) {
    if (text == "throughput") return partition::Objective::throughput;
    if (text == "memory") return partition::Objective::memory;
    if (text == "energy") return partition::Objective::energy;
    return partition::Objective::latency;
}

bool is_auto(const partition::Choice& choice) { return choice.strategy->name == "auto"; }

}  // namespace

void Goal::apply(partition::Problem& problem) const {
    problem.objective = objective;
    problem.deadline = deadline;
    problem.accuracy_budget = accuracy_budget;
}

Goal goal_of(const cli::Options& options) {
    Goal goal{.objective = objective_of(options.text("objective")),
              .accuracy_budget = options.number("accuracy-budget", 0, 1)};
    if (options.has("deadline")) goal.deadline = options.duration("deadline");
    return goal;
}

cluster::Cluster limit_memory(cluster::Cluster cluster, const cli::Options& options) {
    if (!options.has("memory-limit")) return cluster;
    const util::Bytes limit = options.bytes("memory-limit");
    for (cluster::Device& device : cluster.devices) device.memory = std::min(device.memory.value_or(limit), limit);
    return cluster;
}

std::vector<partition::Choice> chosen_strategies(const cli::Options& options) {
    std::vector<partition::Choice> chosen = partition::choose(options.list("strategy"));
    const bool searches = chosen.empty() || std::any_of(chosen.begin(), chosen.end(), is_auto);
    for (const char* name : {"objective", "deadline", "accuracy-budget", "time-budget", "no-seeds"}) {
        if (options.has(name) && !searches) throw options.error(name, "is for -s auto");
    }
    if (!options.has("no-seeds")) return chosen;
    if (chosen.empty()) chosen = partition::all_choices();
    std::replace_if(chosen.begin(), chosen.end(), is_auto, partition::choose("auto:seeds=off"));
    return chosen;
}

Search::Search(const cli::Options& options) {
    progress_.emplace(options, "planning", kProgressSteps);
    if (options.has("time-budget")) end_.emplace(options.duration("time-budget"));
}

bool Search::go_on(double done) {
    if (progress_) progress_->update(static_cast<std::size_t>(done * static_cast<double>(kProgressSteps)));
    return !cli::Interruption::requested() && !(end_ && end_->passed());
}

}  // namespace convoy::tools
