#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cluster/cluster.hpp"
#include "cluster/cluster_schema.hpp"

namespace convoy::cluster {
namespace {

Device dilated(Device device, double factor) {
    if (device.rate) {
        device.rate = util::FlopsPerSecond(device.rate->value / factor);
    } else {
        device.speed /= factor;
    }
    if (device.power) {  // the energy of a frame stays what it is
        device.power =
            Power{util::Watts(device.power->idle.value / factor), util::Watts(device.power->compute.value / factor),
                  util::Watts(device.power->radio.value / factor)};
    }
    return device;
}

Link dilated(Link link, double factor) {
    link.rate = util::BytesPerSecond(link.rate.value / factor);
    link.start_up *= factor;
    link.delay *= factor;
    link.jitter *= factor;
    return link;
}

}  // namespace

Cluster dilated(Cluster cluster, double factor) {
    if (factor == 1) return cluster;
    if (!(factor >= 1) || cluster.dilation * factor > kLargestDilation)
        throw util::Error(util::Errc::usage,
                          fmt::format("a dilation of {:.4g} is not between 1 and 1e6", cluster.dilation * factor));
    for (Device& device : cluster.devices) device = dilated(std::move(device), factor);
    if (cluster.every) cluster.every = dilated(*cluster.every, factor);
    const std::vector<Pair> before = std::exchange(cluster.pairs, {});
    for (const Pair& pair : before) {
        // Without its profile, whose figures are not dilated, and so with both directions that the profile told.
        cluster.pairs.push_back({pair.from, pair.to, dilated(pair.link, factor), {}, {}});
        const auto listed = [&](const Pair& other) { return other.from == pair.to && other.to == pair.from; };
        if (pair.back && std::ranges::none_of(before, listed))
            cluster.pairs.push_back({pair.to, pair.from, dilated(*pair.back, factor), {}, {}});
    }
    cluster.dilation *= factor;
    return cluster;
}

}  // namespace convoy::cluster
