#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "graph/onnx.hpp"
#include "plan/program.hpp"
#include "runtime/interface.hpp"

namespace convoy::runtime {

/// What the coordinator tells a device before the first frame: the payload of Kind::deploy, a YAML document.
struct Deployment {
    std::uint64_t session = 0;  ///< random; peers of the run must show it
    std::string device;         ///< the receiver's name in the plan
    std::string plan;           ///< text of the plan file
    std::string model_file;     ///< where the coordinator reads the model; a worker on loopback may look there too
    std::string model_sha256;
    graph::OnnxOptions model_options;
    int threads = 1;                      ///< of the engine on the receiver
    std::optional<util::Bytes> memory{};  ///< that its share may take; it then gets only the weights that it needs
    /// Where each other device listens; the coordinator's own device has no url: it dials everybody.
    std::map<std::string, std::string> urls;
    /// Links to other devices whose start-up the receiver of this is to wait for; a test bed's.
    std::map<std::string, EmulatedLink> start_ups{};
    bool operator==(const Deployment&) const = default;
};

[[nodiscard]] std::string write(const Deployment& deployment);
/// Refuses a share that would not fit, before anything is allocated for it.
/// @throws Error impossible, naming what the device needs and its limit
void require_memory(const std::string& device, const plan::Memory& needed, util::Bytes limit);

/// @throws Error data
[[nodiscard]] Deployment read_deployment(std::string text, const std::string& name);

}  // namespace convoy::runtime
