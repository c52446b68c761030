#include "cluster/cluster.hpp"

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
    for (Device& device : cluster.devices) device = dilated(std::move(device), factor);
    if (cluster.every) cluster.every = dilated(*cluster.every, factor);
    for (Pair& pair : cluster.pairs) {
        pair.link = dilated(pair.link, factor);
        pair.profile.clear();  // its figures are not dilated
    }
    cluster.dilation *= factor;
    return cluster;
}

}  // namespace convoy::cluster
