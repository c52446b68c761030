#include <catch2/catch.hpp>

#include "cost/comparison.hpp"
#include "latency/evaluation.hpp"
#include "report/report.hpp"
#include "samples/profile.hpp"
#include "traces.hpp"

using namespace convoy;
using report::Cell;

namespace {

report::Section report_on(const std::string& text) {
    const util::FileView file = test::as_file(text);
    return report::read({&file, 1}).sections.at(0);
}

samples::Times times(double ms) {
    const util::Seconds time = util::from_milliseconds(ms);
    return {.n = 5, .median = time, .min = time * 0.5, .p95 = time * 2, .spread = time * 0.1};
}

samples::LayerSample sample(const std::string& op, double load, double ms) {
    samples::LayerSample sample;
    sample.op = op;
    sample.work.kind = graph::Kind::convolution;
    sample.work.onnx_type = "Conv";
    sample.work.output = sample.work.whole_output = graph::make_box(1, 8, 6, 6);
    sample.work.inputs = {graph::make_box(1, 3, 6, 6)};
    sample.work.channels = 3;
    sample.work.flops = util::Flops(1e6);
    sample.load_offered = load;
    sample.time = times(ms);
    return sample;
}

samples::Profile profile() {
    samples::Profile profile;
    profile.context = {"a", "Some CPU", 4, "Linux 6.1", "performance", {}};
    profile.model_file = "lenet5.onnx";
    profile.model_sha256 = "ab12";
    profile.model_flops = util::Flops(833'000);
    profile.piece_overhead = times(0.003);
    profile.whole_model = {{0, 0.01, 2, times(1.5)}};
    profile.layers = {sample("conv1", 0, 1), sample("conv1", 0.5, 2), sample("conv2", 0, 4)};
    return profile;
}

}  // namespace

TEST_CASE("report: a profile is summed up by operator type, load and the whole model", "[report]") {
    const report::Section section = report_on(samples::write_profile(profile()));
    CHECK(section.title == "measurements on a");
    CHECK(section.lines.at(0).text == "a: Some CPU, 4 cores, Linux 6.1, CPU governor performance");
    CHECK(section.lines.at(1).text == "lenet5.onnx, 833 kFLOP");
    CHECK(section.lines.at(2).text ==
          "3 samples of 2 operators, under CPU loads of 0 %, 50 %; 3.00 us for each piece beside its operators");
    REQUIRE(section.tables.size() == 2);
    CHECK(section.tables[1].rows == std::vector<std::vector<Cell>>{{"convolution", std::int64_t{3}, 1.0, 4.0, 0.5}});
}

TEST_CASE("report: a profile tells how sure its samples are, and what a pass makes of them", "[report]") {
    samples::Profile swept = profile();
    swept.layers[0].stop = samples::Stop::stable;
    swept.layers[0].repeated = util::from_milliseconds(0.8);
    swept.layers[1].stop = samples::Stop::max_runs;
    swept.layers[2].stop = samples::Stop::budget;
    swept.missing = 5;
    swept.sweep = samples::Sweep{7, 40};
    swept.context.cpu_limit = 1.5;
    swept.context.throttled = 2;
    swept.whole_model[0].load_before = 0.02;
    using util::FlopsPerSecond;
    swept.pace = samples::PaceRange{FlopsPerSecond(25e9), FlopsPerSecond(20e9), FlopsPerSecond(26.5e9)};
    swept.codecs = {{"fp16", util::Bytes(1'000'000), times(0.5), times(0.25)}};
    const report::Section section = report_on(samples::write_profile(swept));
    CHECK(section.lines.at(0).text ==
          "a: Some CPU, 4 cores, Linux 6.1, CPU governor performance, limited to 1.50 of them, throttled 2 times");
    CHECK(section.lines.at(3).text ==
          "1 stable, 1 after all runs that were allowed, 1 cut short by the budget, 5 missing; operators take 25.0 % "
          "more in a pass than repeated at once");
    CHECK(section.lines.at(4).text == "25 GFLOP/s of plain arithmetic, from 20 to 26.5");
    CHECK(section.lines.at(5).text == "40 synthetic layers of each kind, seed 7");
    REQUIRE(section.tables.size() == 3);
    CHECK(section.tables[0].rows[0][2] == Cell{0.02});
    CHECK(section.tables[2].rows ==
          std::vector<std::vector<Cell>>{{"fp16", std::int64_t{1'000'000}, 0.5, 0.25, 2.0, 4.0}});
}

TEST_CASE("report: a measured link is set against its fit", "[report]") {
    samples::Profile link = profile();
    link.layers.clear();
    link.whole_model.clear();
    link.link = samples::LinkProfile{"tcp://127.0.0.1:5555",
                                     "b",
                                     {{util::Bytes(10'000), samples::Direction::out, times(3), times(2)}},
                                     {util::Seconds(0.0004), util::from_mbit_per_s(80), util::Seconds(0)}};
    const report::Section section = report_on(samples::write_profile(link));
    CHECK(section.lines.back().text == "to b (tcp://127.0.0.1:5555): 80.0 Mbit/s, 0.400 ms per message");
    REQUIRE(section.tables.size() == 1);
    CHECK(section.tables[0].rows ==
          std::vector<std::vector<Cell>>{{std::int64_t{10'000}, std::int64_t{1}, "out", 1.4, 2.0, 0.428571, 3.0}});
}

TEST_CASE("report: a link is shown by direction, with bursts and jitter", "[report]") {
    samples::Profile link = profile();
    link.layers.clear();
    link.whole_model.clear();
    const samples::LinkFit out{util::Seconds(0.0004), util::from_mbit_per_s(80), util::Seconds(0.001),
                               util::Seconds(0.0002)};
    const samples::LinkFit back{util::Seconds(0.0008), util::from_mbit_per_s(40), util::Seconds(0)};
    link.link = samples::LinkProfile{"tcp://127.0.0.1:5555",
                                     "b",
                                     {{util::Bytes(10'000), samples::Direction::back, times(4), times(3)},
                                      {util::Bytes(1'000), samples::Direction::out, times(4), times(6), 10}},
                                     out,
                                     back};
    link.links = {*link.link};
    const report::Section section = report_on(samples::write_profile(link));
    REQUIRE(section.lines.size() >= 2);
    CHECK(section.lines[section.lines.size() - 2].text ==
          "to b (tcp://127.0.0.1:5555): 80.0 Mbit/s, 0.400 ms per message, then 1.00 ms; jitter 0.200 ms");
    CHECK(section.lines.back().text == "from b: 40.0 Mbit/s, 0.800 ms per message");
    REQUIRE(section.tables.size() == 2);
    CHECK(section.tables[0].rows ==
          std::vector<std::vector<Cell>>{{std::int64_t{10'000}, std::int64_t{1}, "back", 2.8, 3.0, 0.071429, 4.0},
                                         {std::int64_t{1'000}, std::int64_t{10}, "out", 6.0, 6.0, 0.0, 4.0}});
    CHECK(section.tables[1].rows ==
          std::vector<std::vector<Cell>>{{"a", "b", 80.0, 0.4, 1.0, 0.2}, {"b", "a", 40.0, 0.8, 0.0, 0.0}});
}

TEST_CASE("report: a cluster shows devices, links and who holds input and output", "[report]") {
    const report::Section section = report_on(
        "schema: convoy.cluster/1\n"
        "source: a\n"
        "sink: b\n"
        "devices:\n"
        "  - {name: a}\n"
        "  - {name: b, gflop_per_s: 4, memory_bytes: 1000}\n"
        "links: {rate_mbit_per_s: 100, pairs: [{from: a, to: b, rate_mbit_per_s: 6, delay_ms: 10}]}\n");
    CHECK(section.title == "2 devices");
    REQUIRE(section.tables.size() == 2);
    CHECK(section.tables[0].rows[0][1] == Cell("source"));
    CHECK(section.tables[0].rows[1][1] == Cell("sink"));
    CHECK(section.tables[1].rows[1] == std::vector<Cell>{"a", "b", 6.0, 0.0, 10.0, 0.0});
}

TEST_CASE("report: a latency model shows the error of each operator type on layers held out", "[report]") {
    latency::DeviceModel::Parts parts;
    parts.context.device = "a";
    parts.piece_overhead = util::Seconds(5e-6);
    parts.operators = {
        {"convolution", 1, "least_squares", {"flops"}, {1e-9}, 0.5, latency::Accuracy{30, 0.08, 0.99, 0.7, 0.9}},
        {"gemm", 1, "least_squares", {"flops"}, {1e-9}, 0, latency::Accuracy{10, 0.04, 0.98, 1, 1}},
        {"relu", 1, "least_squares", {"flops"}, {1e-9}, 0, std::nullopt}};
    const report::Section section = report_on(latency::write_latency(latency::DeviceModel(parts)));
    CHECK(section.lines.back().text == "predictions are off by 7.0 % on average");
    REQUIRE(section.tables.size() == 1);
    const report::Table& table = section.tables[0];
    REQUIRE(table.rows.size() == 3);
    CHECK(table.rows[0][5] == Cell(0.08));
    CHECK(table.rows[2][5] == Cell());
    CHECK(table.notes.at(0) == "types without an error had too few layers to hold any out");
}

TEST_CASE("report: a plan shows who computes what, and its prediction", "[report]") {
    const std::string plan =
        "schema: convoy.plan/1\n"
        "generator: convoy-partition 0.1.0\n"
        "strategy: rows\n"
        "devices: [a, b]\n"
        "stages:\n"
        "  - layers: [conv1..pool1]\n"
        "    shares: {a: {h: [0, 6]}, b: [{h: [6, 9]}, {h: [9, 14], in: {c: [0, 3]}}]}\n"
        "  - {hold: pool1_out, on: a}\n";
    const report::Section bare = report_on(plan);
    CHECK(bare.title == "a plan by the strategy rows, made by convoy-partition 0.1.0");
    CHECK(bare.lines.back().text == "not predicted");
    REQUIRE(bare.tables.size() == 1);
    const auto& rows = bare.tables[0].rows;
    REQUIRE(rows.size() == 3);
    CHECK(rows[0] ==
          std::vector<Cell>{std::int64_t{0}, std::int64_t{0}, "conv1..pool1", "a", std::int64_t{1}, "h 0..6"});
    CHECK(rows[1].back() == Cell("h 6..9; h 9..14, sums over c 0..3"));
    CHECK(rows[2][2] == Cell("hold pool1_out"));

    const report::Section predicted =
        report_on(plan +
                  "predicted:\n"
                  "  latency_ms: 8\n"
                  "  spans:\n"
                  "    - {device: a, stage: 0, activity: compute, begin_ms: 0, end_ms: 6}\n"
                  "    - {device: b, stage: 0, activity: compute, begin_ms: 2, end_ms: 4}\n");
    CHECK(predicted.lines.back().text == "predicted 8.00 ms");
    REQUIRE(predicted.tables.size() == 3);
    CHECK(predicted.tables[1].key == "stages");
    CHECK(predicted.tables[2].rows[0] == std::vector<Cell>{"a", "source, sink", 0.75, 6.0, 0.75});
}

TEST_CASE("report: a comparison names the bound, the best device and the fastest strategy", "[report]") {
    cost::Comparison comparison;
    comparison.model_file = "vgg16.onnx";
    comparison.model_sha256 = "ab12";
    comparison.cluster_file = "cluster.yaml";
    comparison.lower_bound = util::Seconds(0.1);
    comparison.best_device = "c";
    comparison.best_device_latency = util::Seconds(0.4);
    for (const auto& [name, seconds] : {std::pair{"local", 0.5}, std::pair{"rows", 0.2}}) {
        cost::ComparisonRow row;
        row.strategy = name;
        row.latency = util::Seconds(seconds);
        row.ratio_to_bound = seconds / 0.1;
        row.ratio_to_best_device = seconds / 0.4;
        comparison.strategies.push_back(row);
    }
    comparison.left_out = {{"cols", "no layer can be cut"}};
    const report::Section section = report_on(cost::write_comparison(comparison));
    CHECK(section.lines.at(2).text == "no plan can be faster than 100 ms");
    CHECK(section.lines.at(3).text == "c alone, 400 ms");
    CHECK(section.lines.at(4).text == "rows, 200 ms");
    REQUIRE(section.tables.size() == 2);
    CHECK(section.tables[0].rows[1][4] == Cell(0.5));
    CHECK(section.tables[1].rows == std::vector<std::vector<Cell>>{{"cols", "no layer can be cut"}});
}

TEST_CASE("report: an evaluation shows errors by operator type and the whole model", "[report]") {
    latency::Evaluation evaluation{.device = "pi", .model = "vgg16.onnx", .types = {}, .whole_model = {}};
    evaluation.types.push_back({"Conv", {10, 0.05, 0.99, 0.9, 1}, false});
    evaluation.types.push_back({"Gelu", {2, 0.5, 0.1, 0, 0.5}, true});
    evaluation.types.push_back({"all", {12, 0.125, 0.9, 0.75, 0.9}, false});
    evaluation.whole_model.push_back({0.5, 2, util::Seconds(0.2), util::Seconds(0.25)});
    const report::Section section = report_on(latency::write_evaluation(evaluation));
    CHECK(section.lines.back().text ==
          "predictions of 12 samples are off by 12.5 % on average, 90.0 % of them by at most 20 %");
    REQUIRE(section.tables.size() == 2);
    CHECK(section.tables[0].rows[1].back() == Cell("never sampled"));
    CHECK(section.tables[1].rows ==
          std::vector<std::vector<Cell>>{{Cell(0.5), Cell(std::int64_t{2}), Cell(250.0), Cell(200.0), Cell(-0.2)}});
}

TEST_CASE("report: a compression names the fastest way, and those that have no plan", "[report]") {
    const util::FileView file = util::FileView::open(CONVOY_TEST_DATA "/compression/v1/digits.yaml");
    const report::Section section = report_on(std::string(file.text()));
    CHECK(section.lines.at(4).text == "1.0 % of accuracy");
    CHECK(section.lines.back().text == "ours, 3.25 ms");
    REQUIRE(section.tables.size() == 2);
    REQUIRE(section.tables[0].rows.size() == 4);
    CHECK(section.tables[0].rows[2][0] == Cell("as it is"));
    CHECK(section.tables[0].rows[2][1] == Cell("ours"));
    CHECK(section.tables[0].rows[3][0] == Cell(0.5));
    CHECK(section.tables[1].rows ==
          std::vector<std::vector<Cell>>{{"as it is", "neurosurgeon", "the model is one block"},
                                         {Cell(100.0), Cell{}, "the time budget ended before it"}});
}

TEST_CASE("report: a run's summary alone is shown as far as it goes", "[report]") {
    const samples::TraceSummary summary = test::run_summary(3, 1.2);
    const report::Section section = report_on(samples::write_summary(summary));
    CHECK(section.title == "the summary of a run");
    CHECK(section.lines.front().label == "devices");
    CHECK(section.lines.front().text == "a, b");
    CHECK(section.warnings.empty());
    REQUIRE(!section.tables.empty());
    CHECK(report_on(samples::write_summary(summary, yaml::Format::json)).tables == section.tables);
}
