#include "latency/model.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include "latency/bed.hpp"
#include "latency/features.hpp"
#include "latency/pace.hpp"
#include "latency/reference.hpp"
#include "support/catalogue.hpp"
#include "support/synthetic.hpp"
#include "util/random.hpp"

using namespace convoy;
using namespace convoy::latency;
using test::convolution_work;

namespace {

DeviceModel two_types() {
    DeviceModel::Parts parts;
    parts.context.device = "a";
    parts.piece_overhead = util::Seconds(5e-6);
    parts.usual_paces = {{1, 0, util::FlopsPerSecond(40e9)}, {1, 0.5, util::FlopsPerSecond(35e9)}};
    parts.operators = {{"convolution",
                        1,
                        "least_squares",
                        {"one", "flops", "flops_loaded"},
                        {1e-5, 1e-10, 2e-11},
                        0.5,
                        Accuracy{12, 0.05, 0.99, 0.9, 1}},
                       {"max_pool", 1, "least_squares", {"one", "bytes_loaded"}, {1e-6, 1e-9}, 0, std::nullopt}};
    return DeviceModel(std::move(parts));
}

cluster::Device device(const std::string& name) {
    cluster::Device device;
    device.name = name;
    device.latency = "x.latency.yaml";
    return device;
}

DeviceModel read_text(const std::string& text) {
    return read_latency(util::FileView::from_bytes(text, "a.latency.yaml"));
}

}  // namespace

TEST_CASE("latency: a model is read back as it was written", "[latency]") {
    for (const yaml::Format format : {yaml::Format::yaml, yaml::Format::json}) {
        const DeviceModel again = read_text(write_latency(two_types(), format));
        CHECK(again.operators() == two_types().operators());
        CHECK(again.usual_paces() == two_types().usual_paces());
        CHECK(planning_hash(again) == planning_hash(two_types()));
        CHECK(write_latency(again, format) == write_latency(two_types(), format));
    }
}

TEST_CASE("latency: predictions are positive and never fall with FLOPs, bytes or load", "[latency]") {
    util::Random random(3);
    const DeviceModel model = two_types();
    for (int round = 0; round < 500; ++round) {
        samples::WorkShape work = convolution_work(random.integer(1, 64), random.integer(1, 64), random.integer(1, 64));
        if (random.chance(0.5)) work.kind = graph::Kind::max_pool;
        if (random.chance(0.3)) work.kind = graph::Kind::softmax;
        const double load = random.uniform() * 0.9;
        const util::Seconds time = model.predict(work, {load, 1});
        CHECK(time.count() > 0);
        samples::WorkShape more = work;
        more.flops = more.flops * (1 + random.uniform());
        more.input_bytes += util::Bytes(random.integer(0, 1000));
        CHECK(model.predict(more, {load, 1}) >= time);
        CHECK(model.predict(work, {load + 0.05, 1}) >= time);
    }
}

TEST_CASE("latency: an operator type that was not sampled takes the slowest of those that were", "[latency]") {
    const DeviceModel model = two_types();
    CHECK(model.fallback("softmax"));
    CHECK_FALSE(model.fallback("convolution"));
    samples::WorkShape work = convolution_work(8, 8, 8);
    const util::Seconds convolution = model.predict(work, {});
    work.kind = graph::Kind::max_pool;
    const util::Seconds pool = model.predict(work, {});
    work.kind = graph::Kind::softmax;
    CHECK(model.predict(work, {}) == std::max(convolution, pool));
}

TEST_CASE("latency: accuracy is told by mean error, explained variance and shares within bounds", "[latency]") {
    const std::vector<double> measured{1, 2, 4, 5};
    const std::vector<double> predicted{1.05, 2.3, 3, 5};
    const Accuracy result = accuracy(measured, predicted);
    CHECK(result.samples == 4);
    CHECK(result.mape == Approx((0.05 + 0.15 + 0.25) / 4));
    CHECK(result.within_10 == Approx(0.5));
    CHECK(result.within_20 == Approx(0.75));
    CHECK(result.r2 == Approx(1 - (0.0025 + 0.09 + 1) / 10));
    CHECK(accuracy({}, {}) == Accuracy{});
}

TEST_CASE("latency: every feature is finite and not negative, and its name is unique", "[latency]") {
    for (const Feature& feature : features()) {
        CHECK(find_feature(feature.name) == &feature);
        for (const double load : {0.0, 0.5, 0.999}) {
            for (const double pace : {1 / kLargestRelativePace, 1.0, kLargestRelativePace}) {
                const double value = feature.value(convolution_work(3, 4, 5), {load, pace});
                CHECK(std::isfinite(value));
                CHECK(value >= 0);
            }
        }
    }
    CHECK(find_feature("flop") == nullptr);
}

TEST_CASE("latency: the yardstick of gflop_per_s is vgg16 as it is published", "[latency]") {
    double multiply_adds = 0;
    std::int64_t weights = 0;
    for (const samples::WorkShape& work : reference_model()) {
        weights += work.weight_bytes.value / 4;
        if (work.kind == graph::Kind::max_pool) continue;
        multiply_adds += (work.flops.value - 2 * static_cast<double>(work.output.volume())) / 2;
    }
    CHECK(weights == 138357544);
    CHECK(multiply_adds == Approx(15.47e9).epsilon(0.001));
    CHECK(reference_rate(test::linear_model(4e9)).value == Approx(4e9).epsilon(1e-6));
}

TEST_CASE("latency: a device's speed is as given, or what its gflop_per_s comes to", "[latency]") {
    cluster::Cluster cluster;
    cluster.every = cluster::Link{util::from_mbit_per_s(80), util::Seconds(0.001), util::Seconds(0.01)};
    cluster.devices = {device("a"), device("b"), device("c"), device("d")};
    cluster.devices[0].load = 0.5;
    cluster.devices[1].speed = 0.5;
    cluster.devices[2].rate = util::FlopsPerSecond(2e9);
    cluster.devices[3].rate = util::FlopsPerSecond(1e9);
    cluster.devices[3].latency.clear();
    const DeviceModel model = test::linear_model(4e9);
    const Bed bed(cluster, {model, model, model, DeviceModel::of_rate(util::FlopsPerSecond(1e9))});
    CHECK(bed.speed(1) == 0.5);
    CHECK(bed.speed(2) == Approx(0.5).epsilon(1e-6));
    const samples::WorkShape work = convolution_work(8, 8, 8);
    CHECK(bed.time(0, work).count() == Approx(2 * work.flops.value / 4e9));
    CHECK(bed.time(1, work).count() == Approx(2 * work.flops.value / 4e9));
    CHECK(bed.time(3, work).count() == Approx(work.flops.value / 1e9));
    CHECK(bed.occupancy(0, 1, util::Bytes(10000)).count() == Approx(0.002));
    CHECK(bed.delay(1, 0) == util::Seconds(0.01));
}

TEST_CASE("latency: a cluster finds the files that it names beside itself", "[latency]") {
    const std::filesystem::path folder = std::filesystem::temp_directory_path() / "convoy_latency_bed_test";
    std::filesystem::create_directories(folder);
    util::write_file((folder / "a.latency.yaml").string(), write_latency(two_types()));
    samples::Profile profile;
    profile.context.device = "a";
    profile.link = samples::LinkProfile{"", "b", {}, {util::Seconds(0.002), util::from_mbit_per_s(8), {}}};
    util::write_file((folder / "l.yaml").string(), samples::write_profile(profile));
    util::write_file((folder / "c.yaml").string(),
                     "schema: convoy.cluster/1\ndevices: [{name: a, latency: a.latency.yaml}, "
                     "{name: b, latency: a.latency.yaml, speed: 2}]\n"
                     "links: {pairs: [{from: a, to: b, profile: l.yaml}]}\n");
    const Bed bed = Bed::read(read_cluster(util::FileView::open((folder / "c.yaml").string())));
    CHECK(bed.occupancy(1, 0, util::Bytes(1000)).count() == Approx(0.003));
    CHECK(bed.piece_overhead(1) == util::Seconds(2.5e-6));
    std::filesystem::remove_all(folder);
}

TEST_CASE("latency: a bed tells what makes its predictions of a model doubtful", "[latency]") {
    graph::GraphBuilder builder;
    const graph::TensorId x = builder.add_tensor("x", {1, 4});
    graph::Operator softmax;
    softmax.name = "softmax";
    softmax.kind = graph::Kind::softmax;
    softmax.onnx_type = "Softmax";
    softmax.inputs = {x};
    softmax.outputs = {builder.add_tensor("y", {1, 4})};
    builder.add_input(x);
    builder.add_operator(softmax);
    builder.add_output(softmax.outputs[0]);
    const graph::Graph graph = builder.finish();
    cluster::Cluster cluster;
    cluster.devices = {device("a"), device("b")};
    cluster.devices[0].load = 0.75;
    cluster.devices[0].threads = 4;
    cluster.devices[1].latency.clear();
    cluster.devices[1].rate = util::FlopsPerSecond(1e9);
    const Bed bed(cluster, {two_types(), DeviceModel::of_rate(util::FlopsPerSecond(1e9))});
    CHECK(bed.doubts(graph) ==
          std::vector<std::string>{"a: softmax was never sampled: the slowest sampled type stands in",
                                   "a: its load 0.75 is beyond the samples' 0.50",
                                   "a: 4 threads were not sampled, only 1"});
}

TEST_CASE("latency: a changed cluster keeps the latency models of the files that it names", "[latency]") {
    cluster::Cluster cluster;
    cluster.devices = {device("a"), device("b")};
    cluster.devices[1].latency.clear();
    cluster.devices[1].rate = util::FlopsPerSecond(1e9);
    const Bed bed(cluster, {test::linear_model(4e9), DeviceModel::of_rate(util::FlopsPerSecond(1e9))});
    cluster::Cluster changed = cluster;
    changed.devices[0].speed = 0.5;
    changed.devices[1].rate = util::FlopsPerSecond(3e9);
    changed.devices.push_back(changed.devices[0]);
    changed.devices[2].name = "a2";
    const Bed other = bed.on(changed);
    const samples::WorkShape work = convolution_work(8, 8, 8);
    CHECK(other.time(0, work).count() == Approx(2 * work.flops.value / 4e9));
    CHECK(other.time(1, work).count() == Approx(work.flops.value / 3e9));
    CHECK(other.time(2, work) == other.time(0, work));
    changed.devices[2].latency = "never-read.yaml";
    CHECK_THROWS_WITH(bed.on(changed), "no latency model of 'a2' is known");
}

TEST_CASE("latency: a device without a latency model is refused with its name", "[latency]") {
    cluster::Cluster cluster;
    cluster.devices = {device("pi")};
    cluster.devices[0].latency.clear();
    CHECK_THROWS_WITH(Bed::read(cluster), "device 'pi' has no latency model");
}

TEST_CASE("latency: each bad file of the catalogue gets its message", "[latency]") {
    test::check_catalogue("latency", [](const util::FileView& file) { (void)read_latency(file); });
}
