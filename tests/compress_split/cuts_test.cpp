#include "compress_split/cuts.hpp"

#include <catch2/catch.hpp>

#include "compress_split/beds.hpp"
#include "compress_split/speed.hpp"
#include "compress_split/workshop.hpp"
#include "support/small_models.hpp"
#include "support/synthetic.hpp"

using namespace convoy;
using namespace convoy::compress_split;
using util::Seconds;

namespace {

constexpr double kMbit = 1e6 / 8;
constexpr InputCodec kAffine{wire::Codec::int8, false};

/// 3x16x16 -> 8 -> 8 -> 10 classes.
graph::Graph small_chain() {
    test::Model model;
    graph::TensorId at = model.input("x", {1, 3, 16, 16});
    at = model.conv("conv1", at, 8);
    at = model.conv("conv2", at, 8);
    return model.finish({model.gemm("fc", at, 10)});
}

cluster::Link link(double mbit, double delay_ms = 0) {
    return {util::BytesPerSecond(mbit * kMbit), Seconds(1e-3), util::from_milliseconds(delay_ms)};
}

Menu menu_without_compressor() {
    Menu menu;
    menu.choices.push_back({What::rank, "conv2", {8, 4, 2}});
    menu.places.push_back({"conv2", {0, 0.01, 0.1}});
    menu.choices.push_back({What::width, "conv1_out", {8, 2}});
    menu.places.push_back({"conv1_out", {0, 0.1}});
    menu.choices.push_back({What::codec, "codec", {0, 1, 2}});
    menu.places.push_back({"codec", {0, 1e-8, 1e-4}});
    return menu;
}

}  // namespace

TEST_CASE("cuts: each is what the simulator makes of its plan", "[compress_split]") {
    const graph::Graph graph = small_chain();
    const latency::Bed bed = test::bed({1e8, 1e9}, link(10, 3));
    const Bench bench(graph, bed);
    const std::vector<Cut> cuts = cuts_of(bench.problem, 1, kCodecs, kAffine);
    REQUIRE(cuts.size() == 3 * graph.operators().size() + 1);  // behind the last operator no codec matters
    for (const Cut& cut : cuts) {
        CAPTURE(cut.position, wire::to_string(cut.codec));
        const partition::Proposal proposal = partition::evaluate(bench.problem, plan_of(bench.problem, cut, kAffine));
        CHECK(proposal.prediction.latency().count() == Approx(cut.latency().count()));
    }
}

TEST_CASE("cuts: bytes are those of the codec, the input's its own", "[compress_split]") {
    const graph::Graph graph = small_chain();
    const latency::Bed bed = test::bed({1e8, 1e9}, link(10));
    const Bench bench(graph, bed);
    const InputCodec pixels{wire::Codec::uint8, true};
    const std::vector<Cut> cuts = cuts_of(bench.problem, 1, kCodecs, pixels);
    CHECK(cuts[0].bytes.value == 3 * 256);  // uint8 whatever the codec is
    CHECK(cuts[2].bytes.value == 3 * 256);
    CHECK(cuts[3].bytes.value == 4 * 8 * 256);
    CHECK(cuts[4].bytes.value == 2 * 8 * 256);
    CHECK(cuts[5].bytes.value == 8 * 256 + 8);  // a scale and an offset
    CHECK(cuts.back().bytes.value == 0);
    CHECK(place_name(graph, cuts[0]) == "input");
    CHECK(place_name(graph, cuts[3]) == "conv1_out");
    CHECK(place_name(graph, cuts.back()) == "output");
}

TEST_CASE("cuts: the fastest one that is allowed and fits into memory", "[compress_split]") {
    const graph::Graph graph = small_chain();
    latency::Bed bed = test::bed({1e7, 1e12}, link(1000));
    const Bench bench(graph, bed);
    const auto all = cuts_of(bench.problem, 1, {kCodecs.data(), 1}, kAffine);
    CHECK(fastest(bench.problem, all, kAffine).cut.position == 0);  // a slow edge on a fast link
    const Placed inside = fastest(bench.problem, all, kAffine, [](const Cut& cut) { return cut.position > 0; });
    CHECK(inside.cut.position == 1);
    cluster::Cluster cluster = bed.cluster();
    cluster.devices[1].memory = util::Bytes(1000);
    const latency::Bed little(cluster, {bed.model(0), bed.model(1)});
    const Bench tight(graph, little);
    const Placed here = fastest(tight.problem, cuts_of(tight.problem, 1, {kCodecs.data(), 1}, kAffine), kAffine);
    CHECK(here.cut.position == graph.operators().size());
}

TEST_CASE("speed: without changes it is the best cut", "[compress_split]") {
    const graph::Graph graph = small_chain();
    const Menu menu = menu_without_compressor();
    for (const double mbit : {0.1, 1.0, 10.0, 1000.0}) {
        for (const double edge : {1e7, 1e8, 1e9}) {
            CAPTURE(mbit, edge);
            const latency::Bed bed = test::bed({edge, 1e10}, link(mbit, 1));
            const Bench bench(graph, bed);
            SpeedModel speed(menu, graph, bed, 1, kAffine);
            for (std::size_t codec = 0; codec < kCodecs.size(); ++codec) {
                const auto cuts = cuts_of(bench.problem, 1, {&kCodecs[codec], 1}, kAffine);
                Seconds least = cuts.front().latency();
                for (const Cut& cut : cuts) {
                    least = std::min(least, cut.latency());
                    const Seconds here = speed.latency({0, 0, codec}, cut.position);
                    CHECK(here.count() == Approx(cut.latency().count()));
                }
                CHECK(speed.latency({0, 0, codec}).count() == Approx(least.count()));
            }
        }
    }
}

TEST_CASE("speed: a rank makes two layers, and a cut between them", "[compress_split]") {
    const graph::Graph graph = small_chain();
    const Menu menu = menu_without_compressor();
    // A slow link in front of a cloud that takes no time: what counts is what crosses, and the edge.
    const latency::Bed bed = test::bed({1e9, 1e15}, link(0.1));
    SpeedModel speed(menu, graph, bed, 1, kAffine);
    const double conv1 = 2.0 * 27 * 8 * 256;
    const double low = 2.0 * 72 * 2 * 256;  // rank 2
    const double message = 1e-3 + 4.0 * 2 * 256 / (0.1 * kMbit);
    const double result = 1e-3 + 40 / (0.1 * kMbit);
    // The cut behind conv2's first layer; tails (bias) are a few operations more.
    CHECK(speed.latency({2, 0, 0}, 2).count() == Approx((conv1 + low) / 1e9 + message + result).epsilon(1e-3));
    // A bottleneck of two channels behind conv1.
    const double reduce = 2.0 * 8 * 2 * 256;
    CHECK(speed.latency({0, 1, 0}, 1).count() == Approx((conv1 + reduce) / 1e9 + message + result).epsilon(1e-3));
}

TEST_CASE("speed: places for the cut are where one tensor is alive", "[compress_split]") {
    test::Model model;
    const graph::TensorId x = model.input("x", {1, 4, 8, 8});
    const graph::TensorId a = model.conv("a", x, 4);
    const graph::TensorId b = model.conv("b", a, 4);
    const graph::TensorId sum = model.add("sum", a, b);
    const graph::Graph graph = model.finish({model.gemm("fc", sum, 3)});
    SpeedModel speed(menu_without_compressor(), graph, test::bed({1e8, 1e9}, link(10)), 1, kAffine);
    CHECK(speed.cuts() == std::vector<std::size_t>{0, 1, 3, 4});
}

TEST_CASE("menu: pruned channels are gone from all coupled tensors, and ranks beyond them are left out",
          "[compress_split]") {
    const graph::Graph graph = small_chain();
    Menu menu = menu_without_compressor();
    const graph::TensorId tensor = graph.find_tensor("conv1_out").value();
    menu.groups.push_back({"conv1", {{tensor, {0, 1, 2, 3, 4, 5, 6, 7}}}, 8, menu.choices.size()});
    menu.choices.push_back({What::channels, "conv1", {8, 6, 1}});
    menu.places.push_back({"conv1", {0, 0.01, 0.5}});
    CHECK(channels_at(menu, graph, {0, 0, 0, 1})[index(tensor)] == 6);
    const compress::Recipe six = recipe_of(menu, graph, {1, 1, 0, 1});
    REQUIRE(six.prunings.size() == 1);
    CHECK(six.prunings[0].keep == 6);
    CHECK(six.factorisations.size() == 1);
    CHECK(six.bottlenecks.size() == 1);
    const compress::Recipe one = recipe_of(menu, graph, {1, 1, 0, 2});  // one channel: nothing to be narrowed
    CHECK(one.bottlenecks.empty());
    CHECK(one.factorisations.size() == 1);  // 9 terms, 8 outputs, rank 4
    CHECK(codec_of(menu, {0, 0, 2, 0}) == wire::Codec::int8);
}

TEST_CASE("beds: another uplink leaves the way back as it is", "[compress_split]") {
    const latency::Bed bed = test::bed({1e8, 1e9, 1e8}, link(10, 4));
    const latency::Bed slow = with_uplink(bed, 1, util::from_mbit_per_s(2));
    CHECK(util::mbit_per_s(slow.cluster().link(0, 1).rate) == Approx(2));
    CHECK(slow.cluster().link(0, 1).delay == bed.cluster().link(0, 1).delay);
    CHECK(slow.cluster().link(1, 0) == bed.cluster().link(1, 0));
    CHECK(slow.cluster().link(0, 2) == bed.cluster().link(0, 2));
    CHECK(default_cloud(small_chain(), bed) == 1);
}
