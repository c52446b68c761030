#include <algorithm>

#include "partition/best_plan.hpp"
#include "partition/chain.hpp"
#include "partition/plan_builder.hpp"
#include "partition/slices.hpp"
#include "partition/split.hpp"
#include "partition/strategies.hpp"
#include "partition/traffic.hpp"
#include "util/error.hpp"

namespace convoy::partition::detail {

using util::Bytes;
using util::Seconds;

namespace {

Bytes output_bytes(const graph::Graph& graph) {
    Bytes bytes;
    for (const graph::TensorId output : graph.outputs()) bytes += graph.tensor(output).bytes();
    return bytes;
}

const cluster::Power& power_of(const cluster::Device& device) {
    if (device.power) return *device.power;
    throw util::Error(util::Errc::impossible, "the energy of '" + device.name + "' cannot be predicted")
        .hint("give it power_w in the cluster file");
}

plan::Plan plan_of(const Problem& problem, const std::vector<Block>& chain, const Split& split) {
    PlanBuilder builder(problem);
    const std::size_t border = split.cut == 0 ? 0 : chain[split.cut - 1].range.end;
    builder.whole({0, border}, problem.bed.cluster().source);
    builder.whole({border, problem.graph.operators().size()}, split.server);
    return std::move(builder).finish();
}

}  // namespace

std::vector<Split> splits_of(const Problem& problem, Slices& slices, const std::vector<Block>& chain,
                             std::size_t server) {
    const latency::Bed& bed = problem.bed;
    const std::size_t client = bed.cluster().source;
    const std::size_t sink = bed.cluster().sink;
    const std::size_t operators = problem.graph.operators().size();
    std::vector<Split> splits;
    for (std::size_t cut = 0; cut <= chain.size(); ++cut) {
        const std::size_t border = cut == 0 ? 0 : chain[cut - 1].range.end;
        const bool all_on_client = cut == chain.size();
        Split split{cut, server, {}, {}, {}, {}};
        split.client = slices.whole({0, border}, client);
        if (cut > 0) split.client += bed.piece_overhead(client);
        if (!all_on_client) {
            split.up = message_time(bed, client, server, entry_bytes(problem.graph, chain[cut]));
            split.server_time = slices.whole({border, operators}, server) + bed.piece_overhead(server);
        }
        split.down = message_time(bed, all_on_client ? client : server, sink, output_bytes(problem.graph));
        splits.push_back(split);
    }
    return splits;
}

plan::Plan make_neurosurgeon(const Problem& problem) {
    const cluster::Cluster& cluster = problem.bed.cluster();
    const std::vector<Block> chain = chain_for(problem.graph, "neurosurgeon");
    const bool energy = problem.settings.is(kNeurosurgeonObjective, "energy");
    const auto measure = [&](const Split& split) {
        if (!energy) return split.latency().count();
        const cluster::Power& power = power_of(cluster.devices[cluster.source]);
        const util::Seconds down = cluster.sink == cluster.source ? split.down : util::Seconds{};
        return (power.compute * split.client + power.radio * (split.up + down)).value;
    };
    Slices slices(problem);
    std::vector<std::pair<double, Split>> ranked;
    for (std::size_t server = 0; server < cluster.devices.size(); ++server) {
        if (server == cluster.source) continue;
        for (const Split& split : splits_of(problem, slices, chain, server)) ranked.emplace_back(measure(split), split);
    }
    std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    BestPlan best(problem, problem.least_devices.value_or(1));
    for (const auto& [value, split] : ranked) {
        if (best.offer(plan_of(problem, chain, split))) break;
    }
    return std::move(best).take(cluster.devices.size() == 1 ? "the cluster has no device but the source"
                                                            : "no cut gives so many devices something to compute");
}

}  // namespace convoy::partition::detail
