#include "runtime/node.hpp"

#include <fmt/format.h>

#include <atomic>
#include <thread>

#include "util/mapped_memory.hpp"
#include "util/memory.hpp"

namespace convoy::runtime {
namespace {

constexpr util::Seconds kFlushPatience{5};

transport::Box to_wire(const graph::Box& box) {
    transport::Box wired;
    for (std::size_t axis = 0; axis < graph::kAxes; ++axis) {
        wired.begin[axis] = static_cast<std::int32_t>(box.axes[axis].begin);
        wired.end[axis] = static_cast<std::int32_t>(box.axes[axis].end);
    }
    return wired;
}

transport::Header header_of(const plan::Message& message, std::uint32_t epoch, std::uint64_t frame) {
    transport::Header header{.kind = transport::Kind::tensor,
                             .codec = static_cast<std::uint8_t>(message.codec),
                             .flags = message.addend ? transport::kAddend : 0,
                             .epoch = epoch,
                             .frame = frame,
                             .stage = static_cast<std::uint32_t>(message.stage),
                             .piece = message.piece,
                             .tensor = static_cast<std::uint32_t>(message.tensor),
                             .route = message.route,
                             .regions = {}};
    header.regions.reserve(message.boxes.size());
    for (const graph::Box& box : message.boxes) header.regions.push_back(to_wire(box));
    return header;
}

/// What was read to build the shards need not stay in memory: they have copies, or find it in the file again.
void release_model_file(const graph::Graph& graph) {
    for (const graph::Operator& op : graph.operators()) {
        if (!op.weights) continue;
        const std::span<const std::byte> file = util::mapped_file_of(op.weights->data);
        util::release_mapped(file);
        if (!file.empty()) return;
    }
}

}  // namespace

Node::~Node() {
    if (interface_) interface_->stop();
    // Readers deliver to the executor, which sends on the links: so the links' threads end while both still exist.
    (void)close(util::Seconds{0});
    executor_.reset();
}

LinkId Node::attach(plan::DeviceId device, std::unique_ptr<transport::Connection> connection) {
    transport::Connection* started = connection.get();
    LinkId id{};
    {
        const std::lock_guard lock(mutex_);
        id = LinkId(links_.size());
        links_.push_back(std::make_unique<Link>(Link{device, std::move(connection)}));
    }
    transport::Handlers handlers;
    handlers.on_message = [this, id](transport::Header header, transport::Buffer payload) {
        receive(id, std::move(header), std::move(payload));
    };
    handlers.on_closed = [this, id] { mailbox_.put(LinkClosed{id}); };
    handlers.on_lost = [this, id](const util::Error& error) { mailbox_.put(LinkLost{id, error}); };
    started->start(std::move(handlers));
    return id;
}

transport::Connection& Node::link(LinkId id) const {
    const std::lock_guard lock(mutex_);
    return *links_.at(static_cast<std::size_t>(id))->connection;
}

plan::DeviceId Node::device(LinkId id) const {
    const std::lock_guard lock(mutex_);
    return links_.at(static_cast<std::size_t>(id))->device;
}

void Node::rename(LinkId id, plan::DeviceId device) {
    const std::lock_guard lock(mutex_);
    links_.at(static_cast<std::size_t>(id))->device = device;
}

std::size_t Node::links() const {
    const std::lock_guard lock(mutex_);
    return links_.size();
}

transport::Connection* Node::link_to(plan::DeviceId device) const {
    const std::lock_guard lock(mutex_);
    for (const auto& link : links_)
        if (link->device == device) return link->connection.get();
    return nullptr;
}

void Node::emulate(std::map<plan::DeviceId, EmulatedLink> links) {
    if (links.empty()) return;
    emulated_ = std::move(links);
    interface_ = std::make_unique<Interface>([this](const util::Error& error) { mailbox_.put(ExecutorFailed{error}); });
}

void Node::deploy(const Executor::Part& part, std::uint32_t epoch) {
    epoch_ = epoch;
    executor_ = std::make_unique<Executor>(
        part, Executor::Hooks{
                  .send = [this](std::uint64_t frame, const plan::Message& message,
                                 util::SharedBytes payload) { send(frame, message, std::move(payload)); },
                  .done = [this](FinishedFrame frame) { mailbox_.put(FrameFinished{std::move(frame)}); },
                  .failed = [this](const util::Error& error) { mailbox_.put(ExecutorFailed{error}); },
              });
    release_model_file(part.weights.graph());
    deployed_ = executor_.get();
}

std::vector<Node::Link*> Node::all_links() const {
    const std::lock_guard lock(mutex_);
    std::vector<Link*> result;
    for (const auto& link : links_) result.push_back(link.get());
    return result;
}

DeviceTotals Node::totals(plan::DeviceId self) const {
    DeviceTotals totals;
    totals.device = self;
    totals.peak_resident = util::peak_resident_memory();
    if (executor_) totals.peak_buffers = executor_->peak_bytes();
    if (interface_) (void)interface_->flush(kFlushPatience);
    for (const Link* link : all_links()) {
        (void)link->connection->flush(kFlushPatience);
        totals.sent.push_back({link->device, link->connection->sent().of(transport::Kind::tensor)});
    }
    return totals;
}

bool Node::close(util::Seconds patience) {
    // Not under the lock: what the readers still do may need it.
    std::atomic<bool> confirmed{true};
    std::vector<std::jthread> ends;
    for (Link* link : all_links())
        ends.emplace_back([link, patience, &confirmed] {
            if (!link->connection->close(patience)) confirmed = false;
        });
    ends.clear();
    return confirmed;
}

void Node::receive(LinkId id, transport::Header header, transport::Buffer payload) {
    if (header.kind == transport::Kind::link_probe) {
        const auto kept = std::make_shared<transport::Buffer>(std::move(payload));
        link(id).send({.kind = transport::Kind::link_echo, .reply_to = header.sequence, .regions = {}},
                      transport::Payload(kept->bytes(), kept));
        return;
    }
    if (header.kind != transport::Kind::tensor) {
        if (header.kind != transport::Kind::heartbeat)
            mailbox_.put(ControlMessage{id, std::move(header), std::move(payload)});
        return;
    }
    Executor* const executor = deployed_;
    if (executor == nullptr) throw util::Error(util::Errc::protocol, "a tensor came before the plan was deployed");
    if (header.epoch != epoch_) return;
    const auto kept = std::make_shared<transport::Buffer>(std::move(payload));
    executor->deliver({.frame = header.frame,
                       .stage = plan::StageId(header.stage),
                       .piece = header.piece,
                       .tensor = graph::TensorId(header.tensor),
                       .sender = device(id)},
                      util::SharedBytes(kept->bytes(), kept));
}

void Node::send(std::uint64_t frame, const plan::Message& message, util::SharedBytes payload) {
    transport::Connection* connection = link_to(message.receiver);
    if (connection == nullptr)
        throw util::Error(util::Errc::internal,
                          fmt::format("there is no link to device {}", plan::index(message.receiver)));
    const auto emulated = emulated_.find(message.receiver);
    const auto hand_over = [connection, header = header_of(message, epoch_, frame),
                            tensor = transport::Payload(payload.bytes, payload.owner)] {
        connection->send(header, tensor);
    };
    if (emulated == emulated_.end()) return hand_over();
    interface_->post(emulated->second, message.payload, hand_over);
}

}  // namespace convoy::runtime
