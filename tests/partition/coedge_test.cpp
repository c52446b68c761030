#include "partition/coedge.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "scene.hpp"
#include "support/random_graph.hpp"
#include "util/error.hpp"

using namespace convoy;
using partition::detail::row_shares;
using partition::detail::RowCosts;
using test::kMbit;
using test::Scene;
using util::Joules;
using util::Seconds;

namespace {

RowCosts costs(double compute, double fixed = 0, double joules = 0) {
    RowCosts costs;
    costs.compute = Seconds(compute);
    costs.fixed = Seconds(fixed);
    costs.energy = Joules(joules);
    return costs;
}

/// Rows of each device of the plan in its first stage.
std::vector<graph::Index> rows_of(const plan::Plan& plan, std::size_t stage = 0) {
    std::vector<graph::Index> rows;
    for (const plan::Share& share : plan.routes.front().stages[stage].shares) {
        rows.push_back(share.pieces.front().box[graph::Axis::h].size());
    }
    return rows;
}

latency::Bed powered(const std::vector<double>& rates, const std::vector<double>& watts, const cluster::Link& link) {
    cluster::Cluster cluster = test::bed(rates, link).cluster();
    std::vector<latency::DeviceModel> models;
    for (std::size_t i = 0; i < rates.size(); ++i) {
        cluster.devices[i].power = cluster::Power{util::Watts(0), util::Watts(watts[i]), util::Watts(0)};
        models.push_back(test::linear_model(rates[i]));
    }
    return {std::move(cluster), std::move(models)};
}

}  // namespace

TEST_CASE("partition: coedge's shares are inversely proportional to the times for all rows", "[partition]") {
    const auto shares = row_shares({costs(1), costs(2), costs(4)}, {});
    REQUIRE(shares);
    CHECK((*shares)[0] == Approx(4.0 / 7));
    CHECK((*shares)[1] == Approx(2.0 / 7));
    CHECK((*shares)[2] == Approx(1.0 / 7));
}

TEST_CASE("partition: coedge gives less to a device that waits for halos", "[partition]") {
    // 1 a + 0.2 = 1 (1 - a): a = 0.4
    const auto shares = row_shares({costs(1, 0.2), costs(1)}, {});
    REQUIRE(shares);
    CHECK((*shares)[0] == Approx(0.4));
    CHECK((*shares)[1] == Approx(0.6));
}

TEST_CASE("partition: coedge's energy fills the thriftiest devices up to the deadline", "[partition]") {
    const std::vector<RowCosts> devices{costs(1, 0, 5), costs(2, 0, 1), costs(4, 0, 3)};
    const auto shares = row_shares(devices, {Seconds(0.8)});
    REQUIRE(shares);
    CHECK((*shares)[1] == Approx(0.4));                // 1 J for all rows, 0.8 s of 2 s
    CHECK((*shares)[2] == Approx(0.2));                // 3 J
    CHECK((*shares)[0] == Approx(0.4));                // the rest
    CHECK_FALSE(row_shares(devices, {Seconds(0.5)}));  // 0.5 + 0.25 + 0.125 of the rows at most
}

TEST_CASE("partition: coedge's shares are as good as any", "[partition]") {
    util::Random random(3);
    constexpr int kSteps = 20;
    for (int round = 0; round < 20; ++round) {
        std::vector<RowCosts> devices;
        for (int i = 0; i < 3; ++i) {
            devices.push_back(costs(0.5 + random.uniform(), 0.1 * random.uniform(), random.uniform()));
            devices.back().most = 0.4 + 0.6 * random.uniform();
        }
        const auto slowest = [&](const std::vector<double>& shares) {
            Seconds time{};
            for (std::size_t i = 0; i < 3; ++i)
                time = std::max(time, shares[i] * devices[i].compute + devices[i].fixed);
            return time.count();
        };
        const auto joules = [&](const std::vector<double>& shares) {
            double sum = 0;
            for (std::size_t i = 0; i < 3; ++i) sum += shares[i] * devices[i].energy.value;
            return sum;
        };
        const auto fastest = row_shares(devices, {});
        REQUIRE(fastest);
        const Seconds deadline(1.2 * slowest(*fastest));
        const auto thriftiest = row_shares(devices, {deadline});
        REQUIRE(thriftiest);
        CHECK(slowest(*thriftiest) <= deadline.count() * (1 + 1e-6));
        for (int a = 0; a <= kSteps; ++a) {
            for (int b = 0; a + b <= kSteps; ++b) {
                const std::vector<double> shares{1.0 * a / kSteps, 1.0 * b / kSteps, 1.0 * (kSteps - a - b) / kSteps};
                bool allowed = true;
                for (std::size_t i = 0; i < 3; ++i) allowed = allowed && shares[i] <= devices[i].most;
                if (!allowed) continue;
                CHECK(slowest(*fastest) <= slowest(shares) + 1e-6);
                if (slowest(shares) <= deadline.count()) CHECK(joules(*thriftiest) <= joules(shares) + 1e-6);
            }
        }
    }
}

TEST_CASE("partition: memory limits coedge's shares", "[partition]") {
    std::vector<RowCosts> devices{costs(1), costs(1)};
    devices[0].most = 0.25;
    const auto shares = row_shares(devices, {});
    REQUIRE(shares);
    CHECK((*shares)[0] == Approx(0.25));
    devices[1].most = 0.5;
    CHECK_FALSE(row_shares(devices, {}));
}

TEST_CASE("partition: a share has a halo's height in every layer, and a row of every map", "[partition]") {
    test::Model model;
    const graph::TensorId x = model.input("x", {1, 4, 20, 20});
    const graph::Graph graph = model.finish({model.conv("five", model.conv("three", x, 4), 4, 5)});
    Scene scene(graph, test::bed({1e9, 1e9}, test::fast_link()));
    const auto units = partition::detail::layer_units(scene.graph, {true, false});
    REQUIRE(units.size() == 2);
    CHECK(partition::detail::halo_of(scene.graph, units[0])->rows == 2);
    CHECK(partition::detail::halo_of(scene.graph, units[1])->rows == 4);
    CHECK(partition::detail::least_share(scene.graph, units) == Approx(2.0 / 20));
}

TEST_CASE("partition: coedge cuts all layers in one proportion, by capability", "[partition]") {
    const Scene scene(test::conv_chain(3, 8, 40), test::bed({3e6, 1e6}, test::fast_link(100000)));
    const partition::Proposal found = scene.plan("coedge");
    const auto& stages = found.plan.routes.front().stages;
    REQUIRE(stages.size() == 4);
    for (std::size_t stage = 0; stage < 3; ++stage) {
        CHECK(rows_of(found.plan, stage) == std::vector<graph::Index>{30, 10});
    }
    CHECK(stages.back().shares.size() == 1);
}

TEST_CASE("partition: coedge leaves out devices whose share is below a halo", "[partition]") {
    const Scene scene(test::conv_chain(3, 8, 10), test::bed({1e6, 1e6, 1e4}, test::fast_link(100000)));
    const partition::Proposal found = scene.plan("coedge");
    CHECK(rows_of(found.plan) == std::vector<graph::Index>{5, 5});
    const Scene many(test::conv_chain(3, 8, 10), test::bed(std::vector<double>(15, 1e6), test::fast_link(100000)));
    CHECK(rows_of(many.plan("coedge").plan) == std::vector<graph::Index>(10, 1));
}

TEST_CASE("partition: coedge within a deadline uses less energy the later it is", "[partition]") {
    const latency::Bed bed = powered({1e7, 1e7, 1e7}, {10, 1, 5}, test::fast_link());
    const Scene scene(test::conv_chain(3, 8, 40), bed);
    const Seconds fastest = scene.plan("coedge").prediction.latency();
    double before = 1e9;
    for (const double factor : {1.1, 1.5, 2.0, 3.5}) {
        const std::string text = fmt::format("coedge:objective=energy,deadline_ms={}", 1e3 * factor * fastest.count());
        const partition::Proposal found = scene.plan(text);
        INFO(text);
        REQUIRE(found.prediction.energy);
        CHECK(found.prediction.latency() <= factor * fastest * (1 + 1e-9));
        CHECK(found.prediction.energy->value <= before * (1 + 1e-9));
        before = found.prediction.energy->value;
    }
    CHECK_THROWS_WITH(scene.plan("coedge:objective=energy,deadline_ms=1"),
                      Catch::Contains("no shares of rows keep to 1 ms"));
    CHECK_NOTHROW(scene.plan("coedge:objective=energy"));  // no later than the source alone
    const Scene unknown(test::conv_chain(3), test::bed({1e7, 1e7}, test::fast_link()));
    CHECK_THROWS_WITH(unknown.plan("coedge:objective=energy"), "the energy of 'a' cannot be predicted");
}

TEST_CASE("partition: coedge gives a device as many rows as its memory holds", "[partition]") {
    cluster::Cluster cluster = test::bed({1e7, 1e7}, test::fast_link()).cluster();
    const std::vector<latency::DeviceModel> models{test::linear_model(1e7), test::linear_model(1e7)};
    const auto convolutions = [] {
        test::Model model;
        graph::TensorId at = model.input("x", {1, 16, 128, 128});
        for (const char* name : {"one", "two", "three"}) at = model.conv(name, at, 16);
        return model.finish({at});
    };
    const Scene free(convolutions(), {cluster, models});
    const partition::Proposal all = free.plan("coedge");
    REQUIRE(rows_of(all.plan) == std::vector<graph::Index>{64, 64});
    cluster.devices[1].memory = util::Bytes(all.prediction.peak_memory[1].value * 8 / 10);
    const Scene tight(convolutions(), {cluster, models});
    const partition::Proposal fits = tight.plan("coedge");
    CHECK(rows_of(fits.plan)[1] < 64);
    CHECK(fits.prediction.peak_memory[1] <= *cluster.devices[1].memory);
}
