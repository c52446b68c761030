#include "cluster/change.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "util/error.hpp"

namespace convoy::cluster {

namespace {

std::string free_name(const Cluster& cluster, const std::string& base) {
    for (int number = 2;; ++number) {
        std::string name = fmt::format("{}{}", base, number);
        if (!cluster.find(name)) return name;
    }
}

/// The link between a device and its copy, which nobody has described.
void join(Cluster& cluster, std::size_t original, std::size_t copy) {
    if (cluster.every) return;
    const std::size_t other = original == 0 ? 1 : 0;
    if (other == copy)
        throw util::Error(util::Errc::data, "the cluster has no link that one more device could have").key("links");
    const Link there = cluster.link(original, other);
    cluster.pairs.push_back({original, copy, there, "", cluster.link(other, original)});
}

void keep(Cluster& cluster, const std::vector<bool>& kept) {
    std::vector<std::size_t> now(kept.size(), 0);
    std::vector<Device> devices;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        now[i] = devices.size();
        if (kept[i]) devices.push_back(std::move(cluster.devices[i]));
    }
    std::erase_if(cluster.pairs, [&](const Pair& pair) { return !kept[pair.from] || !kept[pair.to]; });
    for (Pair& pair : cluster.pairs) {
        pair.from = now[pair.from];
        pair.to = now[pair.to];
    }
    cluster.source = now[cluster.source];
    cluster.sink = now[cluster.sink];
    cluster.devices = std::move(devices);
}

}  // namespace

Cluster with_copy(Cluster cluster, std::size_t device) {
    const std::size_t copy = cluster.devices.size();
    Device added = cluster.devices.at(device);
    added.name = free_name(cluster, added.name);
    added.address.clear();
    added.ssh.clear();
    cluster.devices.push_back(std::move(added));
    const std::vector<Pair> pairs = cluster.pairs;
    for (Pair pair : pairs) {
        if (pair.from != device && pair.to != device) continue;
        (pair.from == device ? pair.from : pair.to) = copy;
        cluster.pairs.push_back(std::move(pair));
    }
    join(cluster, device, copy);
    return cluster;
}

Cluster with_devices(Cluster cluster, std::size_t count) {
    const std::size_t there = cluster.devices.size();
    const std::size_t least = cluster.source == cluster.sink ? 1 : 2;
    if (count < least)
        throw util::Error(util::Errc::usage,
                          fmt::format("source and sink alone are {} device{}", least, least == 1 ? "" : "s"));
    for (std::size_t i = 0; cluster.devices.size() < count; ++i) cluster = with_copy(std::move(cluster), i % there);
    if (count >= there) return cluster;
    std::vector<bool> kept(there, false);
    kept[cluster.source] = kept[cluster.sink] = true;
    std::size_t open = count - least;
    for (std::size_t i = 0; i < there && open > 0; ++i) {
        if (kept[i]) continue;
        kept[i] = true;
        --open;
    }
    keep(cluster, kept);
    return cluster;
}

}  // namespace convoy::cluster
