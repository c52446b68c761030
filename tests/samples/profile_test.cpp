#include "samples/profile.hpp"

#include <catch2/catch.hpp>

#include "support/catalogue.hpp"

using namespace convoy;
using namespace convoy::samples;
using util::Seconds;

namespace {

constexpr util::FlopsPerSecond kPace(46.25e9);

Times times(double median_ms) {
    return {20, util::from_milliseconds(median_ms), util::from_milliseconds(median_ms / 2),
            util::from_milliseconds(median_ms * 2), util::from_milliseconds(median_ms / 8)};
}

WorkShape convolution() {
    WorkShape work;
    work.kind = graph::Kind::convolution;
    work.onnx_type = "Conv";
    work.output = graph::make_box(1, 8, 4, 6);
    work.output[graph::Axis::h] = {2, 6};
    work.whole_output = graph::make_box(1, 8, 6, 6);
    work.inputs = {graph::make_box(1, 3, 6, 6)};
    work.kernel = {3, 3};
    work.stride = {1, 1};
    work.channels = 3;
    work.flops = util::Flops(2 * 27 * 8 * 24);
    work.input_bytes = util::Bytes(432);
    work.output_bytes = util::Bytes(768);
    work.weight_bytes = util::Bytes(896);
    return work;
}

Profile small_profile() {
    Profile profile;
    profile.context = {"a", "Some CPU: fast", 4, "Linux 6.1", "performance", {{"convoy", "0.1.0"}, {"opencv", "4.6.0"}},
                       2.5};
    profile.context.affinity = {0, 1, 3};
    profile.context.cpu_limit = 1.5;
    profile.context.frequency_mhz = 2400;
    profile.context.temperature_celsius = 61.5;
    profile.context.throttled = 2;
    profile.model_file = "lenet5.onnx";
    profile.model_sha256 = "ab12";
    profile.model_flops = util::Flops(833000);
    profile.piece_overhead = times(0.003);
    profile.whole_model = {{0, 0.01, 2, times(1.5)}};
    profile.whole_model[0].pace = kPace;
    profile.layers = {{"conv1", convolution(), 0.5, 0.48, 2, times(0.125), 0.51, Stop::stable, Seconds(0.0001)},
                      {"conv1", convolution(), 0, 0, 1, times(0.1)}};
    profile.layers[0].pace = util::FlopsPerSecond(37e9);
    profile.pace = pace_range(profile);
    profile.sweep = Sweep{7, 40};
    profile.codecs = {{"fp16", util::Bytes(4096), times(0.01), times(0.02)}};
    profile.missing = 3;
    profile.link =
        LinkProfile{"tcp://127.0.0.1:5555",
                    "b",
                    {{util::Bytes(1000), Direction::out, times(1), times(0.5)},
                     {util::Bytes(100000), Direction::back, times(9), times(4.5)},
                     {util::Bytes(1000), Direction::out, times(2), times(1), 16}},
                    {util::Seconds(0.0005), util::from_mbit_per_s(80), util::Seconds(0.25)},
                    LinkFit{util::Seconds(0.002), util::from_mbit_per_s(40), util::Seconds(0), util::Seconds(0.125)}};
    profile.links = {*profile.link, *profile.link};
    profile.links[1].back.reset();
    return profile;
}

}  // namespace

TEST_CASE("samples: a profile is read back as it was written", "[samples]") {
    for (const yaml::Format format : {yaml::Format::yaml, yaml::Format::json}) {
        const std::string text = write_profile(small_profile(), format);
        const Profile again = read_profile(util::FileView::from_bytes(text, "p.yaml"));
        CHECK(again.context == small_profile().context);
        CHECK(again.layers.front().work == convolution());
        CHECK(again.layers.front().load_before == 0.51);
        CHECK(again.layers.front().stop == Stop::stable);
        CHECK(again.layers.front().repeated == Seconds(0.0001));
        CHECK(again.layers.back() == small_profile().layers.back());
        CHECK(again.layers.front().pace == util::FlopsPerSecond(37e9));
        CHECK_FALSE(again.layers.back().pace);
        CHECK(again.pace == small_profile().pace);
        CHECK(again.whole_model == small_profile().whole_model);
        CHECK(again.sweep == small_profile().sweep);
        CHECK(again.codecs == small_profile().codecs);
        CHECK(again.missing == 3);
        CHECK(util::milliseconds(again.layers.front().time.median) == Approx(0.125));
        REQUIRE(again.link);
        CHECK(again.link->samples[2].messages == 16);
        CHECK(again.link->fitted.delay == util::Seconds(0.25));
        CHECK(again.link->back.value().jitter == util::Seconds(0.125));
        REQUIRE(again.links.size() == 2);
        CHECK(again.links[0] == *again.link);
        CHECK_FALSE(again.links[1].back);
        CHECK(write_profile(again, format) == text);
    }
}

TEST_CASE("samples: the profile of a stretched device has all times but the link's multiplied", "[samples]") {
    const Profile profile = small_profile();
    const Profile slower = stretched(profile, 4);
    CHECK(slower.context.stretch == 10);
    CHECK(slower.piece_overhead->median == 4 * profile.piece_overhead->median);
    CHECK(slower.whole_model[0].time.median == 4 * profile.whole_model[0].time.median);
    CHECK(slower.layers[0].time.p95 == 4 * profile.layers[0].time.p95);
    CHECK(slower.layers[0].time.n == profile.layers[0].time.n);
    CHECK(slower.layers[0].repeated == 4 * *profile.layers[0].repeated);
    CHECK(slower.layers[0].pace == util::FlopsPerSecond(9.25e9));
    CHECK_FALSE(slower.layers[1].pace);
    CHECK(slower.whole_model[0].pace == 0.25 * kPace);
    CHECK(slower.pace == pace_range(slower));
    CHECK(slower.codecs[0].decode.median == 4 * profile.codecs[0].decode.median);
    CHECK(slower.link == profile.link);
    CHECK(slower.links == profile.links);
    CHECK(stretched(profile, 1) == profile);
}

TEST_CASE("samples: the load that counts is the one that was seen before, or else the one that was obtained",
          "[samples]") {
    LayerSample sample;
    sample.load_obtained = 0.4;
    CHECK(sample.load() == 0.4);
    sample.load_before = 0.5;
    CHECK(sample.load() == 0.5);
}

TEST_CASE("samples: a profile of version 1 without what came later is still read", "[samples]") {
    const auto file = util::FileView::open(CONVOY_TEST_DATA "/profile/v1/first.yaml");
    const Profile profile = read_profile(file);
    REQUIRE(profile.layers.size() == 2);
    CHECK_FALSE(profile.layers[0].load_before);
    CHECK(profile.layers[0].load() == profile.layers[0].load_obtained);
    CHECK(profile.layers[0].stop == Stop::unknown);
    CHECK_FALSE(profile.sweep);
    CHECK_FALSE(profile.layers[0].pace);
    CHECK_FALSE(profile.whole_model.at(0).pace);
    CHECK_FALSE(profile.pace);
    CHECK(profile.missing == 0);
    CHECK(profile.context.affinity.empty());
}

TEST_CASE("samples: the paces of a profile are those of its samples", "[samples]") {
    Profile profile;
    CHECK_FALSE(pace_range(profile));
    profile.layers.resize(4);
    for (int i = 0; i < 3; ++i) profile.layers[static_cast<std::size_t>(i)].pace = (i + 2) * kPace;
    const PaceRange range = pace_range(profile).value();
    CHECK(range.usual == 3 * kPace);
    CHECK(range.least / kPace == Approx(2.1));
    CHECK(range.most / kPace == Approx(3.9));
    CHECK(range.variation() == Approx(3.9 / 2.1 - 1));
    profile.whole_model.resize(2);
    for (ModelSample& sample : profile.whole_model) sample.pace = kPace;
    CHECK(pace_range(profile)->usual == 2 * kPace);
}

TEST_CASE("samples: what lowers the pace by itself, load and more threads, is not in a profile's paces", "[samples]") {
    Profile profile;
    profile.layers.resize(3);
    for (LayerSample& sample : profile.layers) sample.pace = kPace;
    profile.layers[0].load_offered = 0.5;
    profile.layers[0].pace = 0.5 * kPace;
    profile.layers[1].threads = 2;
    profile.layers[1].pace = 0.75 * kPace;
    CHECK(pace_range(profile) == PaceRange{kPace, kPace, kPace});
}

TEST_CASE("samples: times are summarised by median, least, 95th percentile and interquartile range", "[samples]") {
    const std::vector<double> seconds{5, 1, 2, 3, 4};
    const Times summary = summarize(seconds);
    CHECK(summary.n == 5);
    CHECK(summary.median.count() == 3);
    CHECK(summary.min.count() == 1);
    CHECK(summary.p95.count() == Approx(4.8));
    CHECK(summary.spread.count() == Approx(2));
}

TEST_CASE("samples: the operator type tells depthwise convolutions and unknown operators apart", "[samples]") {
    WorkShape work = convolution();
    CHECK(operator_type(work) == "convolution");
    work.group = 8;
    work.channels = 1;
    CHECK(operator_type(work) == "depthwise_convolution");
    work.kind = graph::Kind::whole;
    work.onnx_type = "Resize";
    CHECK(operator_type(work) == "whole:Resize");
}

TEST_CASE("samples: each bad profile of the catalogue gets its message", "[samples]") {
    test::check_catalogue("profile", [](const util::FileView& file) { (void)read_profile(file); });
}
