#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "runtime/deployment.hpp"
#include "runtime/record.hpp"
#include "runtime/stretch.hpp"
#include "transport/dial.hpp"

namespace convoy::runtime {

/// One device's part in a finished frame, on the coordinator's clock.
struct DeviceFrame {
    plan::DeviceId device{};
    FrameRecord record;
};

/// One frame that every device has finished.
struct FrameResult {
    std::uint64_t frame = 0;
    std::size_t route = 0;
    util::Seconds begin{};               ///< when it was submitted
    util::Seconds end{};                 ///< when the outputs were there
    std::vector<graph::Tensor> outputs;  ///< the graph outputs, each whole
    std::vector<DeviceFrame> devices;    ///< those that took part, in device order
};

struct CoordinatorOptions {
    Deployment deployment;  ///< device, session and urls are filled in
    transport::Security security;
    transport::ConnectionOptions connection;
    util::Seconds connect_patience{10};
    util::Seconds deploy_patience{600};  ///< for all devices to load the model and build their shards
    std::stop_token stop;                ///< ends every wait, with Error interrupted
    util::Bytes base_memory{};           ///< resident size of this process before it read the model
};

/// Runs a plan from its source device: connects to the workers, deploys, feeds frames, collects results.
///
/// Used by one thread. Errors of the network and of workers name the device (Errc::unavailable, exit 69).
class Coordinator {
  public:
    /// What is run. Keeps references to all of it.
    struct Job {
        const plan::Plan& plan;
        const plan::Compiled& compiled;
        engine::Weights& weights;
        /// Where the devices listen, by name; the source needs none.
        std::map<std::string, std::string> urls;
        /// Threads of the engine by device name; others take the deployment's.
        std::map<std::string, int> threads = {};
        /// What a device's share may take, by name; others may take what they need.
        std::map<std::string, util::Bytes> memory = {};
        /// How the source pretends to be slower.
        Slowdown slowdown = {};
        /// Links whose start-up is emulated, by the names of sender and receiver.
        std::map<std::string, std::map<std::string, EmulatedLink>> start_ups = {};
    };

    /// Connects and deploys; when it returns every device is ready for frames.
    /// @throws Error unavailable, protocol, data, interrupted; usage for a device without an address; impossible for a
    ///         share that needs more memory than its device has, before anybody is connected
    Coordinator(const Job& job, CoordinatorOptions options);
    /// Drops the links at once; workers end their session.
    ~Coordinator();

    /// Devices that pretend to be slower, the source included: how many times.
    [[nodiscard]] const std::map<std::string, double>& stretch() const;

    /// Whether another frame may be in flight now.
    [[nodiscard]] bool admits() const;
    /// Hands in the next frame (numbers count up from 0). Needs admits(). `inputs` are the graph inputs, each whole.
    std::uint64_t submit(std::vector<graph::Tensor> inputs);
    [[nodiscard]] std::size_t in_flight() const;
    /// The next frame that every device has finished; needs one in flight.
    /// @param patience  the user's own limit for it
    /// @throws Error unavailable (a device was lost), timed_out, interrupted, and whatever a device reports
    [[nodiscard]] FrameResult next(std::optional<util::Seconds> patience = std::nullopt);

    /// What every device that takes part counted since the start; in device order. Best asked when no frame is in
    /// flight.
    [[nodiscard]] std::vector<DeviceTotals> totals();

    /// Says goodbye, so that workers end their session cleanly.
    void close(util::Seconds patience = util::Seconds{5});

  private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace convoy::runtime
