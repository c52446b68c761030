#include "partition/strategies.hpp"
#include "util/error.hpp"

namespace convoy::partition::detail {

plan::Plan make_cloud(const Problem& problem) {
    const cluster::Cluster& cluster = problem.bed.cluster();
    std::optional<Proposal> best;
    std::string why = "the cluster has no device but the source";
    for (std::size_t device = 0; device < cluster.devices.size(); ++device) {
        if (device == cluster.source) continue;
        Proposal proposal = evaluate(problem, single_device_plan(problem, device));
        if (const auto too_little = memory_problem(problem, proposal)) {
            why = *too_little;
        } else if (!best || proposal.prediction.latency() < best->prediction.latency()) {
            best = std::move(proposal);
        }
    }
    if (!best) throw util::Error(util::Errc::impossible, why).hint("-s local runs everything on the source");
    return std::move(best->plan);
}

}  // namespace convoy::partition::detail
