#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/onnx.hpp"
#include "util/units.hpp"

namespace convoy::runtime {

/// What a device is to measure: the payload of Kind::profile, a YAML document.
struct ProfileRequest {
    enum class Task : std::uint8_t {
        join,    ///< nothing yet: the device says what it is, and serves nobody else from now on
        device,  ///< itself: a model's operators, or a sweep of synthetic layers
        link,    ///< its link to another device
    };
    Task task = Task::join;
    std::string device{};    ///< the receiver's name in the cluster
    util::Seconds budget{};  ///< of a device or a link

    std::int64_t sweep_layers = 0;  ///< synthetic layers of each kind, drawn by the seed; beside a model or without one
    std::string model_file{};       ///< where the asking side reads it; a worker on loopback may look there too
    std::string model_sha256{};
    graph::OnnxOptions model_options{};
    std::vector<double> loads{0};
    std::vector<int> threads{1};
    double stable = 0.03;        ///< engine::ProfilePlan
    std::size_t max_runs = 100;  ///< of each piece under each condition
    std::uint64_t seed = 1;

    std::string peer{};  ///< name of the device at the other end of the link
    std::string url{};   ///< where it listens
    bool operator==(const ProfileRequest&) const = default;
};

[[nodiscard]] std::string write(const ProfileRequest& request);
/// @throws Error data, also for a task without what it needs
[[nodiscard]] ProfileRequest read_profile_request(std::string text, const std::string& name);

}  // namespace convoy::runtime
