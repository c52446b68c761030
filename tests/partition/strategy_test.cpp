#include "partition/proposals.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <map>

#include "cost/bound.hpp"
#include "support/program_executor.hpp"
#include "support/random_graph.hpp"
#include "support/random_plan.hpp"
#include "support/small_models.hpp"
#include "support/synthetic.hpp"
#include "util/error.hpp"

using namespace convoy;
using partition::Problem;

namespace {

constexpr double kMbit = 1e6 / 8;

/// A strategy's plan for a graph on a bed; keeps what the problem refers to.
struct Planned {
    Planned(const std::string& strategy, const graph::Graph& graph, latency::Bed on,
            std::optional<std::size_t> least_devices = std::nullopt)
        : bed(std::move(on)),
          predictor(graph, bed),
          problem{.graph = graph, .bed = bed, .predictor = predictor, .least_devices = least_devices},
          proposal(partition::evaluate(problem, partition::strategy(strategy).make(problem))) {}

    [[nodiscard]] const std::vector<plan::Stage>& stages() const { return proposal.plan.routes.front().stages; }

    latency::Bed bed;
    cost::Predictor predictor;
    Problem problem;
    partition::Proposal proposal;
};

std::string refusal(const std::string& strategy, const graph::Graph& graph, const latency::Bed& bed) {
    try {
        const Planned planned(strategy, graph, bed);
        return "a plan";
    } catch (const util::Error& error) {
        REQUIRE(error.code() == util::Errc::impossible);
        return error.message();
    }
}

/// Convolutions of 8 channels on 32 x 32, then two fully connected layers.
graph::Graph chain(int convolutions) {
    test::Model model;
    graph::TensorId at = model.input("x", {1, 8, 32, 32});
    for (int i = 0; i < convolutions; ++i) at = model.conv("conv" + std::to_string(i), at, 8);
    return model.finish({model.gemm("fc", at, 10)});
}

std::size_t split_stages(const plan::Plan& plan) {
    const auto& stages = plan.routes.front().stages;
    return static_cast<std::size_t>(
        std::count_if(stages.begin(), stages.end(), [](const plan::Stage& stage) { return stage.shares.size() > 1; }));
}

std::string complaints_about(const plan::Plan& plan, const graph::Graph& graph, util::Random& random) {
    const test::Deployment deployment(plan, graph);
    std::string text;
    for (const std::string& complaint : test::execute(deployment, 2, random)) text += complaint + "\n";
    for (const std::string& complaint : test::inspect_moves(deployment)) text += complaint + "\n";
    return text;
}

/// Axes along which some stage is cut among devices: "h", "w", "hw" or "".
std::string cut_along(const plan::Plan& plan, const graph::Graph& graph) {
    bool h = false;
    bool w = false;
    for (const plan::Stage& stage : plan.routes.front().stages) {
        const graph::Box& full = graph.tensor(graph.op(stage.last).outputs.front()).full;
        for (const plan::Share& share : stage.shares) {
            for (const plan::Piece& piece : share.pieces) {
                h = h || piece.box[graph::Axis::h] != full[graph::Axis::h];
                w = w || piece.box[graph::Axis::w] != full[graph::Axis::w];
            }
        }
    }
    return std::string(h ? "h" : "") + (w ? "w" : "");
}

/// Random devices on random links for a random graph.
latency::Bed random_bed(std::uint64_t seed, util::Random& random) {
    std::vector<double> rates;
    for (std::uint64_t device = 0; device < 1 + seed % 4; ++device) rates.push_back(1e6 * (1 + 9 * random.uniform()));
    const cluster::Link link{util::BytesPerSecond(kMbit * (1 + 99 * random.uniform())), util::Seconds(1e-4), {}};
    return test::bed(rates, link, seed % 3 == 0 ? cluster::Medium::shared : cluster::Medium::switched);
}

/// What holds for every strategy's plan; nothing when there is none.
std::optional<util::Seconds> check_strategy(const Problem& problem, const partition::Strategy& strategy,
                                            util::Random& random) {
    static const std::map<std::string_view, std::string> kAxes{{"rows", "h"}, {"cols", "w"}, {"grid", "hw"}};
    INFO(strategy.name);
    try {
        const partition::Proposal proposal = partition::evaluate(problem, strategy.make(problem));
        INFO(test::describe(proposal.plan, problem.graph));
        CHECK(complaints_about(proposal.plan, problem.graph, random) == "");
        CHECK(proposal.prediction.latency() >= cost::lower_bound(problem.graph, problem.bed) * (1 - 1e-9));
        if (const auto axes = kAxes.find(strategy.name); axes != kAxes.end()) {
            CHECK(split_stages(proposal.plan) > 0);
            CHECK(cut_along(proposal.plan, problem.graph) == axes->second);
        }
        return proposal.prediction.latency();
    } catch (const util::Error& error) {
        INFO(error.what());
        CHECK(error.code() == util::Errc::impossible);
        const std::array always{"local", "layerwise", "auto"};
        CHECK(std::find(always.begin(), always.end(), strategy.name) == always.end());
        return std::nullopt;
    }
}

void check_random(std::uint64_t first_seed, int count) {
    std::map<std::string_view, int> plans;
    for (std::uint64_t seed = first_seed; seed < first_seed + static_cast<std::uint64_t>(count); ++seed) {
        util::Random random(seed);
        const graph::Graph graph = test::random_graph(random);
        INFO("seed " << seed << "\n" << test::describe(graph));
        const latency::Bed bed = random_bed(seed, random);
        cost::Predictor predictor(graph, bed);
        const Problem problem{.graph = graph, .bed = bed, .predictor = predictor};
        std::map<std::string_view, util::Seconds> latencies;
        for (const partition::Strategy& strategy : partition::strategies()) {
            const auto latency = check_strategy(problem, strategy, random);
            if (!latency) continue;
            latencies[strategy.name] = *latency;
            ++plans[strategy.name];
        }
        for (const auto& [name, latency] : latencies) CHECK(latencies.at("auto") <= latency);
        CHECK(latencies.at("layerwise") <= best_device(problem)->proposal.prediction.latency());
    }
    for (const char* name : {"rows", "cols", "grid"}) {
        INFO(name);
        CHECK(plans[name] > count / 3);
    }
}

}  // namespace

TEST_CASE("partition: every strategy's plan of random models computes the whole model", "[partition]") {
    check_random(1, 24);
}

TEST_CASE("partition: plans of many random models", "[partition][long]") { check_random(1000, 300); }

TEST_CASE("partition: local is one stage on the source and sends nothing", "[partition]") {
    const graph::Graph graph = chain(3);
    const Planned local("local", graph, test::bed({1e9, 1e12}, {util::BytesPerSecond(kMbit), {}, {}}));
    CHECK(local.proposal.plan.devices == std::vector<std::string>{"a"});
    CHECK(local.stages().size() == 1);
    CHECK(local.proposal.prediction.messages == 0);
}

TEST_CASE("partition: cloud counts transfers, not only speed", "[partition]") {
    const graph::Graph graph = chain(3);
    const latency::Bed near = test::bed({1e8, 1e10, 1e9}, {util::BytesPerSecond(100 * kMbit), {}, {}});
    CHECK(Planned("cloud", graph, near).proposal.plan.devices == std::vector<std::string>{"a", "b"});
    cluster::Cluster far = near.cluster();
    far.pairs.push_back({0, 1, {util::BytesPerSecond(0.1 * kMbit), {}, {}}, ""});
    const latency::Bed bed(far, {near.model(0), near.model(1), near.model(2)});
    CHECK(Planned("cloud", graph, bed).proposal.plan.devices == std::vector<std::string>{"a", "c"});
    CHECK(refusal("cloud", graph, test::bed({1e8}, {util::BytesPerSecond(kMbit), {}, {}})) ==
          "the cluster has no device but the source");
}

TEST_CASE("partition: rows go by capability", "[partition]") {
    test::Model model;
    const graph::TensorId x = model.input("x", {1, 8, 40, 8});
    const graph::Graph graph = model.finish({model.conv("conv", x, 8, 1)});  // 1x1: no halo
    const Planned rows("rows", graph, test::bed({3e6, 1e6}, {util::BytesPerSecond(1000 * kMbit), {}, {}}));
    REQUIRE(rows.stages().size() == 1);
    REQUIRE(rows.stages().front().shares.size() == 2);
    CHECK(rows.stages().front().shares[0].pieces[0].box[graph::Axis::h] == graph::Interval{0, 30});
    CHECK(rows.stages().front().shares[1].pieces[0].box[graph::Axis::h] == graph::Interval{30, 40});
}

TEST_CASE("partition: columns go by capability, a grid's rows by those of their devices", "[partition]") {
    test::Model model;
    const graph::TensorId x = model.input("x", {1, 8, 40, 40});
    const graph::Graph graph = model.finish({model.conv("conv", x, 8, 1)});  // 1x1: no halo
    const cluster::Link link{util::BytesPerSecond(1000 * kMbit), {}, {}};
    const Planned cols("cols", graph, test::bed({3e6, 1e6}, link));
    REQUIRE(cols.stages().front().shares.size() == 2);
    CHECK(cols.stages().front().shares[0].pieces[0].box[graph::Axis::w] == graph::Interval{0, 30});
    CHECK(cols.stages().front().shares[1].pieces[0].box[graph::Axis::w] == graph::Interval{30, 40});

    const Planned grid("grid", graph, test::bed({3e6, 1e6, 2e6, 2e6}, link), 4);
    REQUIRE(grid.stages().front().shares.size() == 4);
    const auto tile = [&](std::size_t device) { return grid.stages().front().shares[device].pieces[0].box; };
    CHECK(tile(0) == graph::Box{{{{0, 1}, {0, 8}, {0, 20}, {0, 30}}}});
    CHECK(tile(1) == graph::Box{{{{0, 1}, {0, 8}, {0, 20}, {30, 40}}}});
    CHECK(tile(2) == graph::Box{{{{0, 1}, {0, 8}, {20, 40}, {0, 20}}}});
    CHECK(tile(3) == graph::Box{{{{0, 1}, {0, 8}, {20, 40}, {20, 40}}}});
}

TEST_CASE("partition: two devices share a grid as two tiles each, three as one and two", "[partition]") {
    const graph::Graph graph = chain(3);
    const cluster::Link link{util::BytesPerSecond(1000 * kMbit), {}, {}};
    const Planned two("grid", graph, test::bed({1e6, 1e6}, link));
    for (const plan::Share& share : two.stages().front().shares) CHECK(share.pieces.size() == 2);
    const Planned three("grid", graph, test::bed({1e6, 1e6, 1e6}, link), 3);
    REQUIRE(three.stages().front().shares.size() == 3);
    CHECK(three.stages().front().shares[0].pieces[0].box[graph::Axis::w] == graph::Interval{0, 32});
    CHECK(three.stages().front().shares[1].pieces[0].box[graph::Axis::w].end == 16);
}

TEST_CASE("partition: dear start-ups make runs of layers fuse, dear computing makes them exchange rows",
          "[partition]") {
    const graph::Graph graph = chain(6);
    const Planned cheap("rows", graph, test::bed({1e6, 1e6, 1e6}, {util::BytesPerSecond(1000 * kMbit), {}, {}}));
    const Planned dear("rows", graph,
                       test::bed({1e9, 1e9, 1e9}, {util::BytesPerSecond(1000 * kMbit), util::Seconds(0.001), {}}));
    CHECK(split_stages(cheap.proposal.plan) == 6);
    CHECK(split_stages(dear.proposal.plan) == 1);
    CHECK(cheap.proposal.prediction.redundant.value == 0);
    CHECK(dear.proposal.prediction.redundant.value > 0);
}

TEST_CASE("partition: rows gains where links are fast and shares fairly where they are not", "[partition]") {
    const graph::Graph graph = chain(6);
    const Planned fast("rows", graph, test::bed({1e7, 1e7, 1e7, 1e7}, {util::BytesPerSecond(1000 * kMbit), {}, {}}));
    const double alone = partition::best_device(fast.problem)->proposal.prediction.latency().count();
    CHECK(fast.proposal.prediction.latency().count() < 0.3 * alone);
    CHECK(faster_alone(fast.problem, fast.proposal.prediction, *best_device(fast.problem)).empty());

    const latency::Bed slow_bed = test::bed({1e10, 1e10, 1e10}, {util::BytesPerSecond(kMbit), util::Seconds(0.01), {}});
    const Planned slow("rows", graph, slow_bed);
    std::vector<double> shares = partition::compute_shares(slow.proposal.prediction);
    CHECK(std::count_if(shares.begin(), shares.end(), [](double share) { return share >= 0.2; }) >= 2);
    const std::string note = faster_alone(slow.problem, slow.proposal.prediction, *best_device(slow.problem));
    CHECK_THAT(note, Catch::StartsWith("one device ('a') is faster: ") && Catch::Contains(", because transfers take "));
}

TEST_CASE("partition: as many devices compute as are asked for", "[partition]") {
    const graph::Graph graph = chain(3);
    const latency::Bed bed = test::bed({1e9, 1e9, 1e9, 1e9}, {util::BytesPerSecond(kMbit), util::Seconds(0.01), {}});
    CHECK(Planned("rows", graph, bed).proposal.plan.devices.size() == 2);
    const Planned three("rows", graph, bed, 3);
    CHECK(three.proposal.plan.devices.size() == 3);
    for (const util::Seconds compute : three.proposal.prediction.compute) CHECK(compute.count() > 0);
}

TEST_CASE("partition: rows says why there is no plan", "[partition]") {
    const cluster::Link link{util::BytesPerSecond(kMbit), {}, {}};
    CHECK(refusal("rows", chain(2), test::bed({1e9}, link)) == "rows needs at least 2 devices, and the cluster has 1");
    test::Model model;
    const graph::TensorId x = model.input("x", {1, 8});
    const graph::Graph vector = model.finish({model.gemm("fc", x, 10)});
    CHECK(refusal("rows", vector, test::bed({1e9, 1e9}, link)) == "no operator of the model can be cut into rows");
    CHECK(refusal("cols", vector, test::bed({1e9, 1e9}, link)) == "no operator of the model can be cut into columns");
    CHECK(refusal("grid", vector, test::bed({1e9, 1e9}, link)) == "no operator of the model can be cut into tiles");
    CHECK(refusal("auto", vector, test::bed({1e9, 1e9}, link)) == "a plan");

    cluster::Cluster small = test::bed({1e9, 1e9}, link).cluster();
    for (cluster::Device& device : small.devices) device.memory = util::Bytes(1000);
    const latency::Bed bed(small, {test::linear_model(1e9), test::linear_model(1e9)});
    CHECK_THAT(refusal("rows", chain(2), bed), Catch::Contains(" bytes and has 1000"));
    CHECK_THAT(refusal("local", chain(2), bed), Catch::Contains("device 'a' needs "));
}

TEST_CASE("partition: auto keeps to the devices that are asked for and to memory", "[partition]") {
    const graph::Graph graph = chain(3);
    const latency::Bed bed = test::bed({1e9, 1e9, 1e9, 1e9}, {util::BytesPerSecond(kMbit), util::Seconds(0.01), {}});
    CHECK(Planned("auto", graph, bed, 1).proposal.plan.devices.size() == 1);
    CHECK(Planned("auto", graph, bed, 3).proposal.plan.devices.size() == 3);

    const util::Bytes needed = Planned("local", graph, bed).proposal.prediction.peak_memory.front();
    cluster::Cluster small = bed.cluster();
    for (cluster::Device& device : small.devices) device.memory = needed - util::Bytes(1);
    std::vector<latency::DeviceModel> models;
    for (std::size_t i = 0; i < 4; ++i) models.push_back(bed.model(i));
    const Planned fits("auto", graph, latency::Bed(small, models), 1);
    CHECK(fits.proposal.plan.devices.size() > 1);
    for (const util::Bytes peak : fits.proposal.prediction.peak_memory) CHECK(peak < needed);
}

TEST_CASE("partition: proposals say which strategy auto takes, and work each out once", "[partition]") {
    const graph::Graph graph = chain(6);
    const Planned planned("rows", graph, test::bed({1e7, 1e7, 1e7}, {util::BytesPerSecond(1000 * kMbit), {}, {}}));
    partition::Proposals proposals(planned.problem);
    const partition::Proposal& best = proposals.of(partition::strategy("auto"));
    CHECK(&proposals.of(partition::strategy("auto")) == &best);
    CHECK(&proposals.of(partition::strategy("rows")) == &proposals.of(partition::strategy("rows")));
    CHECK(best.prediction.latency() <= proposals.fastest().prediction.latency());

    const Planned slow("local", graph, test::bed({1e9, 1e6}, {util::BytesPerSecond(kMbit), util::Seconds(1), {}}));
    partition::Proposals alone(slow.problem);
    CHECK(alone.of(partition::strategy("auto")).strategy == "local");
}

TEST_CASE("partition: an unknown strategy is refused with the nearest one", "[partition]") {
    try {
        (void)partition::strategy("row");
        FAIL("accepted");
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::usage);
        CHECK(error.hint() == "did you mean 'rows'?");
    }
}
