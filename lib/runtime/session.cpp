#include "runtime/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "runtime/record.hpp"
#include "runtime/weight_ranges.hpp"
#include "util/clock.hpp"
#include "util/log.hpp"
#include "util/memory.hpp"

namespace convoy::runtime {

using plan::DeviceId;
using plan::index;
using util::Errc;
using util::Error;

namespace {

/// How often waits look whether they shall stop.
constexpr util::Seconds kGlance{0.25};
/// From the coordinator's hello to its deployment, and from the start until all peers are connected.
constexpr util::Seconds kHandshakePatience{30};
constexpr util::Seconds kGoodbyePatience{2};
/// For the next part of a model.
constexpr util::Seconds kModelPatience{60};
constexpr std::uint32_t kFirstEpoch = 1;

std::string text_of(const ControlMessage& message) {
    const std::span<const std::byte> bytes = message.payload.bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void Probers::add(std::unique_ptr<transport::Connection> connection) {
    probers_.remove_if([](const Prober& prober) { return prober.gone.load(); });
    Prober& prober = probers_.emplace_back();
    prober.connection = std::move(connection);
    transport::Handlers handlers;
    handlers.on_message = [&prober](const transport::Header& header, transport::Buffer payload) {
        prober.answers.answer(*prober.connection, header, std::move(payload));
    };
    handlers.on_closed = [&prober] { prober.gone = true; };
    handlers.on_lost = [&prober](const Error&) { prober.gone = true; };
    prober.connection->start(std::move(handlers));
}

Session::Session(const Surroundings& worker, SessionOptions options)
    : worker_(worker), options_(std::move(options)), node_(std::make_unique<Node>(worker.mailbox)) {}

Session::~Session() {
    job_.reset();
    node_.reset();
    worker_.mailbox.forget_links();
}

bool Session::run(std::unique_ptr<transport::Connection> coordinator) {
    coordinator_name_ = coordinator->peer().name;
    // The plan, and with it the coordinator's device, comes with the deployment: until then nothing is routed.
    node_->attach(DeviceId{std::numeric_limits<std::uint32_t>::max()}, std::move(coordinator));
    util::Deadline handshake(kHandshakePatience);
    try {
        for (;;) {
            std::optional<Event> event = worker_.mailbox.take(kGlance);
            if (options_.stop.stop_requested()) {
                (void)node_->close(kGoodbyePatience);
                return false;
            }
            if (event && handle(std::move(*event))) {
                (void)node_->close(kGoodbyePatience);  // peers that hear of the end later must not think us lost
                return true;
            }
            if (!deployment_ && !measuring_ && handshake.passed())
                throw Error(Errc::unavailable, fmt::format("'{}' deploys nothing", coordinator_name_));
        }
    } catch (const Error& error) {
        const bool stopped = error.code() == Errc::interrupted;  // here, not at the coordinator
        if (node_->link(kCoordinator).alive()) {
            node_->link(kCoordinator)
                .send({.kind = transport::Kind::error, .regions = {}},
                      transport::Payload(transport::encode_error(
                          stopped ? Error(Errc::unavailable, "the worker was stopped") : error)));
            (void)node_->close(kGoodbyePatience);
        }
        throw;
    }
}

bool Session::handle(Event event) {
    if (auto* accepted = std::get_if<PeerAccepted>(&event)) {
        accept_peer(std::move(accepted->connection));
    } else if (auto* finished = std::get_if<FrameFinished>(&event)) {
        node_->link(kCoordinator)
            .send({.kind = transport::Kind::frame_done, .frame = finished->frame.record.frame, .regions = {}},
                  transport::Payload(encode(finished->frame)));
    } else if (const auto* failed = std::get_if<ExecutorFailed>(&event)) {
        throw failed->error;
    } else if (const auto* step = std::get_if<ProfileStep>(&event)) {
        node_->link(kCoordinator)
            .send({.kind = transport::Kind::profile_step, .regions = {}}, transport::Payload(encode(*step)));
    } else if (const auto* ended = std::get_if<ProfileEnded>(&event)) {
        end_measurement(*ended);
    } else if (const auto* closed = std::get_if<LinkClosed>(&event)) {
        return closed->link == kCoordinator;  // peers leave as soon as the coordinator told them
    } else if (const auto* lost = std::get_if<LinkLost>(&event)) {
        throw Error(Errc::unavailable, fmt::format("'{}' was lost: {}", name_of(lost->link), lost->error.message()));
    } else if (const auto* message = std::get_if<ControlMessage>(&event)) {
        return handle(*message);
    }
    return false;
}

bool Session::handle(const ControlMessage& message) {
    if (message.link != kCoordinator)
        throw Error(Errc::protocol, fmt::format("'{}' sent an unexpected '{}'", name_of(message.link),
                                                transport::name(message.header.kind)));
    transport::Connection& coordinator = node_->link(kCoordinator);
    switch (message.header.kind) {
        case transport::Kind::deploy:
            deploy(message);
            coordinator.send({.kind = transport::Kind::deploy_ack, .regions = {}},
                             transport::Payload(encode(Emulation{options_.slowdown.factor})));
            break;
        case transport::Kind::profile:
            begin_measurement(message);
            break;
        case transport::Kind::start:
            if (!deployment_) throw Error(Errc::protocol, "a start came before a deployment");
            connect_peers();
            break;
        case transport::Kind::frame_start:
            if (!deployment_) throw Error(Errc::protocol, "a frame began before a deployment");
            node_->executor().announce(message.header.frame);
            break;
        case transport::Kind::totals: {
            DeviceTotals totals = node_->totals(self_);
            totals.base_resident = options_.base_memory;
            coordinator.send({.kind = transport::Kind::totals_result, .regions = {}},
                             transport::Payload(encode(totals)));
            break;
        }
        default:
            throw Error(Errc::protocol,
                        fmt::format("the coordinator sent an unexpected '{}'", transport::name(message.header.kind)));
    }
    return false;
}

void Session::deploy(const ControlMessage& message) {
    if (deployment_) throw Error(Errc::protocol, "a second deployment came");
    if (measuring_) throw Error(Errc::protocol, "a deployment came among measurements");
    deployment_ = read_deployment(text_of(message), fmt::format("deployment by {}", coordinator_name_));
    RemoteModel source = remote_model();
    build(source);
}

RemoteModel Session::remote_model() {
    return RemoteModel({.send =
                            [this](transport::Header header, transport::Payload payload) {
                                node_->link(kCoordinator).send(std::move(header), std::move(payload));
                            },
                        .receive = [this](transport::Kind kind) { return await(kind); }});
}

void Session::begin_measurement(const ControlMessage& message) {
    if (deployment_) throw Error(Errc::protocol, "a measurement was asked for in a run");
    if (job_ || preparing_) throw Error(Errc::protocol, "a second measurement was asked for before the first was over");
    measuring_ = preparing_ = true;
    const ProfileRequest request =
        read_profile_request(text_of(message), fmt::format("request by {}", coordinator_name_));
    ProfileSettings settings{.security = options_.security, .threads = options_.threads, .stretch = options_.slowdown.factor};
    if (request.task == ProfileRequest::Task::device && !request.model_sha256.empty()) {
        Deployment wanted;
        wanted.model_file = request.model_file;
        wanted.model_sha256 = request.model_sha256;
        wanted.model_options = request.model_options;
        RemoteModel source = remote_model();
        settings.graph = &worker_.models.find(wanted, source, false, options_.stop).model->graph;
    }
    job_ = std::make_unique<ProfileJob>(worker_.mailbox, request, settings);
    preparing_ = false;
}

void Session::end_measurement(const ProfileEnded& ended) {
    job_.reset();
    if (const auto* error = std::get_if<Error>(&ended.result)) throw Error(*error);
    const auto& result = std::get<Measured>(ended.result);
    const std::string text = samples::write_profile(result.profile);
    node_->link(kCoordinator)
        .send({.kind = transport::Kind::profile_result,
               .frame = result.left_out,
               .piece = static_cast<std::uint32_t>(result.disturbance * kDisturbanceUnits),
               .regions = {}},
              transport::Payload::copy(std::as_bytes(std::span(text))));
}

void Session::build(ModelSource& source) {
    std::optional<util::Bytes> limit = deployment_->memory;
    if (options_.memory_limit) limit = std::min(limit.value_or(*options_.memory_limit), *options_.memory_limit);
    if (limit) util::return_large_blocks();  // the plan's figure knows nothing of a heap's waste
    FoundModel found = worker_.models.find(*deployment_, source, limit.has_value(), options_.stop);
    model_ = found.model;
    document_ = plan::read_plan(util::FileView::from_bytes(deployment_->plan, "deployed plan"), model_->graph);
    compiled_.emplace(document_->plan, model_->graph);
    self_ = device_named(deployment_->device);
    if (limit) require_memory(deployment_->device, compiled_->memory(self_), *limit);
    if (found.rest) found.rest->fetch(weights_of_share(found.rest->manifest()), source);
    engine::set_threads(options_.threads.value_or(deployment_->threads));
    node_->rename(kCoordinator, document_->plan.source);
    std::map<DeviceId, EmulatedLink> start_ups;
    for (const auto& [name, link] : deployment_->start_ups) start_ups[device_named(name)] = link;
    node_->emulate(std::move(start_ups));
    node_->deploy({document_->plan, *compiled_, self_, model_->weights, options_.slowdown}, kFirstEpoch);
}

std::vector<ChunkPart> Session::weights_of_share(const ModelManifest& manifest) const {
    WantedParts wanted(manifest);
    for (std::size_t route = 0; route < compiled_->routes(); ++route) {
        for (const plan::Step& step : compiled_->program(route, self_).steps) {
            const auto* run = std::get_if<plan::Run>(&step);
            if (run == nullptr) continue;
            for (const graph::Work& work : run->works)
                for_weights_in_file(model_->graph, work, [&](const ByteRange& range) { wanted.add(range); });
        }
    }
    return wanted.parts();
}

ControlMessage Session::await(transport::Kind kind) {
    const util::Deadline deadline(kModelPatience);
    for (;;) {
        std::optional<Event> event = worker_.mailbox.take(kGlance);
        if (options_.stop.stop_requested()) throw Error(Errc::interrupted, "the worker was stopped");
        if (deadline.passed())
            throw Error(Errc::unavailable, fmt::format("'{}' sends nothing more of the model", coordinator_name_));
        if (!event) continue;
        if (auto* message = std::get_if<ControlMessage>(&*event);
            message != nullptr && message->link == kCoordinator && message->header.kind == kind)
            return std::move(*message);
        if (handle(std::move(*event)))
            throw Error(Errc::unavailable, fmt::format("'{}' left before it had sent the model", coordinator_name_));
    }
}

DeviceId Session::device_named(const std::string& name) const {
    const auto& devices = document_->plan.devices;
    const auto found = std::find(devices.begin(), devices.end(), name);
    if (found == devices.end()) throw Error(Errc::data, fmt::format("device '{}' is not in the plan", name));
    return DeviceId(found - devices.begin());
}

bool Session::exchanges_messages(DeviceId a, DeviceId b) const {
    for (std::size_t route = 0; route < compiled_->routes(); ++route)
        for (const plan::Message& message : compiled_->messages(route))
            if ((message.sender == a && message.receiver == b) || (message.sender == b && message.receiver == a))
                return true;
    return false;
}

/// Of two workers, the earlier one in the plan's device list dials.
void Session::connect_peers() {
    starting_ = true;
    for (std::size_t i = 0; i < document_->plan.devices.size(); ++i) {
        const auto peer = DeviceId(i);
        if (peer == self_ || peer == document_->plan.source || !exchanges_messages(self_, peer)) continue;
        ++peers_expected_;
        if (index(self_) > i) continue;
        const std::string& name = document_->plan.devices[i];
        const auto url = deployment_->urls.find(name);
        if (url == deployment_->urls.end())
            throw Error(Errc::data, fmt::format("the deployment has no address of device '{}'", name));
        const transport::Hello mine{.role = transport::Role::worker,
                                    .folding_version = graph::kFoldingVersion,
                                    .session = deployment_->session,
                                    .build = {},
                                    .name = deployment_->device,
                                    .plan_hash = {},
                                    .model_hash = {},
                                    .nonce = {},
                                    .certificate = {},
                                    .signature = {}};
        node_->attach(peer,
                      transport::dial(url->second, mine,
                                      {options_.security, kHandshakePatience, options_.stop, options_.connection}));
    }
    start_if_connected();
}

void Session::accept_peer(std::unique_ptr<transport::Connection> connection) {
    if (connection->peer().role == transport::Role::prober) return worker_.probers.add(std::move(connection));
    if (!document_ || connection->peer().session != deployment_->session) return;  // left over from an earlier run
    const DeviceId peer = device_named(connection->peer().name);
    if (node_->link_to(peer) != nullptr)
        throw Error(Errc::protocol, fmt::format("device '{}' connected twice", connection->peer().name));
    node_->attach(peer, std::move(connection));
    start_if_connected();
}

void Session::start_if_connected() {
    constexpr std::size_t kCoordinatorLinks = 1;
    if (!starting_ || node_->links() < kCoordinatorLinks + peers_expected_) return;
    node_->link(kCoordinator).send({.kind = transport::Kind::start_ack, .regions = {}});
}

const std::string& Session::name_of(LinkId link) const {
    return link == kCoordinator ? coordinator_name_ : document_->plan.devices[index(node_->device(link))];
}

}  // namespace convoy::runtime
