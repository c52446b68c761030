#include "runtime/coordinator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <limits>
#include <random>
#include <set>

#include "runtime/model_shipping.hpp"
#include "runtime/node.hpp"
#include "runtime/record.hpp"
#include "util/clock.hpp"
#include "util/log.hpp"

namespace convoy::runtime {
namespace {

using plan::DeviceId;
using plan::index;
using util::Errc;
using util::Error;

/// How often waits look whether they shall stop.
constexpr util::Seconds kGlance{0.1};
/// A frame that failed for a lost peer waits this long for the loss itself to be reported, which names the device.
constexpr util::Seconds kBlameWait{1};
constexpr int kClockProbes = 7;
constexpr std::uint32_t kFirstEpoch = 1;

std::uint64_t random_session() {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32 | device()) | 1;
}

/// A frame that not every device has finished.
struct OpenFrame {
    FrameResult result;
    std::set<DeviceId> missing;
};

bool takes_part(const plan::Program& program) { return !program.steps.empty() || !program.results.empty(); }

}  // namespace

class Coordinator::Implementation {
  public:
    Implementation(const Job& job, CoordinatorOptions options)
        : job_(job),
          options_(std::move(options)),
          clock_offset_(job.plan.devices.size()),
          models_(job.weights.graph(), options_.deployment.model_file),
          node_(mailbox_) {
        for (std::size_t i = 0; i < job.plan.devices.size(); ++i)
            if (const auto limit = job.memory.find(name(DeviceId(i))); limit != job.memory.end())
                require_memory(limit->first, job.compiled.memory(DeviceId(i)), limit->second);
        options_.deployment.session = random_session();
        options_.deployment.urls = job.urls;
        connect();
        deploy();
        for (std::size_t i = 0; i < node_.links(); ++i) synchronise_clock(LinkId(i));
        tell_all(transport::Kind::start);
        await_all(transport::Kind::start_ack, options_.deploy_patience);
    }

    /// Frames are admitted route by route (rule 20 of docs/format-plan.md).
    [[nodiscard]] bool admits() const {
        const std::size_t route = plan::route_of(job_.plan, next_frame_);
        const auto open = std::count_if(open_.begin(), open_.end(),
                                        [route](const auto& entry) { return entry.second.result.route == route; });
        return open < job_.plan.in_flight;
    }
    [[nodiscard]] std::size_t in_flight() const { return open_.size(); }
    [[nodiscard]] const std::map<std::string, double>& stretch() const { return stretch_; }

    std::uint64_t submit(std::vector<graph::Tensor> inputs) {
        const std::uint64_t frame = next_frame_++;
        const std::size_t route = plan::route_of(job_.plan, frame);
        OpenFrame& open = open_[frame];
        open.result.frame = frame;
        open.result.route = route;
        open.result.begin = util::now();
        for (std::size_t i = 0; i < job_.plan.devices.size(); ++i)
            if (takes_part(job_.compiled.program(route, DeviceId(i)))) open.missing.insert(DeviceId(i));
        for (std::size_t i = 0; i < node_.links(); ++i)
            if (Executor::needs_announcement(job_.compiled.program(route, node_.device(LinkId(i)))))
                send(LinkId(i), {.kind = transport::Kind::frame_start, .frame = frame, .regions = {}});
        node_.executor().start(frame, std::move(inputs));
        return frame;
    }

    FrameResult next(std::optional<util::Seconds> patience) {
        const util::Deadline deadline(patience.value_or(util::Seconds(1e9)));
        for (;;) {
            if (const auto done = std::find_if(open_.begin(), open_.end(),
                                               [](const auto& entry) { return entry.second.missing.empty(); });
                done != open_.end()) {
                FrameResult result = std::move(done->second.result);
                open_.erase(done);
                std::sort(result.devices.begin(), result.devices.end(),
                          [](const DeviceFrame& a, const DeviceFrame& b) { return a.device < b.device; });
                return result;
            }
            handle(await_event(deadline, "the frame"));
        }
    }

    std::vector<DeviceTotals> totals() {
        std::vector<DeviceTotals> result{node_.totals(job_.plan.source)};
        result.back().base_resident = options_.base_memory;
        tell_all(transport::Kind::totals);
        await_all(transport::Kind::totals_result, options_.connect_patience, [&](const ControlMessage& message) {
            result.push_back(decode_totals(message.payload.bytes()));
            result.back().device = node_.device(message.link);
        });
        for (DeviceTotals& device : result) device.planned = job_.compiled.memory(device.device).peak;
        std::sort(result.begin(), result.end(),
                  [](const DeviceTotals& a, const DeviceTotals& b) { return a.device < b.device; });
        return result;
    }

    void close(util::Seconds patience) { (void)node_.close(patience); }

  private:
    [[nodiscard]] const std::string& name(DeviceId device) const { return job_.plan.devices[index(device)]; }
    [[nodiscard]] const std::string& name(LinkId link) const { return name(node_.device(link)); }

    [[nodiscard]] bool needed(DeviceId device) const {
        for (std::size_t route = 0; route < job_.compiled.routes(); ++route)
            if (takes_part(job_.compiled.program(route, device))) return true;
        return false;
    }

    /// Dials every worker that takes part, all at once.
    void connect() {
        std::vector<std::pair<DeviceId, std::future<std::unique_ptr<transport::Connection>>>> calls;
        for (std::size_t i = 0; i < job_.plan.devices.size(); ++i) {
            const auto device = DeviceId(i);
            if (device == job_.plan.source || !needed(device)) continue;
            calls.emplace_back(device, std::async(std::launch::async, [this, device] { return dial(device); }));
        }
        for (auto& [device, call] : calls) node_.attach(device, call.get());
    }

    std::unique_ptr<transport::Connection> dial(DeviceId device) const {
        const auto url = job_.urls.find(name(device));
        if (url == job_.urls.end())
            throw Error(Errc::usage, fmt::format("device '{}' has no address", name(device)))
                .hint(fmt::format("give it one in the cluster file, with --address {}=tcp://HOST:PORT, or use --spawn",
                                  name(device)));
        const transport::Hello mine{.role = transport::Role::coordinator,
                                    .folding_version = graph::kFoldingVersion,
                                    .session = options_.deployment.session,
                                    .build = {},
                                    .name = name(job_.plan.source),
                                    .plan_hash = {},
                                    .model_hash = options_.deployment.model_sha256,
                                    .nonce = {},
                                    .certificate = {},
                                    .signature = {}};
        try {
            return transport::dial(url->second, mine,
                                   {options_.security, options_.connect_patience, options_.stop, options_.connection});
        } catch (Error& error) {
            throw error.context(fmt::format("while connecting to device '{}' at {}", name(device), url->second));
        }
    }

    /// Sends every worker its deployment, builds the own shards meanwhile, and waits for the others.
    void deploy() {
        for (std::size_t i = 0; i < node_.links(); ++i) {
            Deployment deployment = options_.deployment;
            deployment.device = name(LinkId(i));
            if (const auto threads = job_.threads.find(deployment.device); threads != job_.threads.end())
                deployment.threads = threads->second;
            if (const auto memory = job_.memory.find(deployment.device); memory != job_.memory.end())
                deployment.memory = memory->second;
            if (const auto links = job_.start_ups.find(deployment.device); links != job_.start_ups.end())
                deployment.start_ups = links->second;
            const std::string text = write(deployment);
            send(LinkId(i), {.kind = transport::Kind::deploy, .regions = {}},
                 transport::Payload::copy(std::as_bytes(std::span(text.data(), text.size()))));
        }
        emulate_own_start_ups();
        node_.deploy({job_.plan, job_.compiled, job_.plan.source, job_.weights, job_.slowdown}, kFirstEpoch);
        if (job_.slowdown.factor != 1) stretch_[name(job_.plan.source)] = job_.slowdown.factor;
        await_all(transport::Kind::deploy_ack, options_.deploy_patience, [this](const ControlMessage& message) {
            const double stretch = decode_emulation(message.payload.bytes()).stretch;
            if (stretch != 1) stretch_[name(message.link)] = stretch;
        });
    }

    void emulate_own_start_ups() {
        const auto links = job_.start_ups.find(name(job_.plan.source));
        if (links == job_.start_ups.end()) return;
        std::map<DeviceId, EmulatedLink> start_ups;
        for (std::size_t i = 0; i < job_.plan.devices.size(); ++i)
            if (const auto link = links->second.find(name(DeviceId(i))); link != links->second.end())
                start_ups[DeviceId(i)] = link->second;
        node_.emulate(std::move(start_ups));
    }

    /// @throws Error unavailable, which names the device
    void send(LinkId id, transport::Header header, const transport::Payload& payload = {}) {
        try {
            node_.link(id).send(std::move(header), payload);
        } catch (const Error& error) {
            throw blame(id, error);
        }
    }

    void tell_all(transport::Kind kind) {
        for (std::size_t i = 0; i < node_.links(); ++i) send(LinkId(i), {.kind = kind, .regions = {}});
    }

    void await_all(transport::Kind kind, util::Seconds patience,
                   const std::function<void(const ControlMessage&)>& take = {}) {
        util::Deadline deadline(patience);
        std::set<LinkId> answered;
        while (answered.size() < node_.links()) {
            const Event event = await_event(deadline, transport::name(kind));
            const auto* message = std::get_if<ControlMessage>(&event);
            if (message != nullptr && message->header.kind == transport::Kind::model_wanted)
                deadline = util::Deadline(patience);  // a large model on a slow link: there is progress
            if (message == nullptr || message->header.kind != kind) {
                handle(event);
                continue;
            }
            answered.insert(message->link);
            if (take) take(*message);
        }
    }

    /// The offset of a worker's clock: of several round trips the shortest one, which bounds the error best.
    void synchronise_clock(LinkId id) {
        util::Seconds shortest{std::numeric_limits<double>::max()};
        for (int i = 0; i < kClockProbes; ++i) {
            const util::Seconds asked = util::now();
            send(id, {.kind = transport::Kind::link_probe, .regions = {}});
            const util::Deadline deadline(options_.connect_patience);
            for (;;) {
                const Event event = await_event(deadline, "link_echo");
                const auto* echo = std::get_if<ControlMessage>(&event);
                if (!echo || echo->header.kind != transport::Kind::link_echo) {
                    handle(event);
                    continue;
                }
                const util::Seconds answered = util::now();
                if (answered - asked < shortest) {
                    shortest = answered - asked;
                    const util::Seconds theirs(static_cast<double>(echo->header.sent_ns) * 1e-9);
                    clock_offset_[index(node_.device(id))] = theirs - (asked + answered) / 2;
                }
                break;
            }
        }
    }

    /// Waits for an event. @throws Error timed_out, interrupted
    Event await_event(const util::Deadline& deadline, std::string_view what) {
        for (;;) {
            if (auto event = mailbox_.take(std::min(kGlance, deadline.left()))) return std::move(*event);
            if (options_.stop.stop_requested()) throw Error(Errc::interrupted, "interrupted");
            if (deadline.passed()) throw Error(Errc::timed_out, fmt::format("timed out waiting for {}", what));
        }
    }

    /// What may come at any time: results, and every kind of failure.
    void handle(const Event& event) {
        if (const auto* finished = std::get_if<FrameFinished>(&event)) {
            // Tensors are handles: the event's copy shares its memory.
            FinishedFrame frame{finished->frame.record, finished->frame.outputs};
            note(job_.plan.source, std::move(frame));
        } else if (const std::optional<Error> gone = loss(event)) {
            throw Error(*gone);
        } else if (const auto* failed = std::get_if<ExecutorFailed>(&event)) {
            if (failed->error.code() == Errc::unavailable) await_blame();
            throw failed->error;
        } else if (const auto* message = std::get_if<ControlMessage>(&event)) {
            handle(*message);
        }
    }

    void handle(const ControlMessage& message) {
        if (message.header.kind == transport::Kind::error)
            throw Error(transport::decode_error(message.payload.bytes()))
                .context(fmt::format("on device '{}'", name(message.link)));
        if (message.header.kind == transport::Kind::model_wanted)
            return models_.answer(message.link, message.payload.bytes(),
                                  [&](transport::Header header, transport::Payload payload) {
                                      node_.link(message.link).send(std::move(header), std::move(payload));
                                  });
        if (message.header.kind != transport::Kind::frame_done)
            throw Error(Errc::protocol, fmt::format("device '{}' sent an unexpected '{}'", name(message.link),
                                                    transport::name(message.header.kind)));
        note(node_.device(message.link), decode_finished_frame(message.payload.bytes(), job_.weights.graph()));
    }

    Error blame(LinkId link, const Error& cause) const {
        // The connection's message starts with the peer's name, which is said already.
        const std::string prefix = name(link) + ": ";
        const std::string& why = cause.message();
        return Error(cause.code(), fmt::format("device '{}' was lost: {}", name(link),
                                               why.starts_with(prefix) ? why.substr(prefix.size()) : why));
    }

    /// The error of an event that says that a device is gone.
    [[nodiscard]] std::optional<Error> loss(const Event& event) const {
        if (const auto* lost = std::get_if<LinkLost>(&event)) return blame(lost->link, lost->error);
        if (const auto* closed = std::get_if<LinkClosed>(&event))
            return Error(Errc::unavailable, fmt::format("device '{}' left the run", name(closed->link)));
        return std::nullopt;
    }

    /// The own executor could not send: the link's own report, which names the device, is on its way.
    void await_blame() {
        const util::Deadline deadline(kBlameWait);
        while (auto event = mailbox_.take(deadline.left()))
            if (const std::optional<Error> gone = loss(*event)) throw Error(*gone);
    }

    /// A device has finished a frame.
    void note(DeviceId device, FinishedFrame frame) {
        const auto found = open_.find(frame.record.frame);
        if (found == open_.end() || found->second.missing.erase(device) == 0)
            throw Error(Errc::protocol, fmt::format("device '{}' finished frame {}, which it does not run",
                                                    name(device), frame.record.frame));
        shift(frame.record, clock_offset_[index(device)]);
        if (device == job_.plan.sink) {
            found->second.result.end = util::now();
            found->second.result.outputs = std::move(frame.outputs);
        }
        found->second.result.devices.push_back({device, std::move(frame.record)});
    }

    /// From the device's clock to the coordinator's.
    static void shift(FrameRecord& record, util::Seconds offset) {
        record.begin -= offset;
        record.end -= offset;
        for (Span& span : record.spans) {
            span.begin -= offset;
            span.end -= offset;
        }
        for (Passage& passage : record.passages) passage.at -= offset;
    }

    Job job_;
    CoordinatorOptions options_;
    std::vector<util::Seconds> clock_offset_;  ///< by device: its clock minus ours
    std::map<std::string, double> stretch_;    ///< by device name; only those that are
    std::map<std::uint64_t, OpenFrame> open_;
    std::uint64_t next_frame_ = 0;
    ModelServer models_;
    Mailbox mailbox_;
    Node node_;
};

Coordinator::Coordinator(const Job& job, CoordinatorOptions options)
    : implementation_(std::make_unique<Implementation>(job, std::move(options))) {}
Coordinator::~Coordinator() = default;

const std::map<std::string, double>& Coordinator::stretch() const { return implementation_->stretch(); }
bool Coordinator::admits() const { return implementation_->admits(); }
std::uint64_t Coordinator::submit(std::vector<graph::Tensor> inputs) {
    return implementation_->submit(std::move(inputs));
}
std::size_t Coordinator::in_flight() const { return implementation_->in_flight(); }
FrameResult Coordinator::next(std::optional<util::Seconds> patience) { return implementation_->next(patience); }
std::vector<DeviceTotals> Coordinator::totals() { return implementation_->totals(); }
void Coordinator::close(util::Seconds patience) { implementation_->close(patience); }

}  // namespace convoy::runtime
