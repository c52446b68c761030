#include "partition/explanation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

#include "support/small_models.hpp"
#include "util/error.hpp"

using namespace convoy;
using partition::Problem;

namespace {

/// Devices a, b, ... of these GFLOP/s on links of 100 Mbit/s.
cluster::Cluster devices(const std::vector<double>& gflop_per_s, util::Seconds start_up = util::Seconds(1e-3)) {
    cluster::Cluster cluster;
    for (const double rate : gflop_per_s) {
        cluster::Device device;
        device.name = std::string(1, static_cast<char>('a' + cluster.devices.size()));
        device.rate = util::FlopsPerSecond(1e9 * rate);
        cluster.devices.push_back(device);
    }
    cluster.every = cluster::Link{util::from_mbit_per_s(100), start_up, {}};
    return cluster;
}

graph::Graph chain() {
    test::Model model;
    graph::TensorId at = model.input("x", {1, 16, 64, 64});
    for (int i = 0; i < 4; ++i) at = model.conv("conv" + std::to_string(i), at, 16);
    return model.finish({model.gemm("fc", at, 10)});
}

struct Planned {
    Planned(const graph::Graph& graph, cluster::Cluster cluster)
        : bed(latency::Bed::read(std::move(cluster))), predictor(graph, bed), problem{graph, bed, predictor} {}
    latency::Bed bed;
    cost::Predictor predictor;
    Problem problem;
};

const cost::Remedy* find(const std::vector<cost::Remedy>& remedies, const std::string& change) {
    const auto found = std::find_if(remedies.begin(), remedies.end(), [&](const cost::Remedy& remedy) {
        return remedy.change.find(change) != std::string::npos;
    });
    return found == remedies.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("partition: a plan on one device gains by that device alone", "[partition]") {
    const graph::Graph graph = chain();
    const Planned planned(graph, devices({0.5, 0.25}));
    const partition::Choice local = partition::choose("local");
    const partition::Proposal made = partition::Proposals(planned.problem).of(local);
    const std::vector<cost::Remedy> remedies = partition::remedies(planned.problem, local, made);
    const util::Seconds latency = made.prediction.latency();
    REQUIRE(find(remedies, "rates doubled") != nullptr);
    CHECK(find(remedies, "rates doubled")->same_plan == latency);
    CHECK(find(remedies, "start-ups halved")->replanned == latency);
    CHECK(find(remedies, "busiest device, 'a'")->same_plan->count() == Approx(latency.count() / 2));
    CHECK(find(remedies, "slowest device, 'b'")->same_plan == latency);
    CHECK(find(remedies, "one more device like 'b'")->same_plan == std::nullopt);
    CHECK(find(remedies, "delays") == nullptr);
    CHECK(find(remedies, "memory") == nullptr);
    CHECK(find(remedies, "load") == nullptr);
    CHECK(find(remedies, "medium") == nullptr);
}

TEST_CASE("partition: what helps a shared plan most comes first, and planning anew may gain more", "[partition]") {
    const graph::Graph graph = chain();
    cluster::Cluster cluster = devices({0.5, 0.5, 0.5});
    cluster.medium = cluster::Medium::shared;
    cluster.devices[1].load = 0.5;
    for (cluster::Device& device : cluster.devices) device.memory = util::Bytes(1'000'000'000);
    const Planned planned(graph, cluster);
    const partition::Choice rows = partition::choose("rows");
    const partition::Proposal made = partition::Proposals(planned.problem).of(rows);
    const std::vector<cost::Remedy> remedies = partition::remedies(planned.problem, rows, made);
    for (const char* change : {"rates", "start-ups", "medium", "all devices", "one more device", "load", "memory"}) {
        INFO(change);
        REQUIRE(find(remedies, change) != nullptr);
        REQUIRE(find(remedies, change)->replanned.has_value());
    }
    // Nothing that is better makes the same plan slower.
    for (const cost::Remedy& remedy : remedies) {
        INFO(remedy.change);
        if (remedy.same_plan) CHECK(*remedy.same_plan <= made.prediction.latency() * (1 + 1e-12));
    }
    const auto best = [](const cost::Remedy& remedy) {
        return std::min(remedy.same_plan.value_or(*remedy.replanned), *remedy.replanned);
    };
    CHECK(std::is_sorted(remedies.begin(), remedies.end(),
                         [&](const cost::Remedy& a, const cost::Remedy& b) { return best(a) < best(b); }));
}

TEST_CASE("partition: an explanation's critical path adds up to the latency", "[partition]") {
    const graph::Graph graph = chain();
    const Planned planned(graph, devices({0.5, 0.5, 0.5}));
    for (const char* strategy : {"rows", "oc", "layerwise", "replicate"}) {
        INFO(strategy);
        const cost::Explanation made =
            partition::explanation(planned.problem, {"m", "c", "-"}, partition::choose(strategy));
        util::Seconds sum{};
        for (const cost::PathStep& step : made.prediction.path.steps) {
            sum += step.compute + step.transfer();
            CHECK(step.device < made.devices.size());
            CHECK(step.stage < static_cast<std::int32_t>(made.stages.size()));
        }
        CHECK(sum.count() == Approx(made.prediction.latency().count()));
        CHECK(made.lower_bound <= made.prediction.latency());
    }
}

TEST_CASE("partition: a kept plan is judged on another cluster as it is", "[partition]") {
    const graph::Graph graph = chain();
    const Planned before(graph, devices({0.5, 0.5}));
    const Planned slower(graph, devices({0.5, 0.5}, util::Seconds(0.5)));
    partition::Proposals kept(before.problem);
    const std::vector<partition::Choice> choices = partition::choose(std::vector<std::string>{"rows", "layerwise"});
    const cost::Comparison same = partition::compare(slower.problem, {"m", "c", "-"}, choices, &kept);
    const cost::Comparison anew = partition::compare(slower.problem, {"m", "c", "-"}, choices);
    REQUIRE(same.strategies.size() == 2);
    CHECK(same.strategies[0].messages == static_cast<std::int64_t>(kept.of(choices[0]).prediction.messages));
    CHECK(same.strategies[0].latency > kept.of(choices[0]).prediction.latency());
    CHECK(anew.strategies[1].latency <= same.strategies[1].latency);
    CHECK(same.best_device_latency == anew.best_device_latency);
}

TEST_CASE("partition: a kept plan whose device is gone, or is too small, is left out with the reason", "[partition]") {
    const graph::Graph graph = chain();
    const Planned before(graph, devices({0.5, 0.5}));
    partition::Proposals kept(before.problem);
    const std::vector<partition::Choice> rows = {partition::choose("rows")};
    const Planned alone(graph, devices({0.5}));
    const cost::Comparison gone = partition::compare(alone.problem, {"m", "c", "-"}, rows, &kept);
    CHECK(gone.left_out == std::vector<cost::LeftOut>{{"rows", "its plan has the device 'b'"}});
    cluster::Cluster small = devices({0.5, 0.5});
    small.devices[1].memory = util::Bytes(1000);
    const cost::Comparison full = partition::compare(Planned(graph, small).problem, {"m", "c", "-"}, rows, &kept);
    REQUIRE(full.left_out.size() == 1);
    CHECK_THAT(full.left_out[0].reason, Catch::StartsWith("device 'b' needs "));
}
