#pragma once

#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>

#include "plan/plan_file.hpp"
#include "runtime/link_probe.hpp"
#include "runtime/model_store.hpp"
#include "runtime/node.hpp"
#include "runtime/profile_job.hpp"
#include "runtime/stretch.hpp"
#include "transport/dial.hpp"

namespace convoy::runtime {

/// Connections of those who only measure the link: their probes are answered until they leave.
class Probers {
  public:
    void add(std::unique_ptr<transport::Connection> connection);

  private:
    struct Prober {
        std::unique_ptr<transport::Connection> connection;
        LinkAnswers answers;
        std::atomic<bool> gone{false};
    };
    std::list<Prober> probers_;
};

struct SessionOptions {
    transport::Security security;
    transport::ConnectionOptions connection;
    std::optional<int> threads;
    std::stop_token stop;
    util::Bytes base_memory{};                ///< resident size of the process when it was ready
    std::optional<util::Bytes> memory_limit;  ///< that a share may take
    Slowdown slowdown = {};                   ///< how the device shall seem slower than it is
};

/// One run on a worker, or the measurements that somebody asks it for. Its thread is the only one that decides; see
/// Mailbox.
class Session {
  public:
    /// What belongs to the worker and outlives the run.
    struct Surroundings {
        Mailbox& mailbox;
        ModelStore& models;
        Probers& probers;
    };

    Session(const Surroundings& worker, SessionOptions options);
    /// Ends all links, and takes their last events out of the mailbox.
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Serves until the coordinator says goodbye (true) or a stop is requested (false).
    ///
    /// What goes wrong here is reported to the coordinator, then thrown.
    /// @throws Error
    bool run(std::unique_ptr<transport::Connection> coordinator);

  private:
    void deploy(const ControlMessage& message);
    void build(ModelSource& source);
    /// Begins what the coordinator wants to have measured.
    void begin_measurement(const ControlMessage& message);
    void end_measurement(const ProfileEnded& ended);
    /// Where the coordinator's models come from.
    [[nodiscard]] RemoteModel remote_model();
    /// Where in the model's file the weights of the own share are.
    [[nodiscard]] std::vector<ChunkPart> weights_of_share(const ModelManifest& manifest) const;
    /// The next message of this kind by the coordinator, while it sends the model.
    [[nodiscard]] ControlMessage await(transport::Kind kind);
    void connect_peers();
    [[nodiscard]] bool exchanges_messages(plan::DeviceId a, plan::DeviceId b) const;
    [[nodiscard]] plan::DeviceId device_named(const std::string& name) const;
    void accept_peer(std::unique_ptr<transport::Connection> connection);
    /// True when the run is over.
    bool handle(Event event);
    bool handle(const ControlMessage& message);
    void start_if_connected();
    [[nodiscard]] const std::string& name_of(LinkId link) const;

    static constexpr LinkId kCoordinator{0};

    Surroundings worker_;
    SessionOptions options_;
    std::string coordinator_name_;
    std::optional<Deployment> deployment_;
    LoadedModel* model_ = nullptr;
    std::optional<plan::PlanDocument> document_;
    std::optional<plan::Compiled> compiled_;
    plan::DeviceId self_{};
    bool starting_ = false;
    std::size_t peers_expected_ = 0;  ///< workers that exchange messages with this one
    bool measuring_ = false;          ///< the coordinator asked for measurements: there will be no run
    bool preparing_ = false;          ///< the model of a measurement is on its way
    std::unique_ptr<ProfileJob> job_;
    std::unique_ptr<Node> node_;  ///< last: its threads use the others
};

}  // namespace convoy::runtime
