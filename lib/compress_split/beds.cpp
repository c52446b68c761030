#include "compress_split/beds.hpp"

#include <algorithm>
#include <vector>

#include "partition/traffic.hpp"
#include "samples/work.hpp"

namespace convoy::compress_split {

using util::Seconds;

namespace {

Seconds everything_on(const graph::Graph& graph, const latency::Bed& bed, std::size_t device) {
    Seconds time = bed.piece_overhead(device);
    for (std::size_t op = 0; op < graph.operators().size(); ++op) {
        const graph::OperatorId id{static_cast<std::uint32_t>(op)};
        time += bed.time(device, samples::describe(graph, graph::whole_work(graph, id)));
    }
    for (const graph::TensorId input : graph.inputs()) {
        time += partition::detail::message_time(bed, bed.cluster().source, device,
                                                util::Bytes(graph.tensor(input).full.volume()));
    }
    return time;
}

}  // namespace

std::size_t default_cloud(const graph::Graph& graph, const latency::Bed& bed) {
    const cluster::Cluster& cluster = bed.cluster();
    std::size_t best = cluster.source;
    Seconds least{};
    for (std::size_t device = 0; device < cluster.devices.size(); ++device) {
        if (device == cluster.source) continue;
        const Seconds time = everything_on(graph, bed, device);
        if (best != cluster.source && time >= least) continue;
        best = device;
        least = time;
    }
    return best;
}

latency::Bed with_uplink(const latency::Bed& bed, std::size_t cloud, util::BytesPerSecond rate) {
    cluster::Cluster cluster = bed.cluster();
    cluster::Pair pair{cluster.source, cloud, cluster.link(cluster.source, cloud), "", {}};
    pair.back = cluster.link(cloud, cluster.source);
    pair.link.rate = rate;
    std::erase_if(cluster.pairs, [&](const cluster::Pair& other) {
        return std::minmax(other.from, other.to) == std::minmax(pair.from, pair.to);
    });
    cluster.pairs.push_back(pair);
    std::vector<latency::DeviceModel> models;
    for (std::size_t device = 0; device < cluster.devices.size(); ++device) models.push_back(bed.model(device));
    return {std::move(cluster), std::move(models)};
}

}  // namespace convoy::compress_split
