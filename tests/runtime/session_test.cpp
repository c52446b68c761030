#include <catch2/catch.hpp>
#include <map>

#include "dataset/inputs.hpp"
#include "plan/plan_file.hpp"
#include "runtime/coordinator.hpp"
#include "runtime/shipping_support.hpp"
#include "runtime/trace.hpp"
#include "runtime/verify.hpp"
#include "support/served.hpp"
#include "util/clock.hpp"

using namespace convoy;

namespace {

const std::string kModel = CONVOY_TEST_DATA "/../../examples/models/digits.onnx";

const std::string kRows =
    "schema: convoy.plan/1\n"
    "devices: [a, b, c]\n"
    "source: a\n"
    "in_flight: 2\n"
    "stages:\n"
    "  - layers: [/conv1/Conv../pool2/MaxPool]\n"
    "    shares: {a: {h: [0, 2]}, b: {h: [2, 3]}, c: {h: [3, 5]}}\n"
    "  - layers: [/fc1/Gemm]\n"
    "    shares: {b: {c: [0, 60]}, c: {c: [60, 120]}}\n"
    "  - {layers: [/fc2/Gemm../fc3/Gemm], on: c}\n";

/// Model, plan and what a coordinator needs of them.
struct Digits {
    graph::Graph graph = graph::read_onnx(util::FileView::open(kModel));
    plan::PlanDocument document = plan::read_plan(util::FileView::from_bytes(kRows, "plan.yaml"), graph);
    plan::Compiled compiled{document.plan, graph};
    engine::Weights weights{graph};

    [[nodiscard]] runtime::Coordinator::Job job(std::map<std::string, std::string> urls) {
        return {document.plan, compiled, weights, std::move(urls)};
    }
    [[nodiscard]] runtime::CoordinatorOptions options() const {
        runtime::CoordinatorOptions options;
        options.deployment.plan = kRows;
        options.deployment.model_file = kModel;
        options.deployment.model_sha256 = graph.sha256();
        options.connect_patience = util::Seconds{5};
        return options;
    }
};

using test::error_of;
using test::Served;

/// Without a copy of the model, and blind to the file that the coordinator names.
runtime::WorkerOptions bare(const std::string& name, const std::filesystem::path& cache) {
    runtime::WorkerOptions options = Served::options(name, 10);
    options.look_where_told = false;
    options.cache = runtime::ModelCache::Settings{.folder = cache};
    return options;
}

/// One frame, compared with the unsplit model.
void run_and_verify(Digits& digits, runtime::Coordinator& coordinator) {
    const dataset::Inputs inputs({"random:3"}, digits.graph, std::nullopt);
    runtime::Verifier verifier(digits.weights, digits.document.plan, digits.compiled);
    const std::vector<graph::Tensor> input = inputs.load(0, 0);
    coordinator.submit(input);
    CHECK(verifier.check(input, coordinator.next(util::Seconds{20}).outputs));
}

}  // namespace

TEST_CASE("runtime: frames through two workers give the unsplit model's logits", "[runtime]") {
    const Served b("b");
    const Served c("c");
    Digits digits;
    const dataset::Inputs inputs({"random:3"}, digits.graph, std::nullopt);
    runtime::Verifier verifier(digits.weights, digits.document.plan, digits.compiled);
    for (int run = 0; run < 2; ++run) {  // workers serve one run after the other
        runtime::Coordinator coordinator(digits.job({{"b", b.worker.url()}, {"c", c.worker.url()}}), digits.options());
        runtime::RunSummary summary(digits.document.plan.devices);
        std::map<std::uint64_t, std::vector<graph::Tensor>> waiting;
        constexpr std::uint64_t kFrames = 10;
        for (std::uint64_t done = 0; done < kFrames; ++done) {
            while (coordinator.admits() && done + coordinator.in_flight() < kFrames) {
                std::vector<graph::Tensor> input = inputs.load(0, done + coordinator.in_flight());
                waiting[coordinator.submit(input)] = input;
            }
            const runtime::FrameResult result = coordinator.next(util::Seconds{20});
            REQUIRE(verifier.check(waiting.at(result.frame), result.outputs));
            REQUIRE(result.devices.size() == 3);
            const samples::FrameTrace trace = runtime::frame_trace(result, digits.compiled, digits.graph);
            REQUIRE(trace.timeline.transfers.size() == digits.compiled.messages(0).size());
            for (const samples::Transfer& transfer : trace.timeline.transfers)
                CHECK(transfer.end >= transfer.begin - util::Seconds{0.01});
            summary.add(result, false);
        }
        const samples::TraceSummary totals = summary.finish(coordinator.totals());
        std::uint64_t payload = 0;
        for (const samples::LinkSummary& link : totals.links) payload += static_cast<std::uint64_t>(link.payload.value);
        std::uint64_t derived = 0;
        for (const plan::Message& message : digits.compiled.messages(0))
            derived += static_cast<std::uint64_t>(message.payload.value);
        CHECK(payload == kFrames * derived);
        CHECK(totals.frames == kFrames);
        coordinator.close();
    }
    CHECK(verifier.summary().mismatches == 0);
}

TEST_CASE("runtime: a worker that goes away mid-run ends the run with its name", "[runtime]") {
    const Served c("c");
    auto b = std::make_unique<Served>("b");
    Digits digits;
    const dataset::Inputs inputs({"random:3"}, digits.graph, std::nullopt);
    runtime::Coordinator coordinator(digits.job({{"b", b->worker.url()}, {"c", c.worker.url()}}), digits.options());
    coordinator.submit(inputs.load(0, 0));
    (void)coordinator.next(util::Seconds{20});
    b.reset();
    const util::Error error = error_of([&] {
        for (int i = 0; i < 100; ++i) {
            if (coordinator.admits()) coordinator.submit(inputs.load(0, 0));
            (void)coordinator.next(util::Seconds{20});
        }
    });
    INFO(error.message());
    CHECK(error.code() == util::Errc::unavailable);
    CHECK(error.message().find("'b'") != std::string::npos);
}

TEST_CASE("runtime: what cannot be deployed is refused with the device's name", "[runtime]") {
    const Served b("b");
    const Served c("c");
    Digits digits;
    runtime::CoordinatorOptions options = digits.options();
    options.deployment.model_file = "/nowhere/digits.onnx";
    const util::Error missing = error_of([&] {
        runtime::Coordinator(digits.job({{"b", b.worker.url()}, {"c", c.worker.url()}}), options);
    });
    CHECK(missing.code() == util::Errc::no_input);
    REQUIRE(missing.context().size() == 1);

    const util::Error addressless = error_of([&] {
        runtime::Coordinator(digits.job({{"b", b.worker.url()}}), digits.options());
    });
    CHECK(addressless.code() == util::Errc::usage);
    CHECK(addressless.message() == "device 'c' has no address");

    options = digits.options();
    options.connect_patience = util::Seconds{0.3};
    const util::Error nobody = error_of([&] {
        runtime::Coordinator(digits.job({{"b", b.worker.url()}, {"c", "tcp://127.0.0.1:9"}}), options);
    });
    CHECK(nobody.code() == util::Errc::unavailable);
}

TEST_CASE("runtime: a worker serves one run at a time", "[runtime]") {
    const Served b("b");
    const Served c("c");
    Digits digits;
    const std::map<std::string, std::string> urls{{"b", b.worker.url()}, {"c", c.worker.url()}};
    auto first = std::make_unique<runtime::Coordinator>(digits.job(urls), digits.options());
    const util::Error busy = error_of([&] { runtime::Coordinator(digits.job(urls), digits.options()); });
    CHECK(busy.code() == util::Errc::unavailable);
    CHECK_THAT(busy.message(), Catch::Contains("busy with another run"));
    first->close();
    first.reset();
    const util::Deadline deadline(util::Seconds{20});
    util::Error last{util::Errc::internal, ""};
    bool served = false;
    while (!served && !deadline.passed()) {
        last = error_of([&] {
            runtime::Coordinator(digits.job(urls), digits.options());
            served = true;
        });
    }
    INFO(last.message());
    CHECK(served);
}

TEST_CASE("runtime: workers without the model get it from the coordinator, once", "[runtime]") {
    const test::ScratchFolder folder;
    Digits digits;
    {
        const Served b(bare("b", folder.path));  // two writers of one folder
        const Served c(bare("c", folder.path));
        runtime::Coordinator coordinator(digits.job({{"b", b.worker.url()}, {"c", c.worker.url()}}), digits.options());
        run_and_verify(digits, coordinator);
        for (const runtime::DeviceTotals& device : coordinator.totals()) {
            CHECK(device.planned == digits.compiled.memory(device.device).peak);
            CHECK(device.peak_resident.value > 0);
        }
        coordinator.close();
    }
    CHECK(std::filesystem::exists(folder.path / (digits.graph.sha256() + ".onnx")));
    const Served b(bare("b", folder.path));
    const Served c(bare("c", folder.path));
    runtime::CoordinatorOptions options = digits.options();
    options.deployment.model_file = "/nowhere/digits.onnx";  // whoever asks for it now gets nothing
    runtime::Coordinator coordinator(digits.job({{"b", b.worker.url()}, {"c", c.worker.url()}}), options);
    run_and_verify(digits, coordinator);
}

TEST_CASE("runtime: a share that does not fit is refused before anything is allocated", "[runtime]") {
    const test::ScratchFolder folder;
    Digits digits;
    const util::Bytes needed = digits.compiled.memory(plan::DeviceId{2}).peak;
    runtime::WorkerOptions small = bare("c", folder.path);
    small.memory_limit = util::Bytes(needed.value - 1);
    const Served b(bare("b", folder.path));
    const Served c(small);
    const std::map<std::string, std::string> urls{{"b", b.worker.url()}, {"c", c.worker.url()}};
    const std::string wanted = "device 'c' needs " + std::to_string(needed.value) + " bytes";
    const util::Error refusal = error_of([&] { runtime::Coordinator(digits.job(urls), digits.options()); });
    CHECK(refusal.code() == util::Errc::impossible);
    CHECK_THAT(refusal.message(), Catch::Contains(wanted) && Catch::Contains(std::to_string(needed.value - 1)));
    CHECK(refusal.context() == std::vector<std::string>{"on device 'c'"});

    // By the cluster's word it is refused before anybody is asked: nobody listens there.
    runtime::Coordinator::Job job = digits.job({{"b", "tcp://127.0.0.1:9"}, {"c", "tcp://127.0.0.1:9"}});
    job.memory["c"] = util::Bytes(1000);
    const util::Error early = error_of([&] { runtime::Coordinator(job, digits.options()); });
    CHECK(early.code() == util::Errc::impossible);
    CHECK_THAT(early.message(), Catch::Contains(wanted) && Catch::Contains("its limit is 1000"));

    job.urls = urls;
    job.memory.clear();
    job.memory["b"] = util::Bytes(1'000'000'000);  // b gets only its slices; c still refuses
    CHECK(error_of([&] { runtime::Coordinator(job, digits.options()); }).code() == util::Errc::impossible);
    const Served roomy(bare("c", folder.path));
    job.urls["c"] = roomy.worker.url();
    job.memory["c"] = needed;
    runtime::Coordinator coordinator(job, digits.options());
    run_and_verify(digits, coordinator);
}
