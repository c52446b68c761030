#include <catch2/catch.hpp>

#include "partition/assemble.hpp"
#include "partition/strategy.hpp"
#include "support/random_graph.hpp"
#include "support/small_models.hpp"
#include "support/synthetic.hpp"

using namespace convoy;
using partition::Problem;

namespace {

constexpr double kMbit = 1e6 / 8;

/// Convolutions of changing widths, strides by pooling left out, and a fully connected layer.
graph::Graph random_chain(util::Random& random, int operators) {
    test::Model model;
    graph::TensorId at = model.input("x", {1, 4, 12, 12});
    for (int i = 0; i < operators; ++i) {
        const auto channels = static_cast<graph::Index>(1 + 15 * random.uniform());
        at = model.conv("conv" + std::to_string(i), at, channels);
    }
    return model.finish({model.gemm("fc", at, 10)});
}

latency::Bed random_bed(util::Random& random, std::size_t devices) {
    std::vector<double> rates;
    for (std::size_t i = 0; i < devices; ++i) rates.push_back(1e6 * (1 + 9 * random.uniform()));
    const cluster::Link link{util::BytesPerSecond(kMbit * (1 + 9 * random.uniform())), util::Seconds(1e-4),
                             util::Seconds(2e-4)};
    return test::bed(rates, link);
}

/// A plan by the device of each operator.
util::Seconds latency_of(const Problem& problem, const std::vector<std::size_t>& devices) {
    plan::Plan plan = partition::detail::empty_plan(problem.bed);
    for (std::size_t begin = 0; begin < devices.size();) {
        std::size_t end = begin + 1;
        while (end < devices.size() && devices[end] == devices[begin]) ++end;
        plan.routes.front().stages.push_back(
            partition::detail::device_stage(problem.graph, {begin, end}, devices[begin]));
        begin = end;
    }
    return evaluate(problem, partition::detail::without_idle_devices(plan)).prediction.latency();
}

util::Seconds layerwise(const Problem& problem) {
    return evaluate(problem, partition::strategy("layerwise").make(problem)).prediction.latency();
}

/// The best of all assignments of a chain's operators to devices.
util::Seconds best_assignment(const Problem& problem) {
    const std::size_t all = problem.bed.cluster().devices.size();
    std::vector<std::size_t> devices(problem.graph.operators().size(), 0);
    util::Seconds best = latency_of(problem, devices);
    for (bool more = true; more;) {
        best = std::min(best, latency_of(problem, devices));
        more = false;
        for (std::size_t op = 0; op < devices.size() && !more; ++op) {
            devices[op] = (devices[op] + 1) % all;
            more = devices[op] != 0;
        }
    }
    return best;
}

void check_cuts(std::uint64_t first_seed, int count) {
    int gains = 0;
    for (std::uint64_t seed = first_seed; seed < first_seed + static_cast<std::uint64_t>(count); ++seed) {
        util::Random random(seed);
        const graph::Graph graph = test::random_graph(random);
        const latency::Bed bed = random_bed(random, 2 + seed % 2);
        INFO("seed " << seed << "\n" << test::describe(graph));
        cost::Predictor predictor(graph, bed);
        const Problem problem{.graph = graph, .bed = bed, .predictor = predictor};
        const util::Seconds found = layerwise(problem);
        for (std::size_t device = 1; device < bed.cluster().devices.size(); ++device) {
            std::vector<std::size_t> devices(graph.operators().size(), device);
            for (std::size_t& of_operator : devices) {
                CHECK(found <= latency_of(problem, devices) * (1 + 1e-12));
                of_operator = 0;
            }
        }
        if (found < best_device(problem)->proposal.prediction.latency()) ++gains;
    }
    CHECK(gains > 0);
}

}  // namespace

TEST_CASE("partition: layerwise finds the best assignment of a chain", "[partition]") {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        INFO("seed " << seed);
        util::Random random(seed);
        const graph::Graph graph = random_chain(random, 4);
        const latency::Bed bed = random_bed(random, 3);
        cost::Predictor predictor(graph, bed);
        const Problem problem{.graph = graph, .bed = bed, .predictor = predictor};
        CHECK(layerwise(problem).count() == Approx(best_assignment(problem).count()).epsilon(1e-9));
    }
}

TEST_CASE("partition: layerwise is never worse than any cut of a DAG into a prefix and the rest", "[partition]") {
    check_cuts(1, 40);
}

TEST_CASE("partition: layerwise against all cuts of many DAGs", "[partition][long]") { check_cuts(1000, 600); }

TEST_CASE("partition: layerwise cuts where little crosses, and does not cut where nothing is gained", "[partition]") {
    test::Model model;
    graph::TensorId at = model.input("x", {1, 16, 16, 16});
    at = model.conv("narrow", at, 1);
    at = model.conv("wide", at, 64);
    const graph::Graph graph = model.finish({model.gemm("fc", at, 10)});
    const cluster::Link link{util::BytesPerSecond(10 * kMbit), util::Seconds(1e-4), {}};
    const auto stages = [&](const latency::Bed& bed) {
        cost::Predictor predictor(graph, bed);
        const Problem problem{.graph = graph, .bed = bed, .predictor = predictor};
        return partition::strategy("layerwise").make(problem).routes.front().stages;
    };
    CHECK(stages(test::bed({1e9, 1e9}, link)).size() == 1);
    const auto cut = stages(test::bed({1e8, 1e9}, link));  // b is faster; the narrow map crosses, not the wide ones
    REQUIRE(cut.size() == 2);
    CHECK(cut.front().operators.size() == 1);
    CHECK(cut.front().shares.front().device == plan::DeviceId{0});
    CHECK(cut.back().shares.front().device == plan::DeviceId{1});
}

TEST_CASE("partition: layerwise lets two devices compute branches that share nothing at the same time", "[partition]") {
    test::Model model;
    const graph::TensorId input = model.input("x", {1, 8, 16, 16});
    const graph::TensorId first = model.conv("first", input, 32);
    const graph::Graph graph = model.finish({first, model.conv("second", input, 32)});
    const latency::Bed bed = test::bed({1e8, 1e8}, {util::BytesPerSecond(100 * kMbit), util::Seconds(1e-4), {}});
    cost::Predictor predictor(graph, bed);
    const Problem problem{.graph = graph, .bed = bed, .predictor = predictor};
    const util::Seconds alone = best_device(problem)->proposal.prediction.latency();
    CHECK(layerwise(problem) == latency_of(problem, {0, 1}));
    CHECK(layerwise(problem) < 0.75 * alone);
}

TEST_CASE("partition: layerwise uses as many devices as are asked for", "[partition]") {
    util::Random random(3);
    const graph::Graph graph = random_chain(random, 5);
    const latency::Bed bed = test::bed({1e9, 1e9, 1e9}, {util::BytesPerSecond(kMbit), util::Seconds(0.01), {}});
    cost::Predictor predictor(graph, bed);
    Problem problem{.graph = graph, .bed = bed, .predictor = predictor};
    for (const std::size_t least : {1, 2, 3}) {
        problem.least_devices = least;
        CHECK(partition::strategy("layerwise").make(problem).devices.size() == least);
    }
}
