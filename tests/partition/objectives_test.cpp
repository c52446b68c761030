#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "partition/proposals.hpp"
#include "planning.hpp"
#include "util/error.hpp"

using namespace convoy;

namespace {

graph::Graph small_classifier() {
    util::Random random(3);
    return test::random_classifier(random, 5, 1);
}

/// Devices of 1, 4 and 4 MFLOP/s; the fast ones need ten times the power.
latency::Bed powered_bed() {
    const latency::Bed plain = test::bed({1e6, 4e6, 4e6}, {util::BytesPerSecond(20 * test::kMbit), {}, {}});
    cluster::Cluster cluster = plain.cluster();
    std::vector<latency::DeviceModel> models;
    for (std::size_t d = 0; d < cluster.devices.size(); ++d) {
        cluster.devices[d].power = cluster::Power{util::Watts(0), util::Watts(d == 0 ? 1 : 40), util::Watts(1)};
        models.push_back(plain.model(d));
    }
    return {std::move(cluster), std::move(models)};
}

util::Bytes largest_peak(const partition::Proposal& proposal) {
    return *std::max_element(proposal.prediction.peak_memory.begin(), proposal.prediction.peak_memory.end());
}

partition::Proposal search(const test::Planning& planning, partition::Objective objective,
                           const std::string& choice = "auto") {
    partition::Problem problem = planning.problem;
    problem.objective = objective;
    return partition::Proposals(problem).of(partition::choose(choice));
}

}  // namespace

TEST_CASE("partition: auto is never worse than another strategy, whatever the objective", "[partition]") {
    const graph::Graph graph = small_classifier();
    const test::Planning planning(graph, powered_bed());
    const partition::Proposal throughput = search(planning, partition::Objective::throughput);
    const partition::Proposal memory = search(planning, partition::Objective::memory);
    const partition::Proposal energy = search(planning, partition::Objective::energy);
    partition::Proposals proposals(planning.problem);
    for (const partition::Strategy& strategy : partition::strategies()) {
        INFO(strategy.name);
        try {
            const partition::Proposal& other = proposals.of(strategy);
            CHECK(throughput.prediction.throughput_per_s >= other.prediction.throughput_per_s);
            CHECK(largest_peak(memory) <= largest_peak(other));
            CHECK(energy.prediction.energy.value() <= other.prediction.energy.value());
        } catch (const util::Error& error) {
            CHECK(error.code() == util::Errc::impossible);
        }
    }
}

TEST_CASE("partition: auto alone finds plans of less memory or energy than the fastest one's", "[partition]") {
    const graph::Graph graph = small_classifier();
    const test::Planning planning(graph, powered_bed());
    const partition::Proposal fastest = search(planning, partition::Objective::latency, "auto:seeds=off");
    CHECK(largest_peak(search(planning, partition::Objective::memory, "auto:seeds=off")) < largest_peak(fastest));
    const partition::Proposal energy = search(planning, partition::Objective::energy, "auto:seeds=off");
    CHECK(energy.prediction.energy.value() < fastest.prediction.energy.value());
    CHECK(energy.prediction.latency() > fastest.prediction.latency());
}

TEST_CASE("partition: auto keeps to a deadline, or says how long the fastest plan takes", "[partition]") {
    const graph::Graph graph = small_classifier();
    const test::Planning planning(graph, powered_bed());
    const util::Seconds fastest = search(planning, partition::Objective::latency).prediction.latency();
    const util::Seconds frugal = search(planning, partition::Objective::energy).prediction.latency();
    partition::Problem problem = planning.problem;
    problem.objective = partition::Objective::energy;
    problem.deadline = 0.5 * (fastest + frugal);
    CHECK(partition::Proposals(problem).of(partition::strategy("auto")).prediction.latency() <= *problem.deadline);
    problem.deadline = 0.5 * fastest;
    CHECK_THROWS_WITH(partition::Proposals(problem).of(partition::strategy("auto")),
                      Catch::Contains("no plan keeps to") && Catch::Contains("the fastest one takes"));
}

TEST_CASE("partition: auto needs all powers for the least energy", "[partition]") {
    const graph::Graph graph = small_classifier();
    const test::Planning planning(graph, test::bed({1e6, 1e6}, {util::BytesPerSecond(100 * test::kMbit), {}, {}}));
    CHECK_THROWS_WITH(search(planning, partition::Objective::energy), "energy needs the power_w of every device");
}

TEST_CASE("partition: auto stops with the best plan so far when it is told to", "[partition]") {
    const graph::Graph graph = small_classifier();
    const test::Planning planning(graph, powered_bed());
    partition::Problem problem = planning.problem;
    std::vector<double> told;
    problem.go_on = [&](double done) {
        told.push_back(done);
        return told.size() < 30;
    };
    const partition::Proposal cut_short = partition::Proposals(problem).of(partition::strategy("auto"));
    CHECK(told.size() < 60);  // each loop that ends asks once more
    CHECK(std::is_sorted(told.begin(), told.end()));
    CHECK(told.back() <= 1);
    CHECK(cut_short.prediction.latency() >= search(planning, partition::Objective::latency).prediction.latency());
}

TEST_CASE("partition: auto gives no more devices something to compute than it may", "[partition]") {
    const graph::Graph graph = small_classifier();
    const test::Planning planning(
        graph, test::bed({1e6, 1e6, 1e6, 1e6, 1e6}, {util::BytesPerSecond(100 * test::kMbit), {}, {}}));
    partition::Problem problem = planning.problem;
    problem.most_devices = 2;
    for (const char* choice : {"auto", "auto:seeds=off"}) {
        const partition::Proposal two = partition::Proposals(problem).of(partition::choose(choice));
        CHECK(two.plan.devices.size() == 2);
    }
}

TEST_CASE("partition: auto sends values in fewer bytes within an accuracy budget", "[partition]") {
    const graph::Graph graph = small_classifier();
    const test::Planning planning(graph, test::bed({1e6, 4e6}, {util::BytesPerSecond(test::kMbit), {}, {}}));
    partition::Problem problem = planning.problem;
    const auto codecs_of = [&](double budget) {
        problem.accuracy_budget = budget;
        const plan::Plan plan = partition::Proposals(problem).of(partition::strategy("auto")).plan;
        std::set<wire::Codec> codecs;
        for (const auto& [tensor, codec] : plan.wire) codecs.insert(codec);
        for (const plan::Stage& stage : plan.routes.front().stages) {
            for (const auto& [tensor, codec] : stage.wire) codecs.insert(codec);
        }
        return codecs;
    };
    const auto latency = [&] {
        return partition::Proposals(problem).of(partition::strategy("auto")).prediction.latency();
    };
    CHECK(codecs_of(0.0001).empty());
    const util::Seconds exact = latency();
    CHECK(codecs_of(0.001) == std::set{wire::Codec::fp16});
    const util::Seconds half = latency();
    CHECK(half < exact);
    CHECK(codecs_of(0.01).count(wire::Codec::int8) == 1);
    CHECK(latency() < half);
}
