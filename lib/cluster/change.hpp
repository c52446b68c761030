#pragma once

#include "cluster/cluster.hpp"

namespace convoy::cluster {

/// The cluster with one more device like `device`, at the end: the same figures and links, a name of its own ("b2"), no
/// address. Where no default covers the link between the two, it is that of `device` to the first other device.
/// @throws Error data, when there is no such link
[[nodiscard]] Cluster with_copy(Cluster cluster, std::size_t device);

/// The cluster with so many devices: the first ones, source and sink always among them, in their order; beyond those
/// that there are, copies of them in turn.
/// @param count  at least 1, or 2 where source and sink are two devices; @throws Error usage, when it is less
[[nodiscard]] Cluster with_devices(Cluster cluster, std::size_t count);

}  // namespace convoy::cluster
