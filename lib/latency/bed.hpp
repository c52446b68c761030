#pragma once

#include <span>
#include <string>
#include <vector>

#include "cluster/cluster.hpp"
#include "latency/model.hpp"

namespace convoy::latency {

/// A measured link as clusters have it.
[[nodiscard]] cluster::Link link_of(const samples::LinkFit& fit);
/// Reads a cluster file, with its measured links from their profiles.
/// @throws Error data, no_input
[[nodiscard]] cluster::Cluster read_cluster(const util::FileView& file);

/// A cluster with the latency models of its devices: predicted times of work on devices, of messages on links.
///
/// Immutable; thread-safe.
class Bed {
  public:
    /// Reads each device's latency model, relative to the cluster's file. A device without one needs gflop_per_s.
    /// @throws Error data, no_input
    [[nodiscard]] static Bed read(cluster::Cluster cluster);
    /// @param models  one per device, in the cluster's order
    Bed(cluster::Cluster cluster, std::vector<DeviceModel> models);
    /// The same latency models, without reading them again, for a cluster that was changed: further devices name one of
    /// the files that these do, or have gflop_per_s. @throws Error internal, for others
    [[nodiscard]] Bed on(cluster::Cluster changed) const;

    [[nodiscard]] const cluster::Cluster& cluster() const noexcept { return cluster_; }
    [[nodiscard]] const DeviceModel& model(std::size_t device) const { return models_.at(device); }
    /// How many times faster than its latency model a device is: its speed, or what its gflop_per_s comes to.
    [[nodiscard]] double speed(std::size_t device) const { return speeds_.at(device); }

    /// Time of one operator's work on a device, at the device's load, threads and speed.
    [[nodiscard]] util::Seconds time(std::size_t device, const samples::WorkShape& work) const;
    /// What time() does not go below for any work of the same type with at least these FLOPs and bytes, in the range.
    [[nodiscard]] util::Seconds least_time(std::size_t device, const samples::WorkShape& work,
                                           const WorkRange* range = nullptr) const;
    /// What each piece costs beside its operators.
    [[nodiscard]] util::Seconds piece_overhead(std::size_t device) const;
    /// How long a message occupies the sender's interface: start_up + bytes / rate.
    [[nodiscard]] util::Seconds occupancy(std::size_t from, std::size_t to, util::Bytes bytes) const;
    [[nodiscard]] util::Seconds delay(std::size_t from, std::size_t to) const;

    /// What makes predictions of a model doubtful, one sentence each, for the user: operator types that were never
    /// sampled on a device, a load beyond that of the samples, a number of threads that was not sampled.
    [[nodiscard]] std::vector<std::string> doubts(const graph::Graph& graph) const;

  private:
    cluster::Cluster cluster_;
    std::vector<DeviceModel> models_;
    std::vector<double> speeds_;
};

}  // namespace convoy::latency
