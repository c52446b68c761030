#include "cost/comparison.hpp"

#include <catch2/catch.hpp>

#include "support/catalogue.hpp"

using namespace convoy;
using namespace convoy::cost;

namespace {

Prediction prediction() {
    Prediction made;
    made.timeline.latency = util::from_milliseconds(65);
    made.throughput_per_s = 20;
    made.bytes = util::Bytes(1000);
    made.messages = 3;
    made.rounds = 2;
    made.redundant = util::Flops(1.5e6);
    made.peak_memory = {util::Bytes(10), util::Bytes(70), util::Bytes(30)};
    return made;
}

Comparison small_comparison() {
    Comparison comparison;
    comparison.generator = "convoy-partition 0.1.0";
    comparison.model_file = "vgg16.onnx";
    comparison.model_sha256 = "5be0";
    comparison.cluster_file = "cluster.yaml";
    comparison.lower_bound = util::from_milliseconds(26);
    comparison.best_device = "a";
    comparison.best_device_latency = util::from_milliseconds(52);
    comparison.strategies = {compare("rows", prediction(), comparison.lower_bound, comparison.best_device_latency)};
    comparison.strategies.back().note = "one device is faster: transfers take 63 %";
    comparison.strategies.push_back(comparison.strategies.front());
    comparison.strategies.back().strategy = "local";
    comparison.strategies.back().energy = util::Joules(0.25);
    comparison.left_out = {{"chain", "the model is not a chain"}};
    return comparison;
}

}  // namespace

TEST_CASE("cost: a row of a comparison relates a plan to the bound and to the best device", "[cost]") {
    const ComparisonRow row = compare("rows", prediction(), util::from_milliseconds(26), util::from_milliseconds(52));
    CHECK(row.ratio_to_bound == Approx(2.5));
    REQUIRE(row.ratio_to_best_device);
    CHECK(*row.ratio_to_best_device == Approx(1.25));
    CHECK(row.peak_memory == util::Bytes(70));
    CHECK(compare("rows", prediction(), util::Seconds(0), util::Seconds(0)).ratio_to_bound == 1);
}

TEST_CASE("cost: a comparison is read back as it was written", "[cost]") {
    for (const yaml::Format format : {yaml::Format::yaml, yaml::Format::json}) {
        const std::string text = write_comparison(small_comparison(), format);
        const Comparison again = read_comparison(util::FileView::from_bytes(text, "c.yaml"));
        CHECK(write_comparison(again, format) == text);
        REQUIRE(again.strategies.size() == 2);
        CHECK(again.strategies[0].note == small_comparison().strategies[0].note);
        CHECK(again.strategies[1].energy == util::Joules(0.25));
        CHECK(again.left_out == small_comparison().left_out);
        CHECK(again.best_device == "a");
        CHECK(util::milliseconds(again.lower_bound) == Approx(26));
    }
}

TEST_CASE("cost: a model that fits into no single device is compared without one", "[cost]") {
    Comparison comparison = small_comparison();
    comparison.best_device.clear();
    comparison.best_device_latency.reset();
    comparison.strategies = {compare("oc", prediction(), comparison.lower_bound, std::nullopt)};
    CHECK_FALSE(comparison.strategies.front().ratio_to_best_device);
    const std::string text = write_comparison(comparison);
    CHECK(text.find("best_device") == std::string::npos);
    CHECK(read_comparison(util::FileView::from_bytes(text, "c.yaml")) == comparison);
}

TEST_CASE("cost: each bad comparison of the catalogue gets its message", "[cost]") {
    test::check_catalogue("comparison", [](const util::FileView& file) { (void)read_comparison(file); });
}
