#include "cost/prediction.hpp"

#include <catch2/catch.hpp>

#include "beds.hpp"
#include "support/small_models.hpp"

using namespace convoy;
using graph::Axis;
using test::addend;
using test::bed_of;
using test::cluster_of;
using test::held;
using test::layers;
using test::link_of;
using test::on;
using test::part;
using test::whole_on;

namespace {

/// Two 3x3 convolutions of one channel on 8x4: 19 operations for each element with its bias, 608 FLOPs each.
graph::Graph two_convolutions() {
    test::Model model;
    return model.finish({model.conv("c2", model.conv("c1", model.input("in", {1, 1, 8, 4}), 1), 1)});
}
constexpr double kLayer = 608;
constexpr double kRow = kLayer / 8;
constexpr double kRowBytes = 16;

/// a computes rows 0 to 4, b the rest; both layers are stages of their own, so that a border row crosses each way.
plan::Plan two_stages(const graph::Graph& graph) {
    const auto half = [&](const char* name) {
        return std::vector{on(0, {part(graph, name, Axis::h, 0, 4)}), on(1, {part(graph, name, Axis::h, 4, 8)})};
    };
    return test::plan_of({"a", "b"}, {layers(graph, {"c1"}, half("c1")), layers(graph, {"c2"}, half("c2"))});
}

cost::Prediction predict(const plan::Plan& plan, const graph::Graph& graph, const latency::Bed& bed) {
    return cost::predict(plan, plan::Compiled(plan, graph), graph, bed);
}

/// Every sender sends 100 bytes a second, each message takes 1 s more, and 0.5 s until it is there.
const cluster::Link kSlow = link_of(100, 1, 0.5);

graph::Graph one_convolution() {
    test::Model model;
    const auto in = model.input("in", {1, 1, 8, 4});
    return model.finish({model.conv("c1", in, 1, 1)});
}

/// Each of b and c gets half of the input, 64 bytes, and sends as many back.
plan::Plan halves_on_b_and_c(const graph::Graph& graph) {
    return test::plan_of(
        {"a", "b", "c"},
        {layers(graph, {"c1"},
                {on(1, {part(graph, "c1", Axis::h, 0, 4)}), on(2, {part(graph, "c1", Axis::h, 4, 8)})})});
}

}  // namespace

TEST_CASE("cost: a plan on the source alone takes the sum of its pieces and transfers nothing", "[cost]") {
    const graph::Graph graph = two_convolutions();
    const plan::Plan plan = test::plan_of(
        {"a"}, {layers(graph, {"c1"}, {whole_on(0, graph, "c1")}), layers(graph, {"c2"}, {whole_on(0, graph, "c2")})});
    const cost::Prediction prediction = predict(plan, graph, bed_of(cluster_of(1, kSlow), {100}));
    CHECK(prediction.latency().count() == Approx(2 * kLayer / 100));
    CHECK(prediction.messages == 0);
    CHECK(prediction.rounds == 0);
    CHECK(prediction.bytes == util::Bytes(0));
    CHECK(prediction.flops.value == 2 * kLayer);
    CHECK(prediction.redundant.value == 0);
    CHECK(prediction.throughput_per_s == Approx(100 / (2 * kLayer)));
    CHECK(prediction.timeline.spans.size() == 2);
    CHECK(prediction.path.compute.count() == Approx(prediction.latency().count()));
    CHECK(prediction.path.transfer().count() == 0);
}

TEST_CASE("cost: one message to another device and one back cost start-up, bytes and delay each", "[cost]") {
    const graph::Graph graph = two_convolutions();
    const plan::Plan plan = test::plan_of({"a", "b"}, {layers(graph, {"c1", "c2"}, {whole_on(1, graph, "c2")})});
    const cost::Prediction prediction = predict(plan, graph, bed_of(cluster_of(2, kSlow), {1, 100}));
    const double transfer = 1 + 8 * kRowBytes / 100 + 0.5;
    CHECK(prediction.latency().count() == Approx(2 * transfer + 2 * kLayer / 100));
    CHECK(prediction.messages == 2);
    CHECK(prediction.rounds == 2);
    CHECK(prediction.bytes == util::Bytes(256));
    CHECK(prediction.compute[0].count() == 0);
    CHECK(prediction.compute[1].count() == Approx(2 * kLayer / 100));
    CHECK(prediction.path.start_up.count() == Approx(2));
    CHECK(prediction.path.bytes.count() == Approx(2.56));
    CHECK(prediction.path.delay.count() == Approx(1));
    CHECK(prediction.path.queueing.count() == Approx(0).margin(1e-12));
    CHECK(prediction.path.messages == 2);
    const std::vector<cost::PathStep>& steps = prediction.path.steps;
    REQUIRE(steps.size() == 3);
    CHECK((steps[0].device == 0 && steps[0].to == 1U && steps[0].stage == -1));
    CHECK(steps[0].transfer().count() == Approx(transfer));
    CHECK((steps[1].device == 1 && !steps[1].to && steps[1].stage == 0));
    CHECK(steps[1].compute.count() == Approx(2 * kLayer / 100));
    CHECK((steps[2].device == 1 && steps[2].to == 0U && steps[2].stage == 0));
    CHECK(steps[2].delay.count() == Approx(0.5));
}

TEST_CASE("cost: exchanging border rows by hand", "[cost]") {
    const graph::Graph graph = two_convolutions();
    // The start-up is 1 s, so that it counts; 608 FLOPs per second make a layer's half take half a second.
    const cost::Prediction prediction =
        predict(two_stages(graph), graph, bed_of(cluster_of(2, link_of(100, 1)), {kLayer, kLayer}));
    const double input = 1 + 5 * kRowBytes / 100;   // rows 3 to 8 of the input for b's rows 4 to 8
    const double border = 1 + 1 * kRowBytes / 100;  // one row of c1_out, both ways at once
    const double result = 1 + 4 * kRowBytes / 100;
    // a's border row is ready early, but waits for the input on a's interface; b computes meanwhile.
    CHECK(prediction.latency().count() == Approx(input + border + 0.5 + result));
    CHECK(prediction.path.queueing.count() == Approx(input - 0.5));
    CHECK(prediction.path.compute.count() == Approx(0.5 + 0.5));
    CHECK(prediction.messages == 4);
    CHECK(prediction.rounds == 2);  // the input, then b's border row or its result
    CHECK(prediction.redundant.value == 0);
}

TEST_CASE("cost: fused layers send less and compute the halo twice", "[cost]") {
    const graph::Graph graph = two_convolutions();
    const plan::Plan plan = test::plan_of(
        {"a", "b"}, {layers(graph, {"c1", "c2"},
                            {on(0, {part(graph, "c2", Axis::h, 0, 4)}), on(1, {part(graph, "c2", Axis::h, 4, 8)})})});
    const cost::Prediction prediction = predict(plan, graph, bed_of(cluster_of(2, link_of(100, 1)), {kLayer, kLayer}));
    CHECK(prediction.messages == 2);
    CHECK(prediction.redundant.value == Approx(2 * kRow));  // rows 3 and 4 of c1_out on both
    CHECK(prediction.flops.value == Approx(2 * kLayer + 2 * kRow));
    const double input = 1 + 6 * kRowBytes / 100;
    const double result = 1 + 4 * kRowBytes / 100;
    CHECK(prediction.latency().count() == Approx(input + 9.0 / 8 + result));
    // Of the five rows of c1_out on b, and of all ten, two are computed twice: half of them is too much.
    CHECK(prediction.path.redundant.count() == Approx(5.0 / 8 * 2 / 10));
}

TEST_CASE("cost: a shared medium carries one message at a time, a switch one for each device", "[cost]") {
    const graph::Graph graph = two_convolutions();
    const plan::Plan plan =
        test::plan_of({"a", "b", "c"},
                      {layers(graph, {"c1", "c2"},
                              {on(1, {part(graph, "c2", Axis::h, 0, 4)}), on(2, {part(graph, "c2", Axis::h, 4, 8)})})});
    const std::vector<double> fast(3, 1e12);
    const double input = 6 * kRowBytes / 100;
    const double result = 4 * kRowBytes / 100;
    const auto both = predict(plan, graph, bed_of(cluster_of(3, link_of(100, 0), cluster::Medium::shared), fast));
    CHECK(both.latency().count() == Approx(2 * input + 2 * result));
    // Switched, a sends one input after the other, and the first result comes while the second input is on its way.
    const auto apart = predict(plan, graph, bed_of(cluster_of(3, link_of(100, 0)), fast));
    CHECK(apart.latency().count() == Approx(2 * input + result));
}

TEST_CASE("cost: start-ups of several senders to one receiver overlap", "[cost]") {
    const graph::Graph graph = one_convolution();
    const plan::Plan plan = halves_on_b_and_c(graph);
    cluster::Cluster cluster = cluster_of(3, link_of(64, 0));
    cluster.pairs = {{0, 1, link_of(64, 0), ""},
                     {0, 2, link_of(64, 0), ""},
                     {1, 0, link_of(64, 10), ""},
                     {2, 0, link_of(64, 10), ""}};
    const cost::Prediction prediction = predict(plan, graph, bed_of(cluster, {1e12, 1e12, 1e12}));
    // Halves of the input until 1 s and 2 s; start-ups until 11 s and 12 s, each before a second of bytes.
    CHECK(prediction.latency().count() == Approx(13));
}

TEST_CASE("cost: messages to one receiver wait for its interface", "[cost]") {
    const graph::Graph graph = one_convolution();
    // b and c finish at different times and their results queue at a.
    const plan::Plan plan = halves_on_b_and_c(graph);
    cluster::Cluster cluster = cluster_of(3, link_of(64, 0));
    cluster.pairs = {{0, 1, link_of(64, 0), ""}, {1, 0, link_of(16, 0), ""}};
    const cost::Prediction prediction = predict(plan, graph, bed_of(cluster, {1, 1e12, 1e12}));
    // b has its 64 bytes at 1 s and sends until 5 s; c has its own at 2 s and sends from 5 s to 6 s.
    CHECK(prediction.latency().count() == Approx(6));
    CHECK(prediction.path.queueing.count() == Approx(1 + 3));  // behind the input for b, behind the result of b
}

TEST_CASE("cost: addends are summed in the time of an addition, and the chain of messages is counted", "[cost]") {
    test::Model model;
    const auto in = model.input("in", {1, 2, 4, 4});
    const graph::Graph graph = model.finish({model.conv("c1", in, 1, 1)});
    const plan::Plan plan = test::plan_of(
        {"a", "b"},
        {layers(graph, {"c1"},
                {on(0, {addend(graph, "c1", Axis::c, 0, 1)}), on(1, {addend(graph, "c1", Axis::c, 1, 2)})})});
    const cost::Prediction prediction = predict(plan, graph, bed_of(cluster_of(2, link_of(64, 0)), {32, 32}));
    // Input 1 s, half a convolution without its bias 1 s, the addend 1 s; then 2 * 16 additions and 2 * 16 of the tail.
    CHECK(prediction.latency().count() == Approx(1 + 1 + 1 + 2));
    CHECK(prediction.rounds == 2);
    CHECK(prediction.redundant.value == 0);
    CHECK(prediction.timeline.spans.back().stage == 0);
}

TEST_CASE("cost: replicas are redundant", "[cost]") {
    const graph::Graph graph = two_convolutions();
    const plan::Plan plan = test::plan_of(
        {"a", "b"}, {layers(graph, {"c1"}, {whole_on(0, graph, "c1"), whole_on(1, graph, "c1")}),
                     layers(graph, {"c2"},
                            {on(0, {part(graph, "c2", Axis::h, 0, 4)}), on(1, {part(graph, "c2", Axis::h, 4, 8)})})});
    const cost::Prediction prediction = predict(plan, graph, bed_of(cluster_of(2, kSlow), {100, 100}));
    CHECK(prediction.redundant.value == Approx(kLayer));
}

TEST_CASE("cost: with frames in flight the slowest device or interface sets the throughput", "[cost]") {
    const graph::Graph graph = two_convolutions();
    plan::Plan plan = test::plan_of({"a", "b"}, {layers(graph, {"c1"}, {whole_on(0, graph, "c1")}),
                                                 layers(graph, {"c2"}, {whole_on(1, graph, "c2")})});
    const latency::Bed bed = bed_of(cluster_of(2, link_of(1e12)), {kLayer, kLayer / 3});
    CHECK(predict(plan, graph, bed).throughput_per_s == Approx(1.0 / 4));
    plan.in_flight = 3;
    CHECK(predict(plan, graph, bed).throughput_per_s == Approx(1.0 / 3));
    CHECK(predict(plan, graph, bed).latency().count() == Approx(4));
}

TEST_CASE("cost: routes share the frames by their weights", "[cost]") {
    const graph::Graph graph = two_convolutions();
    plan::Plan plan = test::plan_of({"a", "b", "c"}, {layers(graph, {"c1", "c2"}, {whole_on(0, graph, "c2")})});
    plan.routes.push_back({2, {layers(graph, {"c1", "c2"}, {whole_on(1, graph, "c2")})}});
    plan.source = plan.sink = plan::DeviceId{2};
    // a needs 2 s for a frame of its route, b 1 s: together 1.5 frames a second, a third of them on a.
    const latency::Bed bed = bed_of(cluster_of(3, link_of(1e12)), {kLayer, 2 * kLayer, 1});
    const cost::Prediction prediction = predict(plan, graph, bed);
    CHECK(prediction.throughput_per_s == Approx(1.5));
    CHECK(prediction.compute[0].count() == Approx(2.0 / 3));
    CHECK(prediction.compute[1].count() == Approx(2.0 / 3));
    CHECK(prediction.latency().count() == Approx(1));
}

TEST_CASE("cost: a device that computes hands nothing over meanwhile", "[cost]") {
    const graph::Graph graph = two_convolutions();
    plan::Plan plan = test::plan_of({"a", "b"}, {layers(graph, {"c1", "c2"}, {whole_on(0, graph, "c2")})});
    plan.routes.push_back({2, {layers(graph, {"c1", "c2"}, {whole_on(1, graph, "c2")})}});
    // The third frame's input waits until a is done with the second frame: 3 s for a turn of b, a, b.
    const latency::Bed bed = bed_of(cluster_of(2, link_of(1e12)), {kLayer, 2 * kLayer});
    CHECK(predict(plan, graph, bed).throughput_per_s == Approx(1));
}

TEST_CASE("cost: energy counts idling, computing and the radios of those who take part", "[cost]") {
    const graph::Graph graph = two_convolutions();
    const plan::Plan plan = test::plan_of({"a", "b", "c"}, {layers(graph, {"c1", "c2"}, {whole_on(1, graph, "c2")})});
    cluster::Cluster cluster = cluster_of(3, link_of(128));
    CHECK_FALSE(predict(plan, graph, bed_of(cluster, {1, kLayer, 1})).energy);
    cluster.devices[0].power = cluster::Power{util::Watts(1), util::Watts(50), util::Watts(10)};
    cluster.devices[1].power = cluster::Power{util::Watts(2), util::Watts(100), util::Watts(20)};
    // 1 s there, 2 s of computing, 1 s back: both radios work for 2 s.
    const auto energy = predict(plan, graph, bed_of(cluster, {1, kLayer, 1})).energy;
    REQUIRE(energy);
    CHECK(energy->value == Approx(4 * 1 + 4 * 2 + 2 * 100 + 2 * 10 + 2 * 20));
}

TEST_CASE("cost: a device that the cluster does not have is named", "[cost]") {
    const graph::Graph graph = two_convolutions();
    const plan::Plan plan = test::plan_of({"a", "bob"}, {layers(graph, {"c1", "c2"}, {whole_on(0, graph, "c2")})});
    CHECK_THROWS_WITH(predict(plan, graph, bed_of(cluster_of(2, kSlow), {1, 1})), "the cluster has no device 'bob'");
}
