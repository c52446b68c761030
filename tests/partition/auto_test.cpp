#include <catch2/catch.hpp>

#include "brute_force.hpp"
#include "partition/proposals.hpp"

using namespace convoy;

namespace {

/// Convolutions, activations and, at the end, fully connected layers.
graph::Graph random_chain(util::Random& random, int operators) {
    test::Model model;
    graph::TensorId at = model.input("x", {1, 4, 8, 8});
    const int gemms = operators > 1 && random.uniform() < 0.5 ? 1 : 0;
    for (int i = 0; i < operators - gemms; ++i) {
        const std::string name = "l" + std::to_string(i);
        const auto channels = static_cast<graph::Index>(4 + 4 * static_cast<int>(4 * random.uniform()));
        const bool activation = i > 0 && random.uniform() < 0.25;
        at = activation ? model.relu(name, at) : model.conv(name, at, channels);
    }
    if (gemms > 0) at = model.gemm("fc", at, 16);
    return model.finish({at});
}

void check_brute_force(std::uint64_t first, std::uint64_t count, int most_operators, std::size_t devices) {
    std::size_t plans = 0;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        util::Random random(seed);
        const int operators = 1 + static_cast<int>(seed % static_cast<std::uint64_t>(most_operators));
        const graph::Graph graph = random_chain(random, operators);
        const test::Planning planning(graph, test::random_planning_bed(random, devices));
        const partition::Proposal own = planning.proposal("auto:seeds=off");
        const test::BruteForce best = test::brute_force(planning.problem, own.prediction.latency());
        INFO("seed " << seed << ", " << operators << " operators, " << devices << " devices");
        CHECK(own.prediction.latency().count() <= best.latency.count() * (1 + 1e-9));
        plans += best.plans;
    }
    CHECK(plans > 0);
}

}  // namespace

TEST_CASE("partition: auto alone is as fast as the best of all plans of small chains", "[partition]") {
    check_brute_force(1, 12, 3, 2);
}

TEST_CASE("partition: auto alone is as fast as the best of all plans of up to five operators", "[partition][long]") {
    check_brute_force(120, 20, 5, 2);
    check_brute_force(200, 7, 4, 3);
}

TEST_CASE("partition: auto alone is as fast as the best of all plans of five operators", "[partition][.exhaustive]") {
    check_brute_force(100, 40, 5, 2);
    check_brute_force(200, 20, 4, 3);
}

TEST_CASE("partition: auto is deterministic, and never slower than another strategy", "[partition]") {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        util::Random random(seed);
        const graph::Graph graph = test::random_classifier(random, 4, 2);
        const latency::Bed bed = test::random_planning_bed(random, 3);
        const test::Planning planning(graph, bed);
        partition::Proposals proposals(planning.problem);
        const partition::Proposal found = proposals.of(partition::strategy("auto"));
        INFO("seed " << seed);
        CHECK(found.prediction.latency() <= proposals.fastest().prediction.latency());
        const partition::Proposal alone = proposals.of(partition::choose("auto:seeds=off"));
        CHECK(alone.prediction.latency().count() <= 1.02 * proposals.fastest().prediction.latency().count());
        const test::Planning again(graph, bed);
        CHECK(again.proposal("auto:seeds=off").plan == alone.plan);
    }
}
