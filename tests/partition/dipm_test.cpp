#include "partition/dipm.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "planning.hpp"
#include "util/error.hpp"

using namespace convoy;
using namespace convoy::partition::detail;

namespace {

/// 1 GMAC/s, 100 Mbit/s, fp32, nothing to start a message.
constexpr DipmUnits kPaper{1e-9, 0, 32 / 100e6};

DipmLayer square(double channels, double pixels = 56 * 56) { return {9, channels, channels, pixels, pixels}; }

/// A narrow convolution, two wide ones and a fully connected layer.
graph::Graph narrow_and_wide() {
    test::Model model;
    graph::TensorId at = model.input("x", {1, 3, 14, 14});
    at = model.conv("narrow", at, 64);
    at = model.conv("wide", at, 128, 3, 1, "relu1");
    at = model.conv("wider", at, 256);
    return model.finish({model.gemm("fc", at, 10)});
}

latency::Bed star(std::size_t devices, double rate, double mbit, double start_up) {
    return test::bed(std::vector<double>(devices, rate),
                     {util::BytesPerSecond(mbit * test::kMbit), util::Seconds(start_up), {}});
}

std::vector<std::string> distributed(const plan::Plan& plan, const graph::Graph& graph) {
    std::vector<std::string> names;
    for (const plan::Stage& stage : plan.routes.front().stages) {
        if (!stage.hold && stage.shares.front().device != plan.source) names.push_back(graph.op(stage.last).name);
    }
    return names;
}

}  // namespace

TEST_CASE("partition: dipm's published bound crosses 1 near 60 channels", "[partition]") {
    CHECK(published_bound(square(60), kPaper) == Approx(0.84375));
    CHECK(published_bound(square(64), kPaper) == Approx(0.9));
    CHECK(published_bound(square(128), kPaper) == Approx(1.8));
    CHECK(published_bound(square(256), kPaper) == Approx(3.6));
    CHECK(published_bound(square(512), kPaper) == Approx(7.2));
    CHECK(published_bound(square(64, 7 * 7), kPaper) == Approx(0.9));  // without a start-up the map's size is nothing
    const DipmUnits slower{1e-9 * 320 / 270, 0, kPaper.beta};
    CHECK(published_bound(square(60), slower) == Approx(1).epsilon(1e-12));
}

TEST_CASE("partition: dipm's bound as printed: K^2 c f gamma / ((c + f) (alpha / M + beta))", "[partition]") {
    const DipmLayer layer{25, 96, 256, 729, 729};
    const DipmUnits units{2e-9, 1e-4, 3e-7};
    CHECK(published_bound(layer, units) == Approx(25 * 96 * 256 * 2e-9 / ((96 + 256) * (1e-4 / 729 + 3e-7))));
    const double alone = 2e-9 * 729 * 25 * 96 * 256;
    const double radio = (96 + 256) * (1e-4 + 3e-7 * 729);
    CHECK(published_speed_up(layer, units, 4) == Approx(alone / (radio + alone / 4)));
    CHECK(published_speed_up(layer, units, 1000000) == Approx(published_bound(layer, units)).epsilon(1e-3));
}

TEST_CASE("partition: dipm's corrected bound counts what a grid sends twice", "[partition]") {
    const DipmLayer layer = square(128);
    CHECK(corrected_bound(layer, kPaper, 1, 1) == Approx(published_bound(layer, kPaper)));
    CHECK(corrected_bound(layer, kPaper, 2, 2) == Approx(published_bound(layer, kPaper) / 2));
    CHECK(corrected_bound(layer, kPaper, 4, 1) == Approx(published_bound(layer, kPaper) * 2 / 5));
    const DipmLayer deep{9, 512, 64, 49, 49};  // p filters cost f, q groups c: best p/q is about c/f
    CHECK(corrected_bound(deep, kPaper, 8, 1) > corrected_bound(deep, kPaper, 1, 8));
    const DipmUnits start{1e-9, 1e-3, 0};
    CHECK(corrected_bound(layer, start, 2, 2) == Approx(1e-9 * layer.operations() / 8e-3));  // 4 out, 4 back
}

TEST_CASE("partition: dipm distributes the layers that trigger, and those only", "[partition]") {
    const graph::Graph graph = narrow_and_wide();
    const test::Planning fast(graph, star(4, 2e8, 1000, 1e-4));
    CHECK(distributed(fast.proposal("dipm").plan, graph) == std::vector<std::string>{"wide", "wider"});
    CHECK(distributed(fast.proposal("dipm:min_channels=64").plan, graph) == std::vector<std::string>{"wider"});
    CHECK(distributed(fast.proposal("dipm:min_channels=0").plan, graph).size() == 3);
    CHECK(distributed(fast.proposal("dipm:threshold=1000").plan, graph).empty());
    const test::Planning slow(graph, star(4, 1e12, 1, 1e-2));
    const partition::Proposal local = slow.proposal("dipm");
    CHECK(local.plan.devices == std::vector<std::string>{"a"});
    const test::Planning forced(graph, star(4, 1e12, 1, 1e-2), 2);
    CHECK(distributed(forced.proposal("dipm").plan, graph).size() == 1);
}

TEST_CASE("partition: dipm's master joins, or computes too", "[partition]") {
    const graph::Graph graph = narrow_and_wide();
    const test::Planning planning(graph, star(3, 2e8, 1000, 1e-4));
    for (const plan::Stage& stage : planning.proposal("dipm").plan.routes.front().stages) {
        if (stage.operators.size() == 1 && stage.shares.size() > 1) CHECK(stage.shares[0].device != plan::DeviceId{0});
    }
    const partition::Proposal works = planning.proposal("dipm:master=computes");
    const auto& stages = works.plan.routes.front().stages;
    CHECK(std::any_of(stages.begin(), stages.end(), [](const plan::Stage& s) { return s.shares.size() == 3; }));
    CHECK(works.prediction.latency() < planning.proposal("dipm").prediction.latency());
}

TEST_CASE("partition: dipm's five times, estimated and in the predicted timeline", "[partition]") {
    const graph::Graph graph = narrow_and_wide();
    const test::Planning planning(graph, star(5, 2e8, 1000, 1e-4));
    const graph::OperatorId wide = graph.find_operator("wide").value();
    const DipmGrid grid{2, 2, {1, 2, 3, 4}, true};
    const partition::DipmTimes estimate = dipm_times(planning.problem, wide, grid);
    // Two groups of 32 input channels, two of 64 filters, maps of 14 x 14.
    CHECK(estimate.workers == 4);
    CHECK(estimate.tx.count() == Approx(1e-4 + 4 * 32 * 196 / (1000 * test::kMbit)));
    CHECK(estimate.rx.count() == Approx(1e-4 + 4 * 64 * 196 / (1000 * test::kMbit)));
    CHECK(estimate.edge.count() == Approx(2.0 * 9 * 32 * 64 * 196 / 2e8).epsilon(0.01));
    CHECK(estimate.join.count() > 0);
    CHECK(estimate.part.count() == 0);
    CHECK(dipm_times(planning.problem, wide, {1, 4, {1, 2, 3, 4}, true}).join.count() == 0);

    const partition::Proposal proposal = planning.proposal("dipm:min_channels=60");
    const auto found = partition::dipm_stage_times(proposal.plan, graph, proposal.prediction.timeline);
    REQUIRE(found.size() == 2);
    for (const partition::DipmStageTimes& stage : found) {
        CHECK(stage.times.workers >= 2);
        CHECK(stage.times.tx.count() > 1e-4);
        CHECK(stage.times.rx.count() > 0);
        CHECK(stage.times.edge.count() > 0);
        const plan::Stage& of_plan = proposal.plan.routes.front().stages[stage.stage];
        CHECK((stage.times.join.count() > 0) == of_plan.shares[0].pieces[0].in.has_value());
    }
}

TEST_CASE("partition: dipm finds the best number of workers and the best grid", "[partition]") {
    const graph::Graph graph = narrow_and_wide();
    for (const double start_up : {1e-5, 1e-3}) {
        const test::Planning planning(graph, star(7, 1e8, 300, start_up));
        const graph::OperatorId wide = graph.find_operator("wide").value();
        util::Seconds best(1e9);
        for (std::size_t n = 1; n <= 6; ++n) {
            for (std::size_t p = 1; p <= n; ++p) {
                if (n % p != 0) continue;
                DipmGrid grid{p, n / p, {}, false};
                for (std::size_t w = 1; w <= n; ++w) grid.workers.push_back(w);
                best = std::min(best, dipm_times(planning.problem, wide, grid).total());
            }
        }
        const partition::Proposal proposal = planning.proposal("dipm");
        for (const plan::Stage& stage : proposal.plan.routes.front().stages) {
            if (stage.hold || stage.last != wide || stage.operators.size() != 1) continue;
            DipmGrid grid{1, 1, {}, false};
            grid.workers.clear();
            std::set<std::pair<graph::Index, graph::Index>> groups;
            for (const plan::Share& share : stage.shares) {
                grid.workers.push_back(index(share.device));
                if (share.pieces[0].in) {
                    const graph::Interval& in = (*share.pieces[0].in)[graph::Axis::c];
                    groups.insert({in.begin, in.end});
                }
            }
            grid.p = std::max<std::size_t>(groups.size(), 1);
            grid.q = grid.workers.size() / grid.p;
            CHECK(dipm_times(planning.problem, wide, grid).total().count() == Approx(best.count()));
        }
    }
}

TEST_CASE("partition: dipm's workers get parts by their speed, or equal ones", "[partition]") {
    test::Model model;
    const graph::TensorId x = model.input("x", {1, 80, 14, 14});
    const graph::Graph graph = model.finish({model.conv("conv", x, 120)});
    const latency::Bed bed = test::bed({1e8, 1.5e8, 2e8}, {util::BytesPerSecond(1e9), {}, {}});
    const test::Planning planning(graph, bed);
    const auto sizes = [](const partition::Proposal& proposal) {
        std::vector<graph::Index> channels;
        for (const plan::Share& share : proposal.plan.routes.front().stages.front().shares) {
            channels.push_back(share.pieces[0].box[graph::Axis::c].size());
        }
        return channels;
    };
    CHECK(sizes(planning.proposal("dipm")) == std::vector<graph::Index>{51, 69});
    CHECK(sizes(planning.proposal("dipm:shares=equal")) == std::vector<graph::Index>{60, 60});
}

TEST_CASE("partition: dipm distributes what the master has no memory for", "[partition]") {
    const graph::Graph graph = narrow_and_wide();
    const latency::Bed bed = star(4, 1e12, 1, 1e-2);
    const test::Planning planning(graph, bed);
    const util::Bytes all = planning.proposal("dipm").prediction.peak_memory.front();
    const test::Planning tight(graph, test::with_memory(bed, all - util::Bytes(600000)));
    const partition::Proposal proposal = tight.proposal("dipm");
    CHECK(distributed(proposal.plan, graph) == std::vector<std::string>{"wider"});
    for (const util::Bytes peak : proposal.prediction.peak_memory) CHECK(peak <= all - util::Bytes(600000));
}
