#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <map>

#include "dataset/inputs.hpp"
#include "plan/plan_file.hpp"
#include "runtime/shipping_support.hpp"
#include "runtime/verify.hpp"
#include "runtime/weight_ranges.hpp"
#include "support/over_sockets.hpp"

using namespace convoy;
using test::ZooModel;

namespace {

const std::filesystem::path kExamples = CONVOY_TEST_DATA "/../../examples/plans";

/// A plan for a model of the zoo.
struct Case {
    const ZooModel& model;
    std::string text;
    plan::PlanDocument document = plan::read_plan(util::FileView::from_bytes(text, "plan.yaml"), model.graph);
    plan::Compiled compiled{document.plan, model.graph};
};

/// Runs random frames; each must give the unsplit model's result. @return what the sockets counted
test::LinkTraffic counted(const Case& plan, std::uint64_t frames,
                          const std::function<runtime::WorkerOptions(const std::string&)>& options_of) {
    engine::Weights weights(plan.model.graph);
    const dataset::Inputs inputs({"random:3"}, plan.model.graph, std::nullopt);
    std::vector<std::vector<graph::Tensor>> given;
    for (std::uint64_t frame = 0; frame < frames; ++frame) given.push_back(inputs.load(0, frame));
    const test::SocketRun run =
        test::run_over_sockets(plan.document.plan, plan.compiled, weights, {plan.model.file}, given, options_of);
    runtime::Verifier verifier(weights, plan.document.plan, plan.compiled);
    for (std::uint64_t frame = 0; frame < frames; ++frame) CHECK(verifier.check(given[frame], run.outputs[frame]));
    return run.traffic;
}

void check_bytes(const ZooModel& model, const std::string& text, std::uint64_t frames) {
    const Case plan{model, text};
    const test::LinkTraffic derived = test::derived_traffic(plan.document.plan, plan.compiled, frames);
    REQUIRE_FALSE(derived.empty());
    const test::LinkTraffic sent = counted(plan, frames, test::worker_with_the_file);
    INFO("derived:\n" << test::describe(derived) << "counted:\n" << test::describe(sent));
    CHECK(sent == derived);
}

const std::string kHead = "schema: convoy.plan/1\n";

/// Cuts of lenet5 that no example shows.
const std::map<std::string, std::string> kCuts{
    {"output channels of every layer",
     "devices: [a, b, c]\n"
     "stages:\n"
     "  - {layers: [conv1, pool1], shares: {a: {c: [0, 2]}, b: {c: [2, 4]}, c: {c: [4, 6]}}}\n"
     "  - {layers: [conv2, pool2], shares: {a: {c: [0, 5]}, b: {c: [5, 10]}, c: {c: [10, 16]}}}\n"
     "  - {layers: [fc1], shares: {a: {c: [0, 40]}, b: {c: [40, 80]}, c: {c: [80, 120]}}}\n"
     "  - {layers: [fc2], shares: {a: {c: [0, 28]}, b: {c: [28, 56]}, c: {c: [56, 84]}}}\n"
     "  - {layers: [fc3], shares: {b: {c: [0, 5]}, c: {c: [5, 10]}}}\n"},
    {"columns, then a fully connected layer that sums over them",
     "devices: [a, b, c]\n"
     "source: b\n"
     "stages:\n"
     "  - {layers: [conv1..pool2], shares: {a: {w: [0, 2]}, b: {w: [2, 3]}, c: {w: [3, 5]}}}\n"
     "  - {layers: [fc1], shares: {a: {in: {w: [0, 2]}}, b: {in: {w: [2, 3]}}, c: {in: {w: [3, 5]}}}}\n"
     "  - {layers: [fc2..fc3], on: b}\n"},
    {"a grid of output and input channels",
     "devices: [a, b, c, d]\n"
     "stages:\n"
     "  - {layers: [conv1, pool1], on: a}\n"
     "  - layers: [conv2]\n"
     "    shares:\n"
     "      a: {c: [0, 8], in: {c: [0, 3]}}\n"
     "      b: {c: [0, 8], in: {c: [3, 6]}}\n"
     "      c: {c: [8, 16], in: {c: [0, 3]}}\n"
     "      d: {c: [8, 16], in: {c: [3, 6]}}\n"
     "    wire: {conv2_out: fp16}\n"
     "  - {layers: [pool2..fc3], on: d}\n"},
    {"tiles, more than devices",
     "devices: [a, b]\n"
     "sink: b\n"
     "in_flight: 3\n"
     "stages:\n"
     "  - layers: [conv1..pool2]\n"
     "    shares:\n"
     "      a: [{h: [0, 2], w: [0, 2]}, {h: [2, 5], w: [2, 5]}]\n"
     "      b: [{h: [0, 2], w: [2, 5]}, {h: [2, 5], w: [0, 2]}]\n"
     "    wire: {pool2_out: int8}\n"
     "  - {layers: [fc1..fc3], on: b}\n"},
    {"replicas of a tensor, one of which serves",
     "devices: [a, b, c, d]\n"
     "stages:\n"
     "  - {layers: [conv1, pool1], on: [b, c], from: {pool1_out: {d: c}}}\n"
     "  - {layers: [conv2..pool2], shares: {b: {h: [0, 2]}, c: {h: [2, 4]}, d: {h: [4, 5]}}}\n"
     "  - {layers: [fc1..fc3], on: a}\n"},
    {"replicas for whole frames",
     "devices: [a, b, c]\n"
     "in_flight: 2\n"
     "routes:\n"
     "  - {weight: 2, stages: [{layers: [conv1..fc3], on: b}]}\n"
     "  - weight: 1\n"
     "    stages:\n"
     "      - {layers: [conv1..pool2], on: c}\n"
     "      - {layers: [fc1..fc3], on: a}\n"},
};

}  // namespace

TEST_CASE("runtime: the bytes on each link are those of the derived moves, whatever the cut", "[runtime]") {
    const ZooModel lenet("lenet5");
    constexpr std::uint64_t kFrames = 7;
    for (const auto& [name, stages] : kCuts) {
        INFO(name);
        check_bytes(lenet, kHead + stages, kFrames);
    }
}

TEST_CASE("runtime: the bytes on each link are those of the derived moves, in each example", "[runtime]") {
    const ZooModel lenet("lenet5");
    const ZooModel squeezenet("squeezenet1_1");
    std::size_t examples = 0;
    for (const auto& entry : std::filesystem::directory_iterator(kExamples)) {
        INFO(entry.path());
        const std::string text(util::FileView::open(entry.path().string()).text());
        check_bytes(text.starts_with("# Model: lenet5\n") ? lenet : squeezenet, text, 2);
        ++examples;
    }
    CHECK(examples >= 9);
}

TEST_CASE("runtime: only the output channels that a small device computes are shipped to it", "[runtime]") {
    const ZooModel squeezenet("squeezenet1_1");
    const Case plan{squeezenet, kHead +
                                    "devices: [a, b]\n"
                                    "stages:\n"
                                    "  - {layers: [features.0..features.12.concat], on: a}\n"
                                    "  - {layers: [classifier.1], shares: {a: {c: [0, 500]}, b: {c: [500, 1000]}}}\n"
                                    "  - {layers: [classifier.3..flatten], on: a}\n"};
    const test::ScratchFolder cache;
    (void)counted(plan, 1, [&](const std::string& device) {
        runtime::WorkerOptions options = test::worker_with_the_file(device);
        options.look_where_told = false;
        options.cache = runtime::ModelCache::Settings{.folder = cache.path};
        options.memory_limit = plan.compiled.memory(plan::DeviceId{1}).peak;
        return options;
    });
    const graph::Graph& graph = squeezenet.graph;
    const auto manifest = runtime::make_manifest(graph, util::FileView::open(squeezenet.file));
    runtime::WantedParts wanted(manifest);
    for (const runtime::ByteRange& range : manifest.skeleton()) wanted.add(range);
    graph::Work half = graph::whole_work(graph, graph.find_operator("classifier.1").value());
    half.outputs[0].c = {{500, 1000}};
    runtime::for_weights_in_file(graph, half, [&](const runtime::ByteRange& range) { wanted.add(range); });
    std::int64_t expected = 0;
    for (const runtime::ChunkPart& part : wanted.parts())
        expected += static_cast<std::int64_t>(manifest.message_bytes(part));
    CHECK(expected < static_cast<std::int64_t>(manifest.size) - 900'000);  // of the other 500 channels, and of all else
    std::int64_t held = 0;                                                 // the file has holes
    for (const auto& entry : std::filesystem::directory_iterator(cache.path)) {
        struct stat status {};
        REQUIRE(::stat(entry.path().c_str(), &status) == 0);
        if (entry.path().extension() == ".part") held += std::int64_t{status.st_blocks} * 512;
    }
    constexpr std::int64_t kSlack = 131072;  // a shorter last chunk, blocks of the file system
    CHECK(held >= expected - kSlack);
    CHECK(held <= expected + kSlack);
}

TEST_CASE("runtime: star, direct and scattered reductions derive the messages that their names promise", "[runtime]") {
    const ZooModel lenet("lenet5");
    struct Expected {
        std::string example;
        std::size_t messages;  ///< of conv2's sums, addends and totals
        std::int64_t bytes;
        std::int64_t busiest;  ///< link, one way
    };
    constexpr std::int64_t kWhole = 16 * 10 * 10 * 4;
    const std::vector<Expected> all{{"reduce_direct", 6, 6 * kWhole, kWhole},
                                    {"reduce_star", 4, 4 * kWhole, kWhole},
                                    {"reduce_scatter", 12, 4 * kWhole, 7 * kWhole / 10}};
    for (const Expected& expected : all) {
        INFO(expected.example);
        const std::string file = (kExamples / (expected.example + ".yaml")).string();
        const Case plan{lenet, std::string(util::FileView::open(file).text())};
        const graph::TensorId sums = lenet.graph.find_tensor("conv2_out").value();
        std::size_t messages = 0;
        std::int64_t bytes = 0;
        std::map<std::pair<plan::DeviceId, plan::DeviceId>, std::int64_t> links;
        for (const plan::Message& m : plan.compiled.messages(0)) {
            if (m.tensor != sums) continue;
            ++messages;
            bytes += m.payload.value;
            links[{m.sender, m.receiver}] += m.payload.value;
        }
        CHECK(messages == expected.messages);
        CHECK(bytes == expected.bytes);
        const auto busiest = std::max_element(links.begin(), links.end(),
                                              [](const auto& a, const auto& b) { return a.second < b.second; });
        CHECK(busiest->second == expected.busiest);
    }
}
