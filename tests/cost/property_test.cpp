#include <catch2/catch.hpp>
#include <cmath>

#include "beds.hpp"
#include "cost/bound.hpp"
#include "cost/predictor.hpp"
#include "latency/correction.hpp"
#include "latency/features.hpp"
#include "support/random_graph.hpp"
#include "support/random_plan.hpp"

using namespace convoy;
using util::Random;

namespace {

double log_uniform(Random& random, double low, double high) { return low * std::pow(high / low, random.uniform()); }

/// A model's algorithm and correction: factors that depend on the shape.
struct Corrected {
    std::string algorithm;
    latency::Correction correction;
};

/// Factors from 0.5 to 2 for samples of random shapes, learnt by each algorithm several times.
std::vector<Corrected> learnt_corrections() {
    Random random(77);
    std::vector<Corrected> learnt;
    for (const latency::Algorithm& algorithm : latency::algorithms()) {
        for (int i = 0; algorithm.corrects && i < 3; ++i) {
            std::vector<std::string> names{"log_flops"};
            for (const latency::Feature& feature : latency::shape_features()) {
                if (feature.name != names.front() && random.chance(0.7)) names.emplace_back(feature.name);
            }
            std::vector<std::vector<double>> rows(30);
            std::vector<double> factors;
            for (auto& row : rows) {
                for (const std::string& name : names) row.push_back((name == "load" ? 0.5 : 9) * random.uniform());
                factors.push_back(1.4 * random.uniform() - 0.7);
            }
            learnt.push_back({algorithm.name, latency::fit_correction(algorithm, names, rows, factors)});
        }
    }
    return learnt;
}

void correct(Random& random, latency::OperatorModel& model) {
    static const std::vector<Corrected> learnt = learnt_corrections();
    const Corrected& chosen = learnt[static_cast<std::size_t>(random.integer(0, static_cast<int>(learnt.size()) - 1))];
    model.algorithm = chosen.algorithm;
    model.correction = chosen.correction;
}

/// Any features, with coefficients that make small graphs take from microseconds to milliseconds.
latency::OperatorModel random_operator(Random& random, const std::string& type) {
    latency::OperatorModel model;
    model.type = type;
    model.threads = static_cast<int>(random.integer(1, 2));
    model.algorithm = "least_squares";
    for (const latency::Feature& feature : latency::features()) {
        if (random.chance(0.3)) continue;
        model.features.emplace_back(feature.name);
        const bool constant = std::string(feature.name) == "one";
        model.parameters.push_back(constant ? log_uniform(random, 1e-6, 1e-4) : log_uniform(random, 1e-10, 1e-7));
    }
    if (model.features.empty()) return random_operator(random, type);
    if (random.chance(0.3)) correct(random, model);
    return model;
}

latency::DeviceModel random_model(Random& random) {
    if (random.chance(0.2)) return latency::DeviceModel::of_rate(util::FlopsPerSecond(log_uniform(random, 1e7, 1e10)));
    latency::DeviceModel::Parts parts;
    parts.piece_overhead = util::Seconds(random.chance(0.5) ? 0 : log_uniform(random, 1e-7, 1e-5));
    for (const char* type : {"convolution", "depthwise_convolution", "max_pool", "gemm", "add", "relu", "concat"}) {
        if (random.chance(0.6)) parts.operators.push_back(random_operator(random, type));
    }
    parts.operators.push_back(random_operator(random, "average_pool"));
    return latency::DeviceModel(std::move(parts));
}

cluster::Link random_link(Random& random) {
    const auto some = [&] { return random.chance(0.3) ? 0 : log_uniform(random, 1e-7, 1e-3); };
    const double start_up = some();
    return test::link_of(log_uniform(random, 1e6, 1e10), start_up, some());
}

/// As many devices as the plan has, with its source and sink, and perhaps more.
latency::Bed random_bed(Random& random, const plan::Plan& plan) {
    const std::size_t devices = plan.devices.size() + (random.chance(0.3) ? 1 : 0);
    cluster::Cluster cluster = test::cluster_of(devices, random_link(random));
    if (random.chance(0.4)) cluster.medium = cluster::Medium::shared;
    cluster.source = plan::index(plan.source);
    cluster.sink = plan::index(plan.sink);
    std::vector<latency::DeviceModel> models;
    const latency::DeviceModel common = random_model(random);
    const bool alike = random.chance(0.5);
    for (std::size_t d = 0; d < devices; ++d) {
        cluster.devices[d].speed = random.chance(0.5) ? 1 : log_uniform(random, 0.1, 10);
        cluster.devices[d].load = random.chance(0.5) ? 0 : 0.5;
        models.push_back(alike ? common : random_model(random));
        if (d > 0 && random.chance(0.3)) cluster.pairs.push_back({0, d, random_link(random), ""});
    }
    return {std::move(cluster), std::move(models)};
}

struct Case {
    graph::Graph graph;
    plan::Plan plan;
    latency::Bed bed;
};

Case random_case(Random& random, int most_devices = 4) {
    graph::Graph graph = test::random_graph(random);
    test::RandomPlanOptions options;
    options.most_devices = most_devices;
    plan::Plan plan = test::random_plan(graph, random, options);
    latency::Bed bed = random_bed(random, plan);
    return {std::move(graph), std::move(plan), std::move(bed)};
}

cost::Prediction predict(const Case& made, const latency::Bed& bed) {
    return cost::predict(made.plan, plan::Compiled(made.plan, made.graph), made.graph, bed);
}

std::string describe(const Case& made) {
    return test::describe(made.graph) + "\n" + test::describe(made.plan, made.graph);
}

latency::Bed changed(const latency::Bed& bed, const std::function<void(cluster::Cluster&)>& change) {
    cluster::Cluster cluster = bed.cluster();
    change(cluster);
    std::vector<latency::DeviceModel> models;
    for (std::size_t d = 0; d < cluster.devices.size(); ++d) models.push_back(bed.model(d));
    return {std::move(cluster), std::move(models)};
}

/// Changes every link, the default and the listed ones.
void change_links(cluster::Cluster& cluster, const std::function<void(cluster::Link&)>& change) {
    change(*cluster.every);
    for (cluster::Pair& pair : cluster.pairs) change(pair.link);
}

constexpr double kRounding = 1 + 1e-9;

}  // namespace

TEST_CASE("cost: no random plan on a random bed is below the lower bound", "[cost]") {
    double closest = 1e300;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        Random random(seed);
        const Case made = random_case(random);
        constexpr double kInt8 = 0.25;
        const double bound = cost::lower_bound(made.graph, made.bed, kInt8).count();
        const double latency = predict(made, made.bed).latency().count();
        if (bound > 0) closest = std::min(closest, latency / bound);
        if (bound > latency) {
            INFO("seed " << seed << "\n" << describe(made));
            CHECK(bound <= latency);
        }
        if (seed % 10 == 0) CHECK(bound > 0);
    }
    CHECK(closest < 1.5);  // else the bound would say little
}

TEST_CASE("cost: predictions are deterministic and consistent with the plan", "[cost]") {
    for (std::uint64_t seed = 1000; seed < 1100; ++seed) {
        Random random(seed);
        const Case made = random_case(random);
        INFO("seed " << seed << "\n" << describe(made));
        const plan::Compiled compiled(made.plan, made.graph);
        cost::Predictor predictor(made.graph, made.bed);
        const cost::Prediction first = predictor.predict(made.plan, compiled);
        const cost::Prediction again = predictor.predict(made.plan, compiled);
        CHECK(first.timeline == again.timeline);
        CHECK(first.timeline == predict(made, made.bed).timeline);
        CHECK(first.throughput_per_s == again.throughput_per_s);

        util::Bytes bytes;
        for (const plan::Message& message : compiled.messages(plan::route_of(made.plan, 0))) bytes += message.payload;
        CHECK(first.bytes == bytes);
        CHECK(first.rounds <= first.messages);
        CHECK((first.rounds == 0) == (first.messages == 0));
        CHECK(first.redundant.value >= 0);
        CHECK(first.redundant.value <= first.flops.value);
        const double path = (first.path.compute + first.path.transfer()).count();
        double steps = 0;
        for (const cost::PathStep& step : first.path.steps) steps += (step.compute + step.transfer()).count();
        CHECK(steps == Approx(path));
        CHECK(path == Approx(first.latency().count()).epsilon(1e-9).margin(1e-15));
        for (const samples::Span& span : first.timeline.spans) CHECK(span.begin <= span.end);
        for (const samples::Transfer& transfer : first.timeline.transfers) CHECK(transfer.begin < transfer.end);
    }
}

TEST_CASE("cost: no device works more than all of the time", "[cost]") {
    for (std::uint64_t seed = 2000; seed < 2060; ++seed) {
        Random random(seed);
        const Case made = random_case(random);
        INFO("seed " << seed << "\n" << describe(made));
        const cost::Prediction prediction = predict(made, made.bed);
        // Frames in flight at the window's begin have done a part of their work before it.
        for (const util::Seconds compute : prediction.compute) {
            CHECK(compute.count() * prediction.throughput_per_s < 1.5 * kRounding);
        }
        if (made.plan.routes.size() == 1 && made.plan.in_flight == 1) {
            CHECK(prediction.latency().count() * prediction.throughput_per_s <= kRounding);
        }
    }
}

TEST_CASE("cost: times twice as long everywhere make the latency twice as long", "[cost]") {
    for (std::uint64_t seed = 3000; seed < 3060; ++seed) {
        Random random(seed);
        const Case made = random_case(random);
        INFO("seed " << seed << "\n" << describe(made));
        const latency::Bed slow = changed(made.bed, [](cluster::Cluster& cluster) {
            for (cluster::Device& device : cluster.devices) device.speed /= 2;
            change_links(cluster, [](cluster::Link& link) {
                link = test::link_of(link.rate.value / 2, 2 * link.start_up.count(), 2 * link.delay.count());
            });
        });
        CHECK(predict(made, slow).latency().count() == Approx(2 * predict(made, made.bed).latency().count()));
    }
}

TEST_CASE("cost: between two devices the latency never falls when a device or a link slows", "[cost]") {
    // Two devices meet no choice: every interface carries its messages in the order of one program. Where several
    // messages compete for an interface, a slower one may let a more urgent one pass, as in any schedule by lists.
    const std::function<void(cluster::Cluster&)> changes[] = {
        [](cluster::Cluster& cluster) { cluster.devices[0].speed *= 0.6; },
        [](cluster::Cluster& cluster) { cluster.devices[1].load = 0.8; },
        [](cluster::Cluster& cluster) {
            change_links(cluster, [](cluster::Link& link) { link.rate = link.rate * 0.3; });
        },
        [](cluster::Cluster& cluster) {
            change_links(cluster, [](cluster::Link& link) { link.start_up += util::Seconds(1e-4); });
        },
        [](cluster::Cluster& cluster) {
            change_links(cluster, [](cluster::Link& link) { link.delay += util::Seconds(1e-4); });
        },
    };
    int slower = 0;
    for (std::uint64_t seed = 4000; seed < 4200; ++seed) {
        Random random(seed);
        const Case made = random_case(random, 2);
        if (made.bed.cluster().devices.size() != 2 || made.plan.devices.size() != 2) continue;
        const latency::Bed bed =
            changed(made.bed, [](cluster::Cluster& cluster) { cluster.medium = cluster::Medium::switched; });
        const double before = predict(made, bed).latency().count();
        for (const auto& change : changes) {
            INFO("seed " << seed << "\n" << describe(made));
            const double after = predict(made, changed(bed, change)).latency().count();
            CHECK(after * kRounding >= before);
            slower += after > before * kRounding ? 1 : 0;
        }
    }
    CHECK(slower > 100);
}
