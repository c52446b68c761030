#pragma once

#include <string>
#include <vector>

#include "latency/bed.hpp"

namespace convoy::test {

/// Devices a, b, c, ... of the given rates in FLOPs per second, without memory or power, joined by one kind of link.
inline cluster::Cluster cluster_of(std::size_t devices, const cluster::Link& link,
                                   cluster::Medium medium = cluster::Medium::switched) {
    cluster::Cluster cluster;
    for (std::size_t d = 0; d < devices; ++d) {
        cluster::Device device;
        device.name = std::string(1, static_cast<char>('a' + d));
        cluster.devices.push_back(device);
    }
    cluster.medium = medium;
    cluster.every = link;
    return cluster;
}

inline latency::Bed bed_of(cluster::Cluster cluster, const std::vector<double>& flops_per_s) {
    std::vector<latency::DeviceModel> models;
    for (const double rate : flops_per_s) {
        models.push_back(latency::DeviceModel::of_rate(util::FlopsPerSecond(rate)));
    }
    return {std::move(cluster), std::move(models)};
}

/// start_up and delay in seconds, rate in bytes per second.
inline cluster::Link link_of(double rate, double start_up = 0, double delay = 0) {
    return {util::BytesPerSecond(rate), util::Seconds(start_up), util::Seconds(delay)};
}

}  // namespace convoy::test
