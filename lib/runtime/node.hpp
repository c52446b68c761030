#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/interface.hpp"
#include "runtime/mailbox.hpp"
#include "runtime/record.hpp"

namespace convoy::runtime {

/// A device's links to the others of a run, and the executor behind them.
///
/// Tensors go straight from a link's reader thread to the executor, and from the executor to a link; everything else
/// becomes an event in the mailbox. All members but the destructor may be called from any thread.
class Node {
  public:
    explicit Node(Mailbox& mailbox) : mailbox_(mailbox) {}
    /// Ends the links at once, then the executor.
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    /// Takes a connection to `device` and starts it. The id counts up from 0.
    LinkId attach(plan::DeviceId device, std::unique_ptr<transport::Connection> connection);
    /// Says which device a link leads to, where attach() could not know it yet.
    void rename(LinkId id, plan::DeviceId device);
    [[nodiscard]] transport::Connection& link(LinkId id) const;
    [[nodiscard]] plan::DeviceId device(LinkId id) const;
    [[nodiscard]] std::size_t links() const;
    /// The link to a device, or null.
    [[nodiscard]] transport::Connection* link_to(plan::DeviceId device) const;

    /// Links, by receiver, whose start-up this device waits for before each tensor. Before deploy().
    void emulate(std::map<plan::DeviceId, EmulatedLink> links);
    /// Builds the executor. Frames of other epochs are dropped.
    void deploy(const Executor::Part& part, std::uint32_t epoch);
    [[nodiscard]] Executor& executor() const { return *executor_; }

    /// What this device counted. Waits until what was sent has left the queues.
    [[nodiscard]] DeviceTotals totals(plan::DeviceId self) const;

    /// Says goodbye on every link at once; false when one did not confirm in time.
    bool close(util::Seconds patience);

  private:
    struct Link {
        plan::DeviceId device{};
        std::unique_ptr<transport::Connection> connection;
    };

    [[nodiscard]] std::vector<Link*> all_links() const;
    void receive(LinkId id, transport::Header header, transport::Buffer payload);
    void send(std::uint64_t frame, const plan::Message& message, util::SharedBytes payload);

    Mailbox& mailbox_;
    mutable std::mutex mutex_;  ///< guards links_
    std::vector<std::unique_ptr<Link>> links_;
    std::atomic<std::uint32_t> epoch_{0};
    std::map<plan::DeviceId, EmulatedLink> emulated_;
    std::unique_ptr<Interface> interface_;
    std::unique_ptr<Executor> executor_;
    std::atomic<Executor*> deployed_{nullptr};  ///< executor_, for the readers
};

}  // namespace convoy::runtime
