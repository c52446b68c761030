#include "cost/bound.hpp"

#include <catch2/catch.hpp>

#include "beds.hpp"
#include "support/small_models.hpp"

using namespace convoy;
using test::bed_of;
using test::cluster_of;
using test::link_of;

namespace {

/// A 3x3 convolution of one channel on 8x4, without its bias: 18 operations for each element.
graph::Graph one_convolution() {
    test::Model model;
    return model.finish({model.conv("c1", model.input("in", {1, 1, 8, 4}), 1)});
}
constexpr double kWork = 18 * 32;

double bound(const graph::Graph& graph, const latency::Bed& bed) { return cost::lower_bound(graph, bed).count(); }

/// Slightly below what is meant, for rounding and the least time that a model predicts.
Approx about(double value) { return Approx(value).epsilon(1e-6); }

graph::Graph strided(graph::Index kernel, graph::Index stride) {
    graph::GraphBuilder builder;
    const auto in = builder.add_tensor("in", {1, 1, 9, 9});
    builder.add_input(in);
    const auto relu = builder.add_tensor("r_out", {1, 1, 9, 9});
    graph::Operator first;
    first.name = "r";
    first.kind = graph::Kind::relu;
    first.onnx_type = "Relu";
    first.inputs = {in};
    first.outputs = {relu};
    builder.add_operator(first);
    const graph::Index side = (9 - kernel) / stride + 1;
    const auto out = builder.add_tensor("p_out", {1, 1, side, side});
    graph::Operator pool;
    pool.name = "p";
    pool.kind = graph::Kind::max_pool;
    pool.onnx_type = "MaxPool";
    pool.inputs = {relu};
    pool.outputs = {out};
    pool.window.kernel = {kernel, kernel};
    pool.window.stride = {stride, stride};
    builder.add_operator(pool);
    builder.add_output(out);
    return builder.finish();
}

}  // namespace

TEST_CASE("cost: the lower bound shares all work over all speeds", "[cost]") {
    const graph::Graph graph = one_convolution();
    CHECK(bound(graph, bed_of(cluster_of(1, link_of(1)), {100})) == about(kWork / 100));
    CHECK(bound(graph, bed_of(cluster_of(3, link_of(1e9)), {100, 200, 300})) == about(kWork / 600));
}

TEST_CASE("cost: the lower bound knows that nobody can compute before the first message, or after the last", "[cost]") {
    const graph::Graph graph = one_convolution();
    // b misses 2 s, 1 s of start-up and delay each way: a alone needs 4 s, together (4 + 2) / 2.
    const auto bed = [&](double start_up) {
        return bed_of(cluster_of(2, link_of(1e9, start_up, 0.5)), {kWork / 4, kWork / 4});
    };
    CHECK(bound(graph, bed(0.5)) == about(3));
    CHECK(bound(graph, bed(2)) == about(4));  // b comes too late
    cluster::Cluster apart = cluster_of(2, link_of(1e9, 0.5, 0.5));
    apart.sink = 1;
    CHECK(bound(graph, bed_of(apart, {kWork / 4, kWork / 4})) == about(2 + 1));
    // By way of c it is nearer than directly.
    cluster::Cluster detour = cluster_of(3, link_of(1e9, 0.1, 0));
    detour.sink = 1;
    detour.pairs = {{0, 1, link_of(1e9, 0, 10), ""}};
    CHECK(bound(graph, bed_of(detour, {1e12, 1e12, 1e12})) == about(0.2));
}

TEST_CASE("cost: the lower bound counts only elements that some output needs", "[cost]") {
    const latency::Bed bed = bed_of(cluster_of(1, link_of(1)), {1});
    CHECK(bound(strided(1, 2), bed) == about(25 + 25));     // every second row and column of the ReLU
    CHECK(bound(strided(3, 3), bed) == about(81 + 9 * 9));  // all
    CHECK(bound(strided(2, 3), bed) == about(36 + 9 * 4));  // two of three
    CHECK(bound(strided(3, 4), bed) == about(36 + 4 * 9));  // the last two rows and columns, and one in the middle, not
}

TEST_CASE("cost: the lower bound knows that what others compute must leave the source", "[cost]") {
    test::Model model;
    const graph::Graph graph = model.finish({model.relu("r", model.input("in", {1, 1, 100, 100}))});
    // 10,000 operations: 100 s on the source, nothing on the other, and 100 s for all elements on their way there.
    const latency::Bed bed = bed_of(cluster_of(2, link_of(400)), {100, 1e9});
    CHECK(bound(graph, bed) == about(50));
    CHECK(cost::lower_bound(graph, bed, 0.25).count() == Approx(20).epsilon(5e-3));  // as int8: a part of 4 / 5
    cluster::Cluster back = cluster_of(2, link_of(400));
    back.source = 1;
    CHECK(bound(graph, bed_of(back, {100, 1e9})) < 1);
}

TEST_CASE("cost: the lower bound finds the narrowest place to leave the source", "[cost]") {
    test::Model model;
    // 10 s for each of the convolutions, 100 channels between them that nobody sends.
    const auto wide = model.conv("c1", model.input("in", {1, 1, 1, 10}), 100, 1);
    const graph::Graph graph = model.finish({model.conv("c2", wide, 1, 1)});
    const latency::Bed bed = bed_of(cluster_of(2, link_of(4)), {200, 1e9});  // an element in a second
    // All 10 elements of the input leave in 10 s, and a share y of them makes a share y of both: 20 (1 - y) = 10 y.
    CHECK(bound(graph, bed) == Approx(20.0 / 3).epsilon(5e-3));
}

TEST_CASE("cost: the lower bound adds up what only one device at a time can compute", "[cost]") {
    test::Model model;
    const auto in = model.input("in", {1, 64, 1, 1});
    const auto soft = model.softmax("s", model.conv("c1", in, 64, 1));
    const graph::Graph graph = model.finish({model.conv("c2", soft, 64, 1)});
    const double convolution = 2 * 64 * 64;
    const double softmax = graph::flops(graph, graph::whole_work(graph, *graph.find_operator("s"))).value;
    REQUIRE(softmax > 0);
    const latency::Bed bed = bed_of(cluster_of(2, link_of(1e9)), {100, 300});
    CHECK(bound(graph, bed) == about(2 * convolution / 400 + softmax / 300));
}

TEST_CASE("cost: the lower bound holds for devices that are good at different things", "[cost]") {
    test::Model model;
    const auto in = model.input("in", {1, 1, 8, 8});
    const graph::Graph graph = model.finish({model.relu("r", model.conv("c1", in, 1, 1))});
    const auto good_at = [](double convolution, double relu) {
        latency::DeviceModel::Parts parts;
        parts.operators.push_back({"convolution", 1, "least_squares", {"flops"}, {1 / convolution}, 0, std::nullopt});
        parts.operators.push_back({"relu", 1, "least_squares", {"flops"}, {1 / relu}, 0, std::nullopt});
        return latency::DeviceModel(parts);
    };
    // One takes the convolution (128 operations), the other the ReLU (64): 1 s each, though ideal sharing of each
    // operator by itself, one after the other, would take 1 / (1 + 1 / 8) s twice.
    const latency::Bed bed{cluster_of(2, link_of(1e9)), {good_at(128, 8), good_at(16, 64)}};
    const double found = bound(graph, bed);
    CHECK(found <= 1);
    CHECK(found > 0.5);
}
