#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.hpp"
#include "runtime/profile_request.hpp"
#include "samples/profile.hpp"
#include "transport/dial.hpp"

namespace convoy::runtime {

/// A device that is to profile itself, and measure its links to the others.
struct ProfiledDevice {
    std::string name;
    std::string url;              ///< where it serves; empty: this process is the device (at most one)
    std::vector<int> threads{1};  ///< of the engine, to profile with
};

/// What is measured on every device. Keeps references to the graphs.
struct ClusterProfilePlan {
    std::vector<ProfiledDevice> devices;
    std::vector<const graph::Graph*> models;
    std::int64_t sweep_layers = 0;  ///< synthetic layers of each kind, beside the first model or without one
    graph::OnnxOptions model_options{};
    std::vector<double> loads{0};
    double stable = 0.03;           ///< engine::ProfilePlan
    std::size_t max_runs = 100;     ///< of each piece under each condition
    util::Seconds budget{600};      ///< of each device, for all models together
    util::Seconds link_budget{10};  ///< of each pair of devices
    std::uint64_t seed = 1;         ///< of the sweep
    double stretch = 1;             ///< how many times slower this process pretends to be, where it is a device
    bool one_at_a_time = false;  ///< else devices profile themselves at once, but those of one host one after the other
};

struct ClusterProfileOptions {
    transport::Security security{};
    transport::ConnectionOptions connection{};
    util::Seconds connect_patience{10};
    util::Seconds stall_patience{300};  ///< a device that reports nothing new for so long is given up
    std::stop_token stop{};             ///< ends every wait, with Error interrupted; the devices stop, too
    /// How far the measurements of devices ("devices"), then of links ("links") are; may be empty.
    std::function<void(std::string_view phase, std::size_t done, std::size_t total)> progress{};
};

/// What one device measured.
struct DeviceMeasurement {
    std::vector<samples::Profile> profiles;  ///< one for each model
    std::size_t left_out = 0;                ///< measurements that the budget cut off
    double disturbance = 0;                  ///< share of all cores that other processes took, at worst
};
/// The link from devices[from] to devices[to], with the way back.
struct LinkMeasurement {
    std::size_t from = 0;
    std::size_t to = 0;
    samples::LinkProfile link;
};
struct ClusterMeasurement {
    std::vector<DeviceMeasurement> devices;  ///< in the plan's order
    std::vector<LinkMeasurement> links;      ///< every pair of devices once
};

/// Makes the devices of a cluster profile themselves, then every pair of them measure its link, while nobody computes.
/// Of two devices the earlier one dials, as in a run; this process dials in any case.
///
/// Each worker is taken as for a run: one in the middle of a run refuses, and none serves others meanwhile.
///
/// @throws Error naming the device: unavailable (nobody there, busy, lost, stalled), protocol (another version,
/// nonsense),
///         data (no profile), and whatever a device reports; usage; interrupted
[[nodiscard]] ClusterMeasurement profile_cluster(const ClusterProfilePlan& plan, const ClusterProfileOptions& options);

}  // namespace convoy::runtime
