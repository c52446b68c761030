#include <catch2/catch.hpp>

#include "cost/bound.hpp"
#include "latency/fit.hpp"
#include "partition/codecs.hpp"
#include "partition/proposals.hpp"
#include "planning.hpp"
#include "util/error.hpp"

using namespace convoy;

namespace {

/// As the clusters of the examples, whose devices have rates only.
latency::Bed example(const std::string& name, std::optional<double> start_up_ms = std::nullopt) {
    const std::string path = std::string(CONVOY_TEST_DATA "/../../examples/clusters/") + name + ".yaml";
    cluster::Cluster cluster = latency::read_cluster(util::FileView::open(path));
    if (start_up_ms && cluster.every) cluster.every->start_up = util::from_milliseconds(*start_up_ms);
    return latency::Bed::read(std::move(cluster));
}

/// What convolutions take that reach half of their rate with 24 output channels, and a quarter with 2 rows: no sum of
/// features says so, and a learnt correction does.
latency::DeviceModel corrected_model(const std::string& algorithm) {
    samples::Profile profile;
    profile.context.device = "a";
    int layer = 0;
    for (const graph::Index channels : {4, 16, 64, 256}) {
        for (const graph::Index outputs : {4, 16, 64, 256}) {
            for (const graph::Index size : {7, 14, 28, 56}) {
                const samples::WorkShape work = test::convolution_work(channels, outputs, size);
                const auto width = static_cast<double>(outputs);
                const auto rows = static_cast<double>(size);
                const double rate = 2e10 * width / (width + 24) * rows / (rows + 6);
                profile.layers.push_back(
                    test::layer_sample("conv" + std::to_string(layer++), work, 0, 1e-5 + work.flops.value / rate));
            }
        }
    }
    return latency::fit(std::vector{profile}, {latency::FeatureSet::all, algorithm, 1}).model;
}

/// Every strategy's plan is at least as long as the bound. @return the best plan's latency over the bound
double closest_plan(const graph::Graph& graph, const latency::Bed& bed, double accuracy_budget = 0) {
    const test::Planning planning(graph, bed);
    partition::Problem problem = planning.problem;
    problem.accuracy_budget = accuracy_budget;
    const double bound = cost::lower_bound(graph, bed, partition::detail::shortest_coding(accuracy_budget)).count();
    REQUIRE(bound > 0);
    partition::Proposals proposals(problem);
    double closest = std::numeric_limits<double>::infinity();
    for (const partition::Choice& choice : partition::all_choices()) {
        try {
            const double latency = proposals.of(choice).prediction.latency().count();
            INFO(choice.name());
            CHECK(latency >= bound);
            closest = std::min(closest, latency / bound);
        } catch (const util::Error& error) {
            CHECK(error.code() == util::Errc::impossible);
        }
    }
    return closest;
}

}  // namespace

TEST_CASE("partition: no plan of any strategy is below the lower bound", "[partition]") {
    for (const char* model : {"lenet5", "alexnet"}) {
        const graph::Graph graph = test::zoo_graph(model);
        for (const char* cluster : {"A", "B", "C", "D", "P"}) {
            INFO(model << " on " << cluster);
            CHECK(closest_plan(graph, example(cluster)) < 8);
        }
    }
}

TEST_CASE("partition: no plan that sends fewer bytes is below the lower bound", "[partition]") {
    const graph::Graph graph = test::zoo_graph("lenet5");
    for (const char* cluster : {"B", "C"}) {
        for (const double accuracy_budget : {0.001, 0.01}) {
            INFO("on " << cluster << " with an accuracy budget of " << accuracy_budget);
            closest_plan(graph, example(cluster), accuracy_budget);
        }
    }
}

TEST_CASE("partition: no plan of any strategy for the zoo is below the lower bound", "[partition][long]") {
    const std::vector<const char*> clusters{"A", "A1000", "B", "C", "D", "P"};
    std::size_t turn = 0;
    for (const zoo::Entry& entry : zoo::models()) {
        const char* cluster = clusters[turn++ % clusters.size()];
        INFO(entry.name << " on " << cluster);
        closest_plan(test::zoo_graph(entry.name), example(cluster));
    }
}

TEST_CASE("partition: no plan of any strategy for the zoo is below the lower bound on any cluster",
          "[partition][.exhaustive]") {
    for (const zoo::Entry& entry : zoo::models()) {
        const graph::Graph graph = test::zoo_graph(entry.name);
        for (const char* cluster : {"A", "A1000", "B", "C", "D", "P"}) {
            INFO(entry.name << " on " << cluster);
            closest_plan(graph, example(cluster));
        }
        for (const double start_up_ms : {0.1, 80.0}) {
            INFO(entry.name << " on A with messages that take " << start_up_ms << " ms to start");
            closest_plan(graph, example("A", start_up_ms));
        }
    }
}

TEST_CASE("partition: the lower bound stays close where latency models are corrected by what was learnt",
          "[partition][long]") {
    const graph::Graph graph = test::zoo_graph("resnet18");
    for (const char* algorithm : {"ridge", "k_nearest", "support_vector", "boosted_trees", "neural_net"}) {
        INFO(algorithm);
        cluster::Cluster cluster = example("P").cluster();
        std::vector<latency::DeviceModel> models(cluster.devices.size(), corrected_model(algorithm));
        for (cluster::Device& device : cluster.devices) device.rate.reset();
        CHECK(closest_plan(graph, {std::move(cluster), std::move(models)}) < 7);
    }
}
