#include "compress/compress.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "compress/answers.hpp"
#include "engine/runnable.hpp"
#include "graph/onnx.hpp"
#include "graph/onnx_write.hpp"
#include "nets.hpp"
#include "support/random_graph.hpp"
#include "util/error.hpp"

using namespace convoy;
using compress::BuildOptions;
using compress::Compressor;
using compress::Recipe;
using graph::Graph;
using graph::Index;

namespace {

constexpr double kSame = 1e-4;
constexpr std::size_t kFrames = 30;

/// A model by its maker's name.
struct Architecture {
    std::string name;
    Graph graph;
};

std::vector<Architecture> architectures() {
    std::vector<Architecture> all;
    all.push_back({"chain", test::chain_net(1)});
    all.push_back({"residual", test::residual_net(2)});
    all.push_back({"concat", test::concat_net(3)});
    all.push_back({"depthwise", test::depthwise_net(4)});
    all.push_back({"dense", test::dense_net(5)});
    return all;
}

Recipe at_full_rank(const Graph& graph) {
    Recipe recipe;
    for (const compress::Layer& layer : compress::factorisable(graph)) {
        recipe.factorisations.push_back({layer.name, layer.full_rank()});
    }
    return recipe;
}

Graph read_again(const Graph& graph) {
    return graph::read_onnx(util::FileView::from_bytes(graph::onnx_bytes(graph), "compressed.onnx"));
}

util::Errc code_of(const std::function<void()>& function) {
    try {
        function();
    } catch (const util::Error& error) {
        return error.code();
    }
    return util::Errc::internal;
}

/// The second half of the rows repeats the first half.
void duplicate(std::vector<float>& weights, std::vector<float>& bias) {
    for (auto* values : {&weights, &bias}) {
        const auto half = static_cast<std::ptrdiff_t>(values->size() / 2);
        std::copy(values->begin(), values->begin() + half, values->begin() + half);
    }
}

/// Every third row is 0.
void deaden(std::vector<float>& weights, std::vector<float>& bias) {
    const std::size_t terms = weights.size() / bias.size();
    for (std::size_t f = 0; f < bias.size(); f += 3) {
        std::fill_n(weights.begin() + static_cast<std::ptrdiff_t>(f * terms), terms, 0.0F);
        bias[f] = 0;
    }
}

/// All rows are sums of the first three.
void flatten_rank(std::vector<float>& weights, std::vector<float>& bias) {
    const std::size_t terms = weights.size() / bias.size();
    for (std::size_t f = 3; f < bias.size(); ++f) {
        const auto x = static_cast<float>(f % 5) - 2;
        const auto y = static_cast<float>(f % 7) * 0.3F - 1;
        for (std::size_t i = 0; i < terms; ++i) {
            weights[f * terms + i] = weights[i] + x * weights[terms + i] + y * weights[2 * terms + i];
        }
    }
}

}  // namespace

TEST_CASE("compress: every layer factorised at full rank is the model itself", "[compress]") {
    for (const Architecture& one : architectures()) {
        for (const bool asymmetric : {false, true}) {
            INFO(one.name << (asymmetric ? " asymmetric" : ""));
            const Compressor compressor(one.graph, test::random_frames(one.graph, 1, kFrames));
            BuildOptions options;
            options.asymmetric = asymmetric;
            const Graph built = compressor.build(at_full_rank(one.graph), options);
            CHECK(built.operators().size() == one.graph.operators().size() + compressor.layers().size());
            CHECK(test::error_of(one.graph, built, test::random_frames(one.graph, 2, kFrames)) < kSame);
            for (const compress::Layer& layer : compressor.layers()) {
                CHECK(built.find_tensor(layer.output + "_low"));
                CHECK(built.find_operator(layer.name + "_low"));
            }
        }
    }
}

TEST_CASE("compress: full rank keeps what calibration never showed", "[compress]") {
    const Graph graph = test::chain_net(1);
    const Compressor compressor(graph, test::random_frames(graph, 1, 2), {.seed = 1, .rows = 8});
    const Graph built = compressor.build(at_full_rank(graph), {.asymmetric = false});
    CHECK(test::error_of(graph, built, test::random_frames(graph, 2, kFrames)) < kSame);
}

TEST_CASE("compress: a smaller model is valid ONNX, the engine runs it, and it gives the same answers", "[compress]") {
    for (const Architecture& one : architectures()) {
        INFO(one.name);
        const Compressor compressor(one.graph, test::random_frames(one.graph, 1, kFrames));
        Recipe recipe;
        for (const compress::Layer& layer : compressor.layers()) {
            recipe.factorisations.push_back({layer.name, std::max<Index>(1, layer.full_rank() / 2)});
        }
        for (const compress::ChannelGroup& group : compressor.groups()) {
            recipe.prunings.push_back({group.name, group.channels() * 3 / 4});
        }
        recipe.factorisations.resize(2);  // those behind them are refitted
        for (compress::Factorisation& first : recipe.factorisations) first.rank = 4;
        recipe.bottlenecks.push_back({compressor.cuts().front(), 3});
        const Graph built = compressor.build(recipe);
        const Graph again = read_again(built);
        CHECK_NOTHROW(engine::require_runnable(again));
        CHECK(test::error_of(built, again, test::random_frames(one.graph, 2, 5)) < 1e-5);
        CHECK(compress::size_of(again).parameters < compress::size_of(one.graph).parameters);
        CHECK(test::error_of(one.graph, built, test::random_frames(one.graph, 2, kFrames)) < 0.9);
    }
}

TEST_CASE("compress: a layer whose responses have rank 3 is found and factorised without loss", "[compress]") {
    test::Net net(1);
    graph::TensorId x = net.conv("flat", net.input({1, 4, 10, 10}), 16, {.shape = flatten_rank});
    const Graph graph = net.finish({net.fc("fc", x, 10)});
    const Compressor compressor(graph, test::random_frames(graph, 1, kFrames));
    const compress::Spectrum spectrum = compressor.layer_spectrum("flat");
    REQUIRE(spectrum.lost.size() == 17);
    CHECK(spectrum.lost[0] == 1);
    CHECK(std::is_sorted(spectrum.lost.rbegin(), spectrum.lost.rend()));
    CHECK(spectrum.lost[2] > 1e-3);
    CHECK(spectrum.lost[3] < 1e-9);
    CHECK(spectrum.rank_for(1e-6) == 3);
    CHECK(spectrum.rank_for(2) == 1);
    const Graph built = compressor.build({.factorisations = {{"flat", 3}}});
    CHECK(test::error_of(graph, built, test::random_frames(graph, 2, kFrames)) < kSame);
    CHECK(compress::size_of(built).flops < compress::size_of(graph).flops);
}

TEST_CASE("compress: a bottleneck of the width of what crosses reproduces the model", "[compress]") {
    test::Net net(1);
    const graph::TensorId wide =
        net.conv("flat", net.input({1, 4, 10, 10}), 16, {.relu = false, .shape = flatten_rank});
    const Graph graph = net.finish({net.fc("fc", net.conv("after", wide, 8), 10)});
    const Compressor compressor(graph, test::random_frames(graph, 1, kFrames));
    CHECK(compressor.cut_spectrum("flat_out").rank_for(1e-6) == 3);
    const Graph built = compressor.build({.bottlenecks = {{"flat_out", 3}}});
    CHECK(test::error_of(graph, built, test::random_frames(graph, 2, kFrames)) < kSame);
    const graph::TensorInfo& narrow = built.tensor(built.find_tensor("flat_out_narrow").value());
    CHECK(narrow.dims == std::vector<Index>{1, 3, 10, 10});
    const auto cuts = compress::single_cuts(built);
    CHECK(std::find(cuts.begin(), cuts.end(), "flat_out_narrow") != cuts.end());
    const Graph narrower = compressor.build({.bottlenecks = {{"flat_out", 2}}});
    CHECK(test::error_of(graph, narrower, test::random_frames(graph, 2, kFrames)) > 0.01);
}

TEST_CASE("compress: narrow channels are centred and of equal range, for codecs with one scale", "[compress]") {
    const Graph graph = test::chain_net(1);
    const compress::Frames frames = test::random_frames(graph, 1, kFrames);
    const Graph built = Compressor(graph, frames).build({.factorisations = {{"conv2", 6}}});
    const compress::Samples samples =
        compress::sample(built, {.tensors = {"conv2_out_low"}}, frames, {}).tensors.at("conv2_out_low");
    REQUIRE(samples.channels == 6);
    for (std::size_t c = 0; c < 6; ++c) {
        double sum = 0;
        double most = 0;
        for (std::size_t row = 0; row < samples.rows(); ++row) {
            sum += samples.values[row * 6 + c];
            most = std::max(most, std::abs(static_cast<double>(samples.values[row * 6 + c])));
        }
        CHECK(std::abs(sum / static_cast<double>(samples.rows())) < 0.02);
        CHECK(most == Approx(1).margin(0.02));
    }
}

TEST_CASE("compress: duplicated and dead channels are pruned without loss, through residual sums and concats",
          "[compress]") {
    for (const auto& shape : {duplicate, deaden}) {
        const Index left = shape == duplicate ? 6 : 8;
        test::Net net(1);
        const graph::TensorId stem = net.conv("stem", net.input({1, 3, 10, 10}), 12, {.shape = shape});
        const graph::TensorId x = net.conv("a2", net.conv("a1", stem, 10), 12, {.relu = false, .shape = shape});
        const graph::TensorId sum = net.add("sum", stem, x);
        const graph::TensorId deep = net.conv("deep", sum, 12, {.group = 12, .shape = shape});
        const graph::TensorId side = net.plus_constant("side", net.conv("other", sum, 9));
        const graph::TensorId cat = net.shuffle("mix", net.concat("cat", {deep, side, sum}));
        const Graph graph = net.finish({net.fc("fc", cat, 10)});

        const Compressor compressor(graph, test::random_frames(graph, 1, kFrames));
        const compress::PruningOrder order = compressor.pruning_order("stem");
        REQUIRE(order.order.size() == 11);
        CHECK(order.lost[static_cast<std::size_t>(12 - left)] < 1e-4);
        CHECK(order.lost[static_cast<std::size_t>(12 - left) + 1] > 1e-3);
        for (const bool asymmetric : {false, true}) {
            BuildOptions options;
            options.asymmetric = asymmetric;
            const Graph built = compressor.build({.prunings = {{"stem", left}}}, options);
            CHECK(built.tensor(built.find_tensor("sum_out").value()).dims[1] == left);
            CHECK(built.tensor(built.find_tensor("mix_out").value()).dims[1] == 2 * left + 9);
            CHECK(test::error_of(graph, built, test::random_frames(graph, 2, kFrames)) < 5e-4);
            CHECK(test::error_of(built, read_again(built), test::random_frames(graph, 2, 5)) < 1e-5);
        }
    }
}

TEST_CASE("compress: a channel that goes with its own copy is not taken for one that the copy could stand in for",
          "[compress]") {
    test::Net net(1);
    const graph::TensorId stem = net.conv("stem", net.input({1, 3, 8, 8}), 6);
    const Graph graph = net.finish({net.fc("fc", net.concat("twice", {stem, stem}), 10)});
    const compress::PruningOrder order =
        Compressor(graph, test::random_frames(graph, 1, kFrames)).pruning_order("stem");
    CHECK(order.lost[1] > 1e-3);
}

TEST_CASE("compress: layers behind pruned channels, fitted to the original, lose less", "[compress]") {
    double plain = 0;
    double fitted = 0;
    for (const std::uint64_t seed : {1, 2, 3}) {
        const Graph graph = test::chain_net(seed);
        const compress::Frames unseen = test::random_frames(graph, 2, 60);
        const Compressor compressor(graph, test::random_frames(graph, 1, 100));
        const Recipe recipe{.prunings = {{"conv2", 12}}};
        plain += test::error_of(graph, compressor.build(recipe, {.asymmetric = false}), unseen);
        fitted += test::error_of(graph, compressor.build(recipe), unseen);
    }
    CHECK(fitted < plain);
}

TEST_CASE("compress: fitted to the original layer after layer, errors pile up less", "[compress]") {
    double asymmetric = 0;
    double symmetric = 0;
    for (const std::uint64_t seed : {1, 2, 3}) {
        const Graph graph = test::chain_net(seed);
        const Compressor compressor(graph, test::random_frames(graph, 1, 100));
        const Recipe recipe{.factorisations = {{"conv1", 6}, {"conv2", 6}, {"conv3", 6}}};
        const compress::Frames unseen = test::random_frames(graph, 2, 60);
        asymmetric += test::error_of(graph, compressor.build(recipe), unseen);
        symmetric += test::error_of(graph, compressor.build(recipe, {.asymmetric = false}), unseen);
    }
    CHECK(asymmetric < 0.95 * symmetric);
}

TEST_CASE("compress: passes over some of the frames fit nearly as well, and run no others", "[compress]") {
    const Graph graph = test::chain_net(1);
    const Compressor compressor(graph, test::random_frames(graph, 1, 100));
    const Recipe recipe{.factorisations = {{"conv1", 6}, {"conv2", 6}, {"conv3", 6}}};
    const compress::Frames unseen = test::random_frames(graph, 2, 60);
    const double all = test::error_of(graph, compressor.build(recipe), unseen);
    BuildOptions options;
    options.frames = 30;
    std::size_t most = 0;
    options.progress = [&](std::size_t, std::size_t of) { most = std::max(most, of); };
    const double some = test::error_of(graph, compressor.build(recipe, options), unseen);
    CHECK(most == 30);
    CHECK(some >= all);
    CHECK(some < 1.3 * all);
    options.frames = 1000;
    CHECK(graph::onnx_bytes(compressor.build(recipe, options)) == graph::onnx_bytes(compressor.build(recipe)));
}

TEST_CASE("compress: the same seed gives the same file, and progress is told", "[compress]") {
    const Graph graph = test::residual_net(1);
    const compress::Frames frames = test::random_frames(graph, 1, 10);
    std::size_t last = 0;
    const compress::Progress progress = [&](std::size_t done, std::size_t of) {
        CHECK(of == 10);
        last = done;
    };
    const Recipe recipe{.prunings = {{"stem", 9}}, .factorisations = {{"b2", 5}}, .bottlenecks = {{"sum1_out", 4}}};
    std::vector<std::string> passes;
    BuildOptions options;
    options.on_pass = [&](const std::string& layer, std::size_t, std::size_t) { passes.push_back(layer); };
    const std::string first =
        graph::onnx_bytes(Compressor(graph, frames, {.seed = 5}, progress).build(recipe, options));
    CHECK(last == 10);
    CHECK(passes == std::vector<std::string>{"a1", "a2", "sum1_out", "b1", "b2", "down", "fc"});
    CHECK(first == graph::onnx_bytes(Compressor(graph, frames, {.seed = 5}).build(recipe)));
    CHECK(first != graph::onnx_bytes(Compressor(graph, frames, {.seed = 6, .rows = 500}).build(recipe)));
}

TEST_CASE("compress: wide layers go through the range finder", "[compress]") {
    test::Net net(1);
    const graph::TensorId x = net.fc("wide", net.input({1, 20}), compress::kDenseChannels + 200, false);
    const Graph graph = net.finish({net.fc("fc", x, 10)});
    const Compressor compressor(graph, test::random_frames(graph, 1, 40));
    const compress::Spectrum spectrum = compressor.layer_spectrum("wide");
    REQUIRE(spectrum.lost.size() == 21);
    CHECK(spectrum.lost[20] < 1e-6);
    CHECK(spectrum.lost[10] > 0.01);
    const Graph built = compressor.build({.factorisations = {{"wide", 20}}});
    CHECK(test::error_of(graph, built, test::random_frames(graph, 2, kFrames)) < kSame);
}

TEST_CASE("compress: answers through a codec differ by what it rounds", "[compress]") {
    const Graph graph = test::chain_net(1);
    const compress::Frames frames = test::random_frames(graph, 1, 10);
    const auto exact = compress::answers(graph, frames);
    REQUIRE(exact.size() == 10);
    CHECK(exact[0].size() == 10);
    const auto same = compress::answers(graph, frames, {{"conv2_out", wire::Codec::fp32}});
    CHECK(compress::difference(exact, same).relative_error < 1e-6);
    const auto coarse =
        compress::answers(graph, frames, {{"conv2_out", wire::Codec::int8}, {"input", wire::Codec::fp16}});
    const compress::Difference difference = compress::difference(exact, coarse);
    CHECK(difference.relative_error > 1e-5);
    CHECK(difference.relative_error < 0.05);
    CHECK(difference.agreement >= 0.9);
    CHECK(compress::difference(exact, exact).agreement == 1);
}

TEST_CASE("compress: samples pair up whatever else is sampled, and stay within their memory", "[compress]") {
    const Graph graph = test::chain_net(1);
    const compress::Frames frames = test::random_frames(graph, 1, 7);
    const auto alone = compress::sample(graph, {.layers = {"conv2"}}, frames, {.rows = 20});
    const auto both =
        compress::sample(graph, {.layers = {"conv1", "conv2"}, .tensors = {"input", "fc1_out"}}, frames, {.rows = 20});
    CHECK(alone.responses.at("conv2").values == both.responses.at("conv2").values);
    CHECK(alone.responses.at("conv2").rows() == 20);
    CHECK(both.tensors.at("fc1_out").rows() == 7);
    const auto& responses = alone.responses.at("conv2").values;
    CHECK(std::any_of(responses.begin(), responses.end(), [](float value) { return value < 0; }));  // before the ReLU
    const auto little = compress::sample(graph, {.layers = {"conv2"}}, frames, {.memory = util::Bytes(16 * 4 * 5)});
    CHECK(little.responses.at("conv2").rows() == 5);
}

TEST_CASE("compress: what cannot be done is refused with its reason", "[compress]") {
    const Graph graph = test::chain_net(1);
    const compress::Frames frames = test::random_frames(graph, 1, 3);
    CHECK(code_of([&] { Compressor(graph, {}); }) == util::Errc::no_input);
    CHECK_THROWS_WITH(Compressor(graph, {}), "there are no inputs to run the model on");

    compress::Frames broken = frames;
    broken.load = [&](std::size_t frame) {
        std::vector<graph::Tensor> inputs = frames.load(frame);
        if (frame == 1) inputs[0].floats()[5] = std::numeric_limits<float>::quiet_NaN();
        return inputs;
    };
    CHECK_THROWS_WITH(Compressor(graph, broken), "layer 'conv1' has a value that is not finite for frame 1");
    compress::Frames foreign{1, [](std::size_t) { return std::vector{graph::Tensor({graph::make_box(1, 3, 5, 5)})}; }};
    CHECK_THROWS_WITH(Compressor(graph, foreign), "frame 0 does not fit the model's input 'input'");
    foreign.load = [](std::size_t) { return std::vector<graph::Tensor>{}; };
    CHECK_THROWS_WITH(Compressor(graph, foreign), "frame 0 has 0 inputs, the model 1");

    const Compressor compressor(graph, frames);
    const auto refused = [&](const Recipe& recipe) { return code_of([&] { (void)compressor.build(recipe); }); };
    CHECK(refused({}) == util::Errc::impossible);
    CHECK(refused({.factorisations = {{"conv2", 0}}}) == util::Errc::impossible);
    CHECK(refused({.factorisations = {{"conv2", 17}}}) == util::Errc::impossible);
    CHECK(refused({.factorisations = {{"conv2", 3}, {"conv2", 4}}}) == util::Errc::impossible);
    CHECK(refused({.factorisations = {{"pool", 3}}}) == util::Errc::data);
    CHECK(refused({.prunings = {{"conv1", 0}}}) == util::Errc::impossible);
    CHECK(refused({.prunings = {{"conv1", 17}}}) == util::Errc::impossible);
    CHECK(refused({.prunings = {{"fc2", 3}}}) == util::Errc::data);
    CHECK(refused({.bottlenecks = {{"conv1_out", 17}}}) == util::Errc::impossible);
    CHECK(refused({.bottlenecks = {{"fc2_out", 3}}}) == util::Errc::data);
    CHECK(refused({.prunings = {{"conv2", 4}}, .factorisations = {{"conv2", 6}}}) == util::Errc::impossible);
    CHECK_THROWS_WITH(compressor.build({.factorisations = {{"conv2", 17}}}), "rank 17 for 'conv2', which has 1 to 16");
    CHECK_THROWS_WITH(compress::sample(graph, {.layers = {"pool"}}, frames, {}), "layer 'pool' has no weights");
    CHECK_THROWS_WITH(compress::sample(graph, {.tensors = {"nothing"}}, frames, {}),
                      "the model has no tensor 'nothing'");

    test::Net net(1);
    const Graph nothing = net.finish({net.softmax("soft", net.input({1, 5}))});
    CHECK(code_of([&] { Compressor(nothing, test::random_frames(nothing, 1, 3)); }) == util::Errc::impossible);
}

TEST_CASE("compress: models of any kinds of operators give the same answers once written as ONNX", "[compress]") {
    test::RandomGraphOptions options;
    options.whole_kinds = false;
    int compared = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        util::Random random(seed);
        const Graph graph = test::random_graph(random, options);
        INFO("seed " << seed << "\n" << test::describe(graph));
        const compress::Frames frames = test::random_frames(graph, seed, 1);
        try {
            const double error = test::error_of(graph, read_again(graph), frames);
            CHECK(error < kSame);
            ++compared;
        } catch (const util::Error& error) {  // a pool that ONNX does not have
            CHECK(error.code() == util::Errc::impossible);
        }
    }
    CHECK(compared > 50);
}
