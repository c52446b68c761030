#include "runtime/cluster_profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <future>
#include <map>
#include <optional>
#include <random>

#include "runtime/model_shipping.hpp"
#include "runtime/node.hpp"
#include "runtime/profile_job.hpp"
#include "util/clock.hpp"
#include "util/log.hpp"

namespace convoy::runtime {
namespace {

using plan::DeviceId;
using plan::index;
using transport::Kind;
using util::Errc;
using util::Error;
using util::Seconds;
using Task = ProfileRequest::Task;

/// How often waits look whether they shall stop.
constexpr Seconds kGlance{0.1};
constexpr Seconds kGoodbyePatience{5};
/// Of a device that reports progress, but does not end.
constexpr double kMostBudgets = 3;
/// Profiles are well below: 10,000 samples take 10 MB.
constexpr std::uint64_t kLargestProfile = std::uint64_t{32} << 20;
constexpr std::size_t kProgressUnits = 1000;  ///< of each device

std::uint64_t random_session() {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32 | device()) | 1;
}

/// What a device is doing.
struct Running {
    Task task = Task::join;
    std::size_t model = 0;  ///< which of the plan's
    util::Deadline stalled;
    util::Deadline overdue;
};

class ClusterProfiler {
  public:
    ClusterProfiler(const ClusterProfilePlan& plan, const ClusterProfileOptions& options)
        : plan_(plan), options_(options), session_(random_session()), done_(plan.devices.size()), node_(mailbox_) {
        for (const graph::Graph* graph : plan.models) models_.emplace_back(*graph, graph->file());
        result_.devices.resize(plan.devices.size());
        options_.connection.budget.payload_bytes = kLargestProfile;
    }

    ClusterMeasurement run() {
        connect();
        join();
        measure_devices();
        measure_links();
        (void)node_.close(kGoodbyePatience);
        return std::move(result_);
    }

  private:
    [[nodiscard]] const std::string& name(std::size_t device) const { return plan_.devices[device].name; }
    [[nodiscard]] bool local(std::size_t device) const { return plan_.devices[device].url.empty(); }
    [[nodiscard]] std::size_t device_of(LinkId link) const { return index(node_.device(link)); }

    /// Dials every worker, all at once.
    void connect() {
        std::vector<std::pair<std::size_t, std::future<std::unique_ptr<transport::Connection>>>> calls;
        for (std::size_t i = 0; i < plan_.devices.size(); ++i)
            if (!local(i)) calls.emplace_back(i, std::async(std::launch::async, [this, i] { return dial(i); }));
        for (auto& [device, call] : calls) links_[device] = node_.attach(DeviceId(device), call.get());
    }

    std::unique_ptr<transport::Connection> dial(std::size_t device) const {
        const transport::Hello mine{.role = transport::Role::coordinator,
                                    .folding_version = graph::kFoldingVersion,
                                    .session = session_,
                                    .build = {},
                                    .name = "profile",
                                    .plan_hash = {},
                                    .model_hash = {},
                                    .nonce = {},
                                    .certificate = {},
                                    .signature = {}};
        const std::string& url = plan_.devices[device].url;
        try {
            return transport::dial(url, mine,
                                   {options_.security, options_.connect_patience, options_.stop, options_.connection});
        } catch (Error& error) {
            throw error.context(fmt::format("while connecting to device '{}' at {}", name(device), url));
        }
    }

    /// Takes every worker, before the first of them begins to work.
    void join() {
        for (const auto& [device, link] : links_) begin(device, {.task = Task::join, .device = name(device)}, 0);
        while (!running_.empty()) handle(next_event());
    }

    /// Devices that may be busy at once: each list is worked off one after the other.
    [[nodiscard]] std::vector<std::deque<std::size_t>> lanes() const {
        std::map<std::string, std::deque<std::size_t>> hosts;
        for (std::size_t i = 0; i < plan_.devices.size(); ++i) {
            std::string host;  // of this machine, and of all when it is one at a time
            if (!plan_.one_at_a_time && !local(i)) {
                const transport::Address address = transport::Address::parse(plan_.devices[i].url);
                if (!address.loopback()) host = address.host;
            }
            hosts[host].push_back(i);
        }
        std::vector<std::deque<std::size_t>> lanes;
        for (auto& [host, devices] : hosts) lanes.push_back(std::move(devices));
        return lanes;
    }

    [[nodiscard]] std::size_t rounds() const { return std::max<std::size_t>(1, plan_.models.size()); }

    void measure_devices() {
        std::vector<std::deque<std::size_t>> waiting = lanes();
        const auto begin_next = [&] {
            for (auto& lane : waiting) {
                while (!lane.empty() && !running_.contains(lane.front())) {
                    if (result_.devices[lane.front()].profiles.size() < rounds()) {
                        begin_profile(lane.front());
                        break;
                    }
                    lane.pop_front();
                }
            }
        };
        begin_next();
        while (!running_.empty()) {
            handle(next_event());
            begin_next();
        }
    }

    void begin_profile(std::size_t device) {
        const std::size_t model = result_.devices[device].profiles.size();
        ProfileRequest request{.task = Task::device,
                               .device = name(device),
                               .budget = plan_.budget / static_cast<double>(rounds()),
                               .sweep_layers = model == 0 ? plan_.sweep_layers : 0,
                               .model_options = plan_.model_options,
                               .loads = plan_.loads,
                               .threads = plan_.devices[device].threads,
                               .stable = plan_.stable,
                               .max_runs = plan_.max_runs,
                               .seed = plan_.seed};
        ProfileSettings settings{.stretch = plan_.stretch};
        if (!plan_.models.empty()) {
            settings.graph = plan_.models[model];
            request.model_file = std::filesystem::absolute(settings.graph->file()).string();
            request.model_sha256 = settings.graph->sha256();
        }
        begin(device, request, model, settings);
    }

    void measure_links() {
        const std::size_t total = plan_.devices.size() * (plan_.devices.size() - 1) / 2;
        for (std::size_t i = 0; i < plan_.devices.size(); ++i) {
            for (std::size_t j = i + 1; j < plan_.devices.size(); ++j) {
                const std::size_t from = local(j) ? j : i;
                const std::size_t to = local(j) ? i : j;
                peer_ = to;
                begin(from,
                      {.task = Task::link,
                       .device = name(from),
                       .budget = plan_.link_budget,
                       .peer = name(to),
                       .url = plan_.devices[to].url},
                      0, {.security = options_.security});
                while (!running_.empty()) handle(next_event());
                if (options_.progress) options_.progress("links", result_.links.size(), total);
            }
        }
    }

    void begin(std::size_t device, const ProfileRequest& request, std::size_t model, ProfileSettings settings = {}) {
        running_.insert_or_assign(device,
                                  Running{request.task, model, util::Deadline(options_.stall_patience + request.budget),
                                          util::Deadline(options_.stall_patience + kMostBudgets * request.budget)});
        if (local(device)) {
            settings.security = options_.security;
            job_ = std::make_unique<ProfileJob>(mailbox_, request, settings);
            job_device_ = device;
            return;
        }
        const std::string text = write(request);
        send(links_.at(device), {.kind = Kind::profile, .regions = {}},
             transport::Payload::copy(std::as_bytes(std::span(text))));
    }

    void send(LinkId link, transport::Header header, transport::Payload payload) {
        try {
            node_.link(link).send(std::move(header), std::move(payload));
        } catch (const Error& error) {
            throw lost(link, error);
        }
    }

    /// @throws Error interrupted; unavailable, when a device does not get on
    Event next_event() {
        for (;;) {
            if (std::optional<Event> event = mailbox_.take(kGlance)) return std::move(*event);
            if (options_.stop.stop_requested()) throw Error(Errc::interrupted, "interrupted");
            for (const auto& [device, running] : running_)
                if (running.stalled.passed() || running.overdue.passed())
                    throw Error(Errc::unavailable,
                                fmt::format("device '{}' does not get on with its measurements", name(device)));
        }
    }

    void handle(Event event) {
        if (const auto* message = std::get_if<ControlMessage>(&event)) {
            handle(*message);
        } else if (const auto* gone = std::get_if<LinkLost>(&event)) {
            throw lost(gone->link, gone->error);
        } else if (const auto* closed = std::get_if<LinkClosed>(&event)) {
            throw Error(Errc::unavailable,
                        fmt::format("device '{}' was stopped during the measurements", name(device_of(closed->link))));
        } else if (const auto* step = std::get_if<ProfileStep>(&event)) {
            note(job_device_, *step);
        } else if (auto* ended = std::get_if<ProfileEnded>(&event)) {
            job_.reset();
            if (const auto* error = std::get_if<Error>(&ended->result)) throw Error(*error);
            take(job_device_, std::move(std::get<Measured>(ended->result)));
        }
    }

    void handle(const ControlMessage& message) {
        const std::size_t device = device_of(message.link);
        if (message.header.kind == Kind::error) throw reported(device, message);
        const auto running = running_.find(device);
        if (running == running_.end())
            throw Error(Errc::protocol, fmt::format("device '{}' sent an unexpected '{}'", name(device),
                                                    transport::name(message.header.kind)));
        switch (message.header.kind) {
            case Kind::model_wanted:
                ship(device, running->second, message);
                break;
            case Kind::profile_step:
                note(device, decode_profile_step(message.payload.bytes()));
                break;
            case Kind::profile_result:
                take(device, read_result(device, message));
                break;
            default:
                throw Error(Errc::protocol, fmt::format("device '{}' sent an unexpected '{}'", name(device),
                                                        transport::name(message.header.kind)));
        }
    }

    void ship(std::size_t device, Running& running, const ControlMessage& message) {
        if (running.task != Task::device || plan_.models.empty())
            throw Error(Errc::protocol, fmt::format("device '{}' wants a model for nothing", name(device)));
        // The time to send a model does not count: how often it can be asked for is limited.
        running.stalled = util::Deadline(options_.stall_patience + plan_.budget);
        running.overdue = util::Deadline(options_.stall_patience + kMostBudgets * plan_.budget);
        models_[running.model].answer(message.link, message.payload.bytes(),
                                      [&](transport::Header header, transport::Payload payload) {
                                          send(message.link, std::move(header), std::move(payload));
                                      });
    }

    Measured read_result(std::size_t device, const ControlMessage& message) const {
        const std::span<const std::byte> bytes = message.payload.bytes();
        Measured result;
        try {
            result.profile = samples::read_profile(
                util::FileView::from_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                                           fmt::format("<profile by device '{}'>", name(device))));
        } catch (Error& error) {
            throw error.context(fmt::format("on device '{}'", name(device)));
        }
        result.left_out = message.header.frame;
        result.disturbance = std::min(1.0, message.header.piece / kDisturbanceUnits);
        return result;
    }

    void note(std::size_t device, const ProfileStep& step) {
        const auto running = running_.find(device);
        if (running == running_.end() || running->second.task != Task::device || step.total == 0) return;
        running->second.stalled = util::Deadline(options_.stall_patience);
        const double share = (static_cast<double>(running->second.model) +
                              static_cast<double>(step.done) / static_cast<double>(step.total)) /
                             static_cast<double>(rounds());
        show(device, static_cast<std::size_t>(kProgressUnits * share));
    }

    void show(std::size_t device, std::size_t done) {
        done_[device] = std::max(done_[device], done);
        if (!options_.progress) return;
        std::size_t sum = 0;
        for (const std::size_t units : done_) sum += units;
        options_.progress("devices", sum, kProgressUnits * done_.size());
    }

    /// What a device has measured.
    void take(std::size_t device, Measured result) {
        const Running running = running_.at(device);
        running_.erase(device);
        if (result.profile.context.device != name(device))
            throw Error(Errc::protocol,
                        fmt::format("device '{}' calls itself '{}'", name(device), result.profile.context.device));
        if (running.task == Task::join) {
            const auto version = result.profile.context.versions.find("convoy");
            util::log_info("device '{}': {}, {} cores, convoy {}", name(device), result.profile.context.cpu,
                           result.profile.context.cores,
                           version == result.profile.context.versions.end() ? "?" : version->second);
        } else if (running.task == Task::link) {
            if (!result.profile.link)
                throw Error(Errc::protocol, fmt::format("device '{}' sent no link", name(device)));
            result.profile.link->peer = name(peer_);  // how the worker calls itself need not be the cluster's name
            result_.links.push_back({device, peer_, std::move(*result.profile.link)});
        } else {
            take_profile(device, running.model, std::move(result));
        }
    }

    void take_profile(std::size_t device, std::size_t model, Measured result) {
        DeviceMeasurement& measured = result_.devices[device];
        if (!plan_.models.empty() && result.profile.model_sha256 != plan_.models[model]->sha256())
            throw Error(Errc::protocol, fmt::format("device '{}' has profiled another model", name(device)));
        if (result.profile.layers.empty())
            throw Error(Errc::impossible, fmt::format("device '{}' could time nothing within its budget", name(device)))
                .hint("give it more with --budget");
        if (!plan_.models.empty()) result.profile.model_file = plan_.models[model]->file();
        measured.profiles.push_back(std::move(result.profile));
        measured.left_out += result.left_out;
        measured.disturbance = std::max(measured.disturbance, result.disturbance);
        show(device, kProgressUnits * measured.profiles.size() / rounds());
    }

    [[nodiscard]] Error reported(std::size_t device, const ControlMessage& message) const {
        Error error = transport::decode_error(message.payload.bytes());
        error.context(fmt::format("on device '{}'", name(device)));
        if (error.code() == Errc::protocol && error.hint().empty())
            error.hint("do all devices run this version of convoy?");
        return error;
    }

    [[nodiscard]] Error lost(LinkId link, const Error& cause) const {
        // The connection's message starts with the peer's name, which need not be the device's.
        const std::string prefix = node_.link(link).peer().name + ": ";
        const std::string& why = cause.message();
        return Error(cause.code(), fmt::format("device '{}' was lost: {}", name(device_of(link)),
                                               why.starts_with(prefix) ? why.substr(prefix.size()) : why));
    }

    const ClusterProfilePlan& plan_;
    ClusterProfileOptions options_;
    std::uint64_t session_;
    std::deque<ModelServer> models_;
    ClusterMeasurement result_;
    std::map<std::size_t, Running> running_;  ///< by device
    std::map<std::size_t, LinkId> links_;     ///< by device
    std::vector<std::size_t> done_;           ///< progress of each device
    std::size_t peer_ = 0;                    ///< at the other end of the link that is being measured
    std::size_t job_device_ = 0;              ///< whose measurement job_ is
    Mailbox mailbox_;
    Node node_;
    std::unique_ptr<ProfileJob> job_;  ///< of this process
};

void check(const ClusterProfilePlan& plan) {
    const auto here = std::count_if(plan.devices.begin(), plan.devices.end(),
                                    [](const ProfiledDevice& device) { return device.url.empty(); });
    if (here > 1) throw Error(Errc::internal, "only one device can be this process");
    for (const ProfiledDevice& device : plan.devices)
        if (!device.url.empty()) (void)transport::Address::parse(device.url);
}

}  // namespace

ClusterMeasurement profile_cluster(const ClusterProfilePlan& plan, const ClusterProfileOptions& options) {
    check(plan);
    return ClusterProfiler(plan, options).run();
}

}  // namespace convoy::runtime
