#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/shard.hpp"
#include "graph/onnx.hpp"
#include "runtime/worker.hpp"
#include "transport/traffic.hpp"

namespace convoy::test {

/// By sender and receiver.
using LinkTraffic = std::map<std::pair<plan::DeviceId, plan::DeviceId>, transport::Traffic>;

/// A line per link, for the message of a failed test.
[[nodiscard]] std::string describe(const LinkTraffic& traffic);

/// What the messages of frames [0, frames) add up to, as derived from the plan.
[[nodiscard]] LinkTraffic derived_traffic(const plan::Plan& plan, const plan::Compiled& compiled, std::uint64_t frames);

/// A model in a file, and how it is read.
struct ModelFile {
    std::string path;
    graph::OnnxOptions options = {};
};

struct SocketRun {
    std::vector<std::vector<graph::Tensor>> outputs;  ///< by frame
    LinkTraffic traffic;                              ///< of tensors, as the sockets counted it
};

/// A worker that reads the model where the coordinator does.
[[nodiscard]] runtime::WorkerOptions worker_with_the_file(const std::string& device);

/// Runs frames with the source's coordinator in this thread and a worker in a thread of its own for each other device;
/// they talk over loopback.
/// @throws util::Error what the coordinator reports, or timed_out after a minute without a finished frame
[[nodiscard]] SocketRun run_over_sockets(
    const plan::Plan& plan, const plan::Compiled& compiled, engine::Weights& weights, const ModelFile& model,
    const std::vector<std::vector<graph::Tensor>>& frames,
    const std::function<runtime::WorkerOptions(const std::string&)>& options_of = worker_with_the_file);

}  // namespace convoy::test
