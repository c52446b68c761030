#include "partition/documents.hpp"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "cost/bound.hpp"
#include "partition/codecs.hpp"
#include "util/error.hpp"
#include "util/file.hpp"
#include "util/version.hpp"

namespace convoy::partition {

namespace {

std::string generator() { return fmt::format("convoy-partition {}", util::version()); }

plan::PlanInputs inputs_of(const Problem& problem, const Files& files) {
    const cluster::Cluster& cluster = problem.bed.cluster();
    const auto beside = [&](const std::string& path) { return util::path_beside(files.output, path); };
    plan::PlanInputs inputs;
    inputs.model = {beside(files.model), problem.graph.sha256()};
    inputs.cluster = {beside(files.cluster), cluster::planning_hash(cluster)};
    std::map<std::string, std::string> models;
    for (std::size_t device = 0; device < cluster.devices.size(); ++device) {
        const std::string& path = cluster.devices[device].latency;
        if (path.empty()) continue;
        models.emplace(beside(util::resolve_beside(cluster.file, path).string()),
                       latency::planning_hash(problem.bed.model(device)));
    }
    for (const auto& [file, hash] : models) inputs.latency.push_back({file, hash});
    return inputs;
}

}  // namespace

plan::PlanDocument document(const Problem& problem, const Files& files, std::string_view strategy,
                            const Proposal& proposal) {
    plan::PlanDocument document;
    document.generator = generator();
    document.strategy = strategy;
    document.inputs = inputs_of(problem, files);
    document.plan = proposal.plan;
    document.predicted = proposal.prediction.timeline;
    return document;
}

cost::Comparison compare(const Problem& problem, const Files& files, std::span<const Choice> choices, Proposals* kept,
                         const OnPlan& on_plan) {
    const std::optional<BestDevice> best = best_device(problem);
    cost::Comparison comparison;
    comparison.generator = generator();
    comparison.model_file = util::path_beside(files.output, files.model);
    comparison.model_sha256 = problem.graph.sha256();
    comparison.cluster_file = util::path_beside(files.output, files.cluster);
    comparison.lower_bound =
        cost::lower_bound(problem.graph, problem.bed, detail::shortest_coding(problem.accuracy_budget));
    if (best) {
        comparison.best_device = problem.bed.cluster().devices[best->device].name;
        comparison.best_device_latency = best->proposal.prediction.latency();
    }
    Proposals proposals(problem);
    for (std::size_t done = 0; done < choices.size(); ++done) {
        const Choice& choice = choices[done];
        if (on_plan) on_plan(done, choices.size());
        try {
            std::optional<Proposal> here;
            if (kept) here.emplace(judged_on(problem, kept->of(choice)));
            const Proposal& proposal = here ? *here : proposals.of(choice);
            cost::ComparisonRow row = cost::compare(choice.name(), proposal.prediction, comparison.lower_bound,
                                                    comparison.best_device_latency);
            if (proposal.strategy != choice.strategy->name) {
                row.note = fmt::format("the plan of {}", proposal.strategy);
            } else if (best) {
                row.note = faster_alone(problem, proposal.prediction, *best);
            }
            comparison.strategies.push_back(std::move(row));
        } catch (const util::Error& error) {
            if (error.code() != util::Errc::impossible) throw;
            comparison.left_out.push_back({choice.name(), error.message()});
        }
    }
    return comparison;
}

}  // namespace convoy::partition
