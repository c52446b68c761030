#include "partition/channels.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <numeric>

#include "partition/capability.hpp"
#include "planning.hpp"
#include "util/error.hpp"

using namespace convoy;
using graph::Index;
using graph::Interval;

namespace {

constexpr double kNone = std::numeric_limits<double>::infinity();

/// Payload between the stages: without the model's inputs.
util::Bytes bytes_between(const plan::Plan& plan, const graph::Graph& graph) {
    const plan::Compiled compiled(plan, graph);
    util::Bytes bytes;
    for (const plan::Message& message : compiled.messages(0)) {
        if (message.stage != plan::kInputStage) bytes += message.payload;
    }
    return bytes;
}

}  // namespace

TEST_CASE("partition: parts go by weight, and what a limit takes away goes to the others", "[partition]") {
    using partition::detail::proportions;
    CHECK(proportions({1, 3}, {kNone, kNone}) == std::vector<double>{0.25, 0.75});
    CHECK(proportions({1, 3}, {kNone, 0.5}) == std::vector<double>{0.5, 0.5});
    CHECK(proportions({1, 1, 2}, {kNone, kNone, 0}) == std::vector<double>{0.5, 0.5, 0});
    CHECK(proportions({1, 1}, {0.3, 0.3}).empty());
    CHECK(proportions({1, 1}, {-5, kNone}) == std::vector<double>{0, 1});
    const std::vector<double> chain = proportions({1, 2, 4}, {kNone, 0.3, 0.4});  // the second limit follows the first
    CHECK(chain[0] == Approx(0.3));
    CHECK(chain[1] == Approx(0.3));
    CHECK(chain[2] == Approx(0.4));
}

TEST_CASE("partition: channels are dealt in whole groups by largest remainders", "[partition]") {
    using partition::detail::deal_by;
    CHECK(deal_by(10, 1, {0.5, 0.5}) == std::vector<Interval>{{0, 5}, {5, 10}});
    CHECK(deal_by(10, 1, {0.34, 0.33, 0.33}) == std::vector<Interval>{{0, 4}, {4, 7}, {7, 10}});
    CHECK(deal_by(12, 4, {0.5, 0.5}) == std::vector<Interval>{{0, 8}, {8, 12}});
    CHECK(deal_by(3, 1, {0.25, 0.25, 0.25, 0.25}).back().empty());
    CHECK(deal_by(8, 1, {0, 1}) == std::vector<Interval>{{0, 0}, {0, 8}});
    util::Random random(1);
    for (int i = 0; i < 200; ++i) {
        std::vector<double> weights(1 + static_cast<std::size_t>(7 * random.uniform()));
        for (double& weight : weights) weight = random.uniform();
        const auto extent = static_cast<Index>(1 + 60 * random.uniform());
        const auto granule = static_cast<Index>(1 + 5 * random.uniform());
        const auto parts =
            deal_by(extent, granule, partition::detail::proportions(weights, std::vector(weights.size(), 1.0)));
        Index begin = 0;
        for (const Interval& part : parts) {
            CHECK(part.begin == std::min(begin, extent));
            CHECK((part.begin % granule == 0 || part.empty()));
            begin = part.end;
        }
        CHECK(begin == extent);
    }
}

TEST_CASE("partition: whoever would get fewer rows than a neighbour's halo gets none", "[partition]") {
    using partition::detail::deal_rows;
    CHECK(deal_rows(10, 2, {0.05, 0.45, 0.5}) == std::vector<Interval>{{0, 0}, {0, 5}, {5, 10}});
    CHECK(deal_rows(3, 2, {0.4, 0.6}) == std::vector<Interval>{{0, 0}, {0, 3}});
    CHECK(deal_rows(10, 1, {0.5, 0.5}) == std::vector<Interval>{{0, 5}, {5, 10}});
}

TEST_CASE("partition: channelwise operators, and those with filters", "[partition]") {
    test::Model model;
    const graph::TensorId x = model.input("x", {1, 8, 12, 12});
    const graph::TensorId wide = model.conv("conv", x, 16);
    const graph::TensorId depthwise = model.conv("depthwise", wide, 16, 3, 16);
    const graph::TensorId relu = model.relu("relu", depthwise);
    const graph::TensorId sum = model.add("sum", relu, wide);
    const graph::TensorId grouped = model.conv("grouped", sum, 16, 3, 4);
    const graph::Graph graph = model.finish({model.softmax("softmax", model.gemm("fc", grouped, 10))});
    const auto op = [&](const char* name) { return graph.find_operator(name).value(); };
    using partition::detail::has_filters;
    using partition::detail::is_channelwise;
    for (const char* name : {"depthwise", "relu", "sum"}) CHECK(is_channelwise(graph, op(name)));
    for (const char* name : {"conv", "grouped", "fc", "softmax"}) CHECK_FALSE(is_channelwise(graph, op(name)));
    for (const char* name : {"conv", "grouped", "fc"}) CHECK(has_filters(graph, op(name)));
    for (const char* name : {"depthwise", "relu", "softmax"}) CHECK_FALSE(has_filters(graph, op(name)));
    CHECK(partition::detail::channel_granule(graph, op("grouped"), 4) == 4);
    CHECK(partition::detail::channel_granule(graph, op("grouped"), 5) == 1);
}

TEST_CASE("partition: oc gathers each operator's output on every device", "[partition]") {
    test::Model model;
    graph::TensorId at = model.input("x", {1, 3, 16, 16});
    at = model.conv("conv1", at, 12, 3, 1, "relu1");
    at = model.conv("conv2", at, 24);
    at = model.gemm("fc1", at, 30);
    const graph::Graph graph = model.finish({model.gemm("fc2", at, 9)});
    const test::Planning planning(graph, test::bed({1e6, 1e6, 1e6}, {util::BytesPerSecond(kNone), {}, {}}), 3);
    const partition::Proposal oc = planning.proposal("oc");
    CHECK(oc.plan.routes.front().stages.size() == 4);
    const Index gathered = 12 * 256 + 24 * 256 + 30;
    CHECK(bytes_between(oc.plan, graph) == util::Bytes(4 * (2 * gathered + 6)));
    CHECK(oc.prediction.rounds == 5);  // the input's, one for each operator
    CHECK(oc.prediction.redundant.value == 0);
}

TEST_CASE("partition: oc shares go by capability and by memory", "[partition]") {
    test::Model model;
    graph::TensorId at = model.input("x", {1, 3, 16, 16});
    at = model.conv("conv1", at, 40, 3, 1, "relu1");
    const graph::Graph graph = model.finish({model.gemm("fc1", at, 400)});
    const latency::Bed bed = test::bed({3e6, 1e6}, {util::BytesPerSecond(100 * test::kMbit), {}, {}});
    const test::Planning planning(graph, bed);
    const auto channels = [](const partition::Proposal& proposal, std::size_t stage, std::size_t device) {
        return proposal.plan.routes.front().stages[stage].shares[device].pieces[0].box[graph::Axis::c];
    };
    const partition::Proposal free = planning.proposal("oc");
    CHECK(channels(free, 0, 0) == Interval{0, 30});
    CHECK(channels(free, 1, 0) == Interval{0, 300});

    const util::Bytes half = free.prediction.peak_memory[0] - util::Bytes(2 << 20);
    const test::Planning tight(graph, test::with_memory(bed, half));
    const partition::Proposal limited = tight.proposal("oc");
    CHECK(channels(limited, 1, 0).size() < 300);
    for (const util::Bytes peak : limited.prediction.peak_memory) CHECK(peak <= half);
    const test::Planning hopeless(graph, test::with_memory(bed, util::Bytes(3 << 20)));
    CHECK_THROWS_AS(hopeless.proposal("oc"), util::Error);
}

TEST_CASE("partition: oc cuts residual blocks operator by operator", "[partition]") {
    test::Model model;
    const graph::TensorId x = model.input("x", {1, 8, 12, 12});
    const graph::TensorId one = model.conv("one", x, 8, 3, 1, "relu1");
    const graph::TensorId two = model.conv("two", one, 8);
    const graph::TensorId sum = model.add("sum", two, x);
    const graph::Graph graph = model.finish({model.conv("three", model.relu("relu", sum), 8)});
    const test::Planning planning(graph, test::bed({1e6, 1e6}, {util::BytesPerSecond(kNone), {}, {}}));
    const partition::Proposal oc = planning.proposal("oc");
    REQUIRE(oc.plan.routes.front().stages.size() == 3);
    CHECK(oc.plan.routes.front().stages[1].operators.size() == 3);  // two, sum and relu, each device its channels
    CHECK(oc.prediction.rounds == 4);
}
