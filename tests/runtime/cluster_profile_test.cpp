#include "runtime/cluster_profile.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>

#include "runtime/profile_job.hpp"
#include "runtime/shipping_support.hpp"
#include "runtime/worker.hpp"
#include "support/served.hpp"
#include "util/clock.hpp"

using namespace convoy;

namespace {

using test::error_of;
using test::Served;
using transport::Kind;

const std::string kModel = CONVOY_TEST_DATA "/../../examples/models/digits.onnx";

const graph::Graph& digits() {
    static const graph::Graph graph = graph::read_onnx(util::FileView::open(kModel));
    return graph;
}

runtime::ClusterProfilePlan plan_for(std::vector<runtime::ProfiledDevice> devices) {
    runtime::ClusterProfilePlan plan;
    plan.devices = std::move(devices);
    plan.models = {&digits()};
    plan.budget = util::Seconds{0.5};
    plan.link_budget = util::Seconds{0.1};
    return plan;
}

runtime::ClusterProfileOptions patient() {
    runtime::ClusterProfileOptions options;
    options.connect_patience = util::Seconds{5};
    return options;
}

void check_measured(const runtime::ClusterProfilePlan& plan, const runtime::ClusterMeasurement& measured) {
    REQUIRE(measured.devices.size() == plan.devices.size());
    for (std::size_t i = 0; i < plan.devices.size(); ++i) {
        REQUIRE(measured.devices[i].profiles.size() == plan.models.size());
        for (const samples::Profile& profile : measured.devices[i].profiles) {
            CHECK(profile.context.device == plan.devices[i].name);
            CHECK(profile.model_sha256 == digits().sha256());
            CHECK(profile.model_file == kModel);
            CHECK_FALSE(profile.layers.empty());
        }
    }
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    for (const runtime::LinkMeasurement& link : measured.links) {
        pairs.emplace_back(std::min(link.from, link.to), std::max(link.from, link.to));
        CHECK(link.link.peer == plan.devices[link.to].name);
        CHECK(link.link.fitted.rate.value > 0);
        REQUIRE(link.link.back);
        CHECK(link.link.back->rate.value > 0);
    }
    std::vector<std::pair<std::size_t, std::size_t>> all;
    for (std::size_t i = 0; i < plan.devices.size(); ++i)
        for (std::size_t j = i + 1; j < plan.devices.size(); ++j) all.emplace_back(i, j);
    CHECK(pairs == all);
}

/// Connects like a worker, and does what a test wants when a request comes.
class FakeWorker {
  public:
    using Reaction = std::function<void(transport::Connection&, const runtime::ProfileRequest&)>;
    explicit FakeWorker(Reaction reaction)
        : reaction_(std::move(reaction)),
          listener_(
              "tcp://127.0.0.1:0", {},
              {.greet =
                   [](const transport::Hello& theirs) {
                       return transport::Hello{
                           .folding_version = graph::kFoldingVersion, .session = theirs.session, .name = "fake"};
                   },
               .accept =
                   [this](std::unique_ptr<transport::Connection> connection) {
                       connection_ = std::move(connection);
                       transport::Handlers handlers;
                       handlers.on_message = [this](const transport::Header& header, const transport::Buffer& payload) {
                           if (header.kind != Kind::profile) return;
                           const auto* text = reinterpret_cast<const char*>(payload.data());
                           reaction_(*connection_, runtime::read_profile_request({text, payload.size()}, "request"));
                       };
                       connection_->start(std::move(handlers));
                   }}) {}
    [[nodiscard]] const std::string& url() const { return listener_.url(); }

    static void answer(transport::Connection& to, const samples::Profile& profile) {
        const std::string text = samples::write_profile(profile);
        to.send({.kind = Kind::profile_result, .regions = {}},
                transport::Payload::copy(std::as_bytes(std::span(text))));
    }
    static void answer(transport::Connection& to, const std::string& text) {
        to.send({.kind = Kind::profile_result, .regions = {}},
                transport::Payload::copy(std::as_bytes(std::span(text))));
    }
    /// As a worker does that joins.
    static void join(transport::Connection& to, const std::string& name = "b") {
        samples::Profile profile;
        profile.context.device = name;
        answer(to, profile);
    }

  private:
    Reaction reaction_;
    std::unique_ptr<transport::Connection> connection_;
    transport::Listener listener_;
};

/// What becomes of the measurements when the device 'b' reacts like this to the request to profile itself.
util::Error outcome_of(const FakeWorker::Reaction& reaction, const runtime::ClusterProfileOptions& options) {
    const FakeWorker b([&](transport::Connection& to, const runtime::ProfileRequest& request) {
        if (request.task == runtime::ProfileRequest::Task::join) return FakeWorker::join(to);
        reaction(to, request);
    });
    return error_of([&] { (void)runtime::profile_cluster(plan_for({{"b", b.url()}}), options); });
}

/// Waits until a worker takes a coordinator again.
bool becomes_free(const std::string& url) {
    const util::Deadline deadline(util::Seconds{30});
    runtime::ClusterProfilePlan plan = plan_for({{"b", url}});
    while (!deadline.passed()) {
        bool served = false;
        const util::Error error = error_of([&] {
            (void)runtime::profile_cluster(plan, patient());
            served = true;
        });
        if (served) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("runtime: every device of a cluster profiles itself, and every pair measures its link", "[runtime]") {
    const test::ScratchFolder folder;
    runtime::WorkerOptions bare = Served::options("worker-b", 10);  // without a copy of the model
    bare.look_where_told = false;
    bare.cache = runtime::ModelCache::Settings{.folder = folder.path};
    const Served b(bare);
    runtime::WorkerOptions slow = Served::options("worker-c", 10);
    slow.slowdown.factor = 3;
    slow.threads = 1;
    const Served c(slow);
    runtime::ClusterProfilePlan plan = plan_for({{"a", ""}, {"b", b.worker.url()}, {"c", c.worker.url(), {2}}});
    plan.models.push_back(&digits());
    std::vector<std::string> phases;
    runtime::ClusterProfileOptions options = patient();
    options.progress = [&](std::string_view phase, std::size_t done, std::size_t total) {
        CHECK(done <= total);
        if (phases.empty() || phases.back() != phase) phases.emplace_back(phase);
    };
    const runtime::ClusterMeasurement measured = runtime::profile_cluster(plan, options);
    check_measured(plan, measured);
    CHECK(phases == std::vector<std::string>{"devices", "links"});
    CHECK(measured.devices[0].profiles[0].context.stretch == 1);
    CHECK(measured.devices[2].profiles[0].context.stretch == 3);
    CHECK(measured.devices[2].profiles[0].layers[0].threads == 1);  // whatever was asked for
    CHECK(std::filesystem::exists(folder.path / (digits().sha256() + ".onnx")));
}

TEST_CASE("runtime: a cluster is measured over TLS, one device at a time, whichever device this one is",
          "[runtime][tls]") {
    const std::string keys = CONVOY_TEST_DATA "/tls/";
    const transport::Security security{
        .tls = transport::TlsOptions{
            .cert = keys + "a.pem", .key = keys + "a.key", .ca = keys + "ca.pem", .server_name = "localhost"}};
    const auto secured = [&](const std::string& name) {
        runtime::WorkerOptions options = Served::options(name, 10);
        options.listen = "tls+tcp://127.0.0.1:0";
        options.security = security;
        return options;
    };
    const Served b(secured("b"));
    const Served c(secured("c"));
    runtime::ClusterProfilePlan plan = plan_for({{"b", b.worker.url()}, {"a", ""}, {"c", c.worker.url()}});
    plan.one_at_a_time = true;
    runtime::ClusterProfileOptions options = patient();
    options.security = security;
    const runtime::ClusterMeasurement measured = runtime::profile_cluster(plan, options);
    check_measured(plan, measured);
    CHECK(measured.links[0].from == 1);  // this process dials: nobody can reach it
    CHECK(measured.links[0].link.url.starts_with("tls+tcp://"));
    CHECK(measured.links[1].from == 0);
}

TEST_CASE("runtime: a worker that is in use refuses to be measured, and is not disturbed", "[runtime]") {
    const Served b("b");
    transport::DialOptions dial;
    const std::unique_ptr<transport::Connection> run = transport::dial(
        b.worker.url(),
        {.role = transport::Role::coordinator, .folding_version = graph::kFoldingVersion, .session = 7, .name = "run"},
        dial);
    run->start({});
    const util::Error error = error_of([&] {
        (void)runtime::profile_cluster(plan_for({{"b", b.worker.url()}}), patient());
    });
    CHECK(error.code() == util::Errc::unavailable);
    CHECK_THAT(error.message(), Catch::Contains("busy with another run"));
    REQUIRE_FALSE(error.context().empty());
    CHECK_THAT(error.context().front(), Catch::Contains("device 'b'"));
    CHECK(run->alive());
}

TEST_CASE("runtime: a device that is stopped while it measures ends the measurements with its name", "[runtime]") {
    auto b = std::make_unique<Served>("b");
    runtime::ClusterProfilePlan plan = plan_for({{"b", b->worker.url()}});
    plan.loads = {0.25, 0.5, 0.75};
    plan.budget = util::Seconds{60};
    runtime::ClusterProfileOptions options = patient();
    options.progress = [&](std::string_view, std::size_t, std::size_t) { b.reset(); };
    const util::Error error = error_of([&] { (void)runtime::profile_cluster(plan, options); });
    INFO(error.message());
    CHECK(error.code() == util::Errc::unavailable);
    CHECK_THAT(error.message(), Catch::Contains("device 'b'"));
}

TEST_CASE("runtime: interrupted measurements stop on the devices too", "[runtime]") {
    const Served b("b");
    runtime::ClusterProfilePlan plan = plan_for({{"b", b.worker.url()}, {"a", ""}});
    plan.loads = {0.25, 0.5, 0.75};
    plan.budget = util::Seconds{60};
    std::stop_source stop;
    runtime::ClusterProfileOptions options = patient();
    options.stop = stop.get_token();
    options.progress = [&](std::string_view, std::size_t, std::size_t) { stop.request_stop(); };
    const util::Error error = error_of([&] { (void)runtime::profile_cluster(plan, options); });
    CHECK(error.code() == util::Errc::interrupted);
    CHECK(becomes_free(b.worker.url()));
}

TEST_CASE("runtime: a device that vanishes, stalls or sends nonsense gets one error with its name", "[runtime]") {
    const util::Error vanished =
        outcome_of([](auto&, const auto&) { throw util::Error(util::Errc::internal, "gone"); }, patient());
    CHECK(vanished.code() == util::Errc::unavailable);
    CHECK_THAT(vanished.message(), Catch::StartsWith("device 'b' was lost: "));

    runtime::ClusterProfileOptions hasty = patient();
    hasty.stall_patience = util::Seconds{0.3};
    const util::Error stalled = outcome_of([](auto&, const auto&) {}, hasty);
    CHECK(stalled.code() == util::Errc::unavailable);
    CHECK(stalled.message() == "device 'b' does not get on with its measurements");

    const util::Error older = outcome_of(
        [](transport::Connection& to, const auto&) {
            to.send({.kind = Kind::error, .regions = {}},
                    transport::Payload(transport::encode_error(
                        util::Error(util::Errc::protocol, "the coordinator sent an unexpected 'profile'"))));
        },
        patient());
    CHECK(older.code() == util::Errc::protocol);
    CHECK(older.context() == std::vector<std::string>{"on device 'b'"});
    CHECK(older.hint() == "do all devices run this version of convoy?");

    const util::Error huge = outcome_of(
        [](transport::Connection& to, const auto&) { FakeWorker::answer(to, std::string((32 << 20) + 1, 'x')); },
        patient());
    CHECK(huge.code() == util::Errc::protocol);
    CHECK_THAT(huge.message(), Catch::StartsWith("device 'b' was lost: a message announces 33554433 payload bytes"));

    const util::Error unexpected = outcome_of(
        [](transport::Connection& to, const auto&) { to.send({.kind = Kind::totals_result, .regions = {}}); },
        patient());
    CHECK(unexpected.message() == "device 'b' sent an unexpected 'totals_result'");
}

TEST_CASE("runtime: a profile by a device is checked like a file, and to be what was asked for", "[runtime]") {
    const auto sent = [](const std::string& text) {
        return outcome_of([&](transport::Connection& to, const auto&) { FakeWorker::answer(to, text); }, patient());
    };
    const std::string head = "schema: convoy.profile/1\ncontext: {device: b}\n";
    const util::Error not_finite = sent(head +
                                        "piece_overhead: {n: 1, median_ms: .nan, min_ms: 0, p95_ms: 0, "
                                        "spread_ms: 0}\n");
    CHECK(not_finite.code() == util::Errc::data);
    CHECK(not_finite.key() == "piece_overhead.median_ms");
    CHECK(not_finite.where().value().file == "<profile by device 'b'>");
    CHECK(sent("nonsense").code() == util::Errc::data);
    CHECK(sent("schema: convoy.profile/1\ncontext: {device: c}\n").message() == "device 'b' calls itself 'c'");
    CHECK(sent(head).message() == "device 'b' has profiled another model");
    CHECK(sent(head + "model: {file: x, sha256: " + digits().sha256() + ", flops: 1}\n").message() ==
          "device 'b' could time nothing within its budget");
}

TEST_CASE("runtime: a worker refuses requests that make no sense, and serves on", "[runtime]") {
    const Served b("b");
    std::uint64_t session = 1;
    for (const std::string& text :
         {std::string("nonsense"), std::string("schema: convoy.profile_request/1\ntask: device\ndevice: b\n"),
          std::string("schema: convoy.profile_request/1\ntask: device\ndevice: b\nsweep_layers: 1\nloads: [.nan]\n"),
          std::string("schema: convoy.profile_request/1\ntask: device\ndevice: b\nsweep_layers: 1\nthreads: [99999]\n"),
          std::string("schema: convoy.profile_request/1\ntask: link\ndevice: b\nbudget_s: 1\n")}) {
        INFO(text);
        std::promise<util::Error> refused;
        transport::DialOptions dial;
        const std::unique_ptr<transport::Connection> tool = transport::dial(b.worker.url(),
                                                                            {.role = transport::Role::coordinator,
                                                                             .folding_version = graph::kFoldingVersion,
                                                                             .session = session++,
                                                                             .name = "tool"},
                                                                            dial);
        transport::Handlers handlers;
        handlers.on_message = [&](const transport::Header& header, const transport::Buffer& payload) {
            if (header.kind == Kind::error) refused.set_value(transport::decode_error(payload.bytes()));
        };
        tool->start(std::move(handlers));
        tool->send({.kind = Kind::profile, .regions = {}}, transport::Payload::copy(std::as_bytes(std::span(text))));
        std::future<util::Error> answer = refused.get_future();
        REQUIRE(answer.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
        CHECK(answer.get().code() == util::Errc::data);
        (void)tool->close(util::Seconds{5});
    }
    CHECK(becomes_free(b.worker.url()));
}

TEST_CASE("runtime: a request to measure is read back as it was written", "[runtime]") {
    runtime::ProfileRequest device{.task = runtime::ProfileRequest::Task::device,
                                   .device = "b",
                                   .budget = util::Seconds{12.5},
                                   .model_file = "/models/vgg 16.onnx",
                                   .model_sha256 = digits().sha256(),
                                   .loads = {0, 0.25},
                                   .threads = {1, 4},
                                   .stable = 0.1,
                                   .max_runs = 7,
                                   .seed = 7};
    device.model_options.input_shapes["x"] = {1, 3, 8, 8};
    runtime::ProfileRequest sweep = device;
    sweep.sweep_layers = 40;
    sweep.model_sha256.clear();
    const runtime::ProfileRequest link{.task = runtime::ProfileRequest::Task::link,
                                       .device = "b",
                                       .budget = util::Seconds{1},
                                       .peer = "c",
                                       .url = "tcp://10.0.0.3:5555"};
    const runtime::ProfileRequest join{.device = "b"};
    for (const runtime::ProfileRequest& request : {device, sweep, link, join})
        CHECK(runtime::read_profile_request(runtime::write(request), "request") == request);
    const runtime::ProfileStep step{3, 70};
    CHECK(runtime::decode_profile_step(runtime::encode(step)) == step);
    CHECK_THROWS_WITH(runtime::decode_profile_step(runtime::encode(runtime::ProfileStep{71, 70})),
                      "a device has done more measurements than there are");
}
