#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>
#include <functional>
#include <map>

#include "cost/comparison.hpp"
#include "cost/compression.hpp"
#include "dataset/preprocess.hpp"
#include "graph/onnx.hpp"
#include "latency/bed.hpp"
#include "latency/evaluation.hpp"
#include "plan/plan_file.hpp"
#include "plan/program.hpp"
#include "samples/trace.hpp"
#include "support/catalogue.hpp"
#include "support/synthetic.hpp"

// Files of every version that convoy has written, tests/data/<kind>/v<version>/: they stay for ever, are read for ever,
// and mean what they meant.

using namespace convoy;

namespace {

namespace fs = std::filesystem;

util::FileView fixture(const std::string& file) { return util::FileView::open(CONVOY_TEST_DATA "/" + file); }

const graph::Graph& digits() {
    static const graph::Graph graph =
        graph::read_onnx(util::FileView::open(CONVOY_TEST_DATA "/../../examples/models/digits.onnx"));
    return graph;
}

void read_trace(const util::FileView& file) {
    samples::TraceReader reader(file);
    while (reader.next()) continue;
}

using Read = std::function<void(const util::FileView&)>;

/// How each kind of file is read, and the oldest and newest version.
struct Kind {
    Read read;
    int oldest = 1;
    int current = 1;
};

std::map<std::string, Kind> kinds() {
    const auto kind = [](const yaml::DocumentKind& described, Read read) {
        return std::pair(described.name, Kind{std::move(read), described.oldest, described.current});
    };
    return {kind(samples::profile_kind(), [](const auto& file) { (void)samples::read_profile(file); }),
            kind(latency::latency_kind(), [](const auto& file) { (void)latency::read_latency(file); }),
            kind(latency::evaluation_kind(), [](const auto& file) { (void)latency::read_evaluation(file); }),
            kind(cluster::cluster_kind(), [](const auto& file) { (void)latency::read_cluster(file); }),
            kind(cost::comparison_kind(), [](const auto& file) { (void)cost::read_comparison(file); }),
            kind(cost::compression_kind(), [](const auto& file) { (void)cost::read_compression(file); }),
            kind(dataset::preprocess_kind(), [](const auto& file) { (void)dataset::read_preprocess(file); }),
            kind(plan::plan_kind(), [](const auto& file) { (void)plan::read_plan(file, digits()); }),
            {"trace", Kind{read_trace}}};
}

std::vector<fs::path> files_in(const fs::path& folder) {
    std::vector<fs::path> files;
    if (!fs::exists(folder)) return files;
    for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<fs::path> fixtures(const std::string& kind, int version) {
    return files_in(fs::path(CONVOY_TEST_DATA) / kind / ("v" + std::to_string(version)));
}

}  // namespace

TEST_CASE("versions: there are files of every version that is read, and each is accepted", "[versions]") {
    for (const auto& [name, kind] : kinds()) {
        for (int version = kind.oldest; version <= kind.current; ++version) {
            INFO(name << " " << version);
            const std::vector<fs::path> files = fixtures(name, version);
            CHECK_FALSE(files.empty());
            for (const fs::path& file : files) {
                CHECK(std::string(util::FileView::open(file.string()).text())
                          .find("schema: convoy." + name + "/" + std::to_string(version)) != std::string::npos);
                CHECK(test::complaint(kind.read, file.string()) == "accepted");
            }
        }
    }
}

TEST_CASE("versions: a newer file is refused with its version and the newest that is read", "[versions]") {
    for (const auto& [name, kind] : kinds()) {
        const std::string newest = "/" + std::to_string(kind.current);
        const std::string newer = "/" + std::to_string(kind.current + 1);
        for (const fs::path& file : fixtures(name, kind.current)) {
            INFO(file);
            std::string text(util::FileView::open(file.string()).text());
            const std::string schema = "convoy." + name;
            text.replace(text.find(schema + newest), (schema + newest).size(), schema + newer);
            try {
                kind.read(util::FileView::from_bytes(text, file.string()));
                FAIL("it was read");
            } catch (const util::Error& error) {
                CHECK(error.code() == util::Errc::data);
                CHECK(error.key() == "schema");
                CHECK(error.message() == "version " + newer.substr(1) + " of the " + name + " format is too new");
                CHECK(error.hint() == "this convoy reads up to version " + newest.substr(1) + ": update it");
            }
        }
    }
}

TEST_CASE("versions: a profile of version 1 has its samples, context and overhead", "[versions]") {
    const samples::Profile profile = samples::read_profile(fixture("profile/v1/layers.yaml"));
    CHECK(profile.context.device == "a");
    CHECK(profile.context.cores == 4);
    CHECK(profile.context.governor == "performance");
    CHECK(profile.context.stretch == 1);
    CHECK(profile.model_file == "lenet5.onnx");
    CHECK(profile.model_flops == util::Flops(833000));
    CHECK(util::milliseconds(profile.piece_overhead.value().median) == Approx(0.003));
    REQUIRE(profile.whole_model.size() == 2);
    CHECK(profile.whole_model[1].load_obtained == 0.48);
    CHECK(util::milliseconds(profile.whole_model[1].time.p95) == Approx(0.78));
    REQUIRE(profile.layers.size() == 3);
    const samples::LayerSample& pool = profile.layers[2];
    CHECK(pool.op == "pool1");
    CHECK(pool.work.kind == graph::Kind::max_pool);
    CHECK(pool.work.inputs.at(0)[graph::Axis::h] == graph::Interval{0, 32});
    CHECK(pool.work.output_bytes == util::Bytes(18816));
    CHECK(util::milliseconds(pool.time.median) == Approx(0.012));
    CHECK(profile.links.empty());
}

TEST_CASE("versions: a link of version 1 is alike both ways, and nothing is known of its jitter", "[versions]") {
    const samples::Profile profile = samples::read_profile(fixture("profile/v1/link.yaml"));
    const samples::LinkProfile& link = profile.link.value();
    CHECK(link.peer == "b");
    CHECK(util::milliseconds(link.fitted.start_up) == Approx(0.4));
    CHECK(util::mbit_per_s(link.fitted.rate) == Approx(80));
    CHECK(link.fitted.delay == util::Seconds{0});
    CHECK(link.fitted.jitter == util::Seconds{0});
    CHECK_FALSE(link.back);
    REQUIRE(link.samples.size() == 2);
    CHECK(link.samples[1].direction == samples::Direction::back);
    CHECK(link.samples[1].messages == 1);
    CHECK(util::milliseconds(link.samples[1].one_way.median) == Approx(10.4));
}

TEST_CASE("versions: latency models of version 1 predict what they predicted", "[versions]") {
    const latency::DeviceModel sums = latency::read_latency(fixture("latency/v1/least_squares.yaml"));
    CHECK(sums.operators().size() == 3);
    CHECK(util::milliseconds(sums.piece_overhead()) == Approx(0.002));
    const samples::WorkShape work = test::convolution_work(3, 8, 16);
    const double flops = work.flops.value;
    CHECK(sums.predict(work, {0.5, 1}).count() ==
          Approx(2.00016908e-06 + 1.99999256e-10 * flops + 5.00001689e-11 * flops / 0.5));

    const latency::DeviceModel corrected = latency::read_latency(fixture("latency/v1/ridge.yaml"));
    CHECK(corrected.predict(work, {0, 2}).count() == Approx(1e-6 + 1e-10 * flops));
    CHECK(corrected.predict(work, {0.5, 2}).count() == Approx((1e-6 + 1e-10 * flops) * std::exp(0.5)));
    CHECK(corrected.uncertainty("convolution", 2) == 0.12);
}

TEST_CASE("versions: a cluster of version 1 has its devices and links", "[versions]") {
    const cluster::Cluster lab = latency::read_cluster(fixture("cluster/v1/lab.yaml"));
    CHECK(lab.names() == std::vector<std::string>{"a", "b", "c"});
    CHECK(lab.source == 0);
    CHECK(lab.sink == 1);
    CHECK(lab.devices[1].speed == 0.5);
    CHECK(lab.devices[1].memory == util::Bytes(500000000));
    CHECK(lab.devices[2].rate == util::FlopsPerSecond(4e9));
    CHECK(lab.devices[2].power.value().radio == util::Watts(0.8));
    CHECK(util::milliseconds(lab.link(1, 2).jitter) == Approx(2));
    CHECK(lab.link(1, 2).loss == 0.05);
    CHECK(util::milliseconds(lab.link(2, 0).delay) == Approx(10));
    CHECK(lab.link(0, 2).loss == 0);
    CHECK(util::mbit_per_s(lab.link(0, 1).rate) == Approx(80));
    CHECK(lab.link(1, 0) == lab.link(0, 1));
    const latency::Bed bed = latency::Bed::read(lab);
    CHECK(bed.occupancy(1, 0, util::Bytes(10000)).count() == Approx(0.0014));
}

TEST_CASE("versions: a plan of version 1 has its stages, shares and prediction", "[versions]") {
    const plan::PlanDocument document = plan::read_plan(fixture("plan/v1/rows.yaml"), digits());
    CHECK(document.strategy == "by hand");
    CHECK(document.plan.devices == std::vector<std::string>{"a", "b", "c"});
    CHECK(document.plan.sink == plan::DeviceId(2));
    CHECK(document.plan.in_flight == 2);
    REQUIRE(document.plan.routes.size() == 1);
    CHECK(document.plan.routes[0].stages.size() == 3);
    CHECK(util::milliseconds(document.predicted.value().latency) == Approx(8));
    CHECK(document.predicted->spans.size() == 2);
    const plan::Compiled compiled(document.plan, digits());
    CHECK_FALSE(compiled.messages(0).empty());
}

TEST_CASE("versions: a trace of version 1 has its header, frames and summary", "[versions]") {
    samples::TraceReader reader(fixture("trace/v1/rows.yaml"));
    CHECK(reader.header().strategy == "rows");
    CHECK(reader.header().stretch.at("b") == 2.5);
    CHECK(util::milliseconds(reader.header().predicted.value().latency) == Approx(20));
    std::size_t frames = 0;
    std::optional<samples::TraceSummary> summary;
    while (auto part = reader.next()) {
        if (const auto* frame = std::get_if<samples::FrameTrace>(&*part)) {
            CHECK(frame->frame == frames++);
            CHECK(frame->timeline.spans.size() == 5);
        }
        if (const auto* last = std::get_if<samples::TraceSummary>(&*part)) summary = *last;
    }
    CHECK(frames == 3);
    CHECK(util::milliseconds(summary.value().latency.p95) == Approx(25.8));
    CHECK(summary->links.at(1).payload == util::Bytes(3000));
    CHECK(summary->device_summaries.at(0).planned_memory == util::Bytes(28000000));
    CHECK(summary->verify.value().outcome == "within bound");
    CHECK(summary->accuracy.value().correct == 2);
}

TEST_CASE("versions: the other kinds of files of version 1 say what they said", "[versions]") {
    const dataset::Preprocess preprocess = dataset::read_preprocess(fixture("preprocess/v1/digits.yaml"));
    CHECK(preprocess.height == 32);
    CHECK(preprocess.channels == dataset::Channels::gray);
    CHECK(preprocess.mean == std::vector<float>{128});
    CHECK(preprocess.labels.size() == 10);

    const latency::Evaluation evaluation = latency::read_evaluation(fixture("evaluation/v1/resnet18.yaml"));
    CHECK(evaluation.device == "a");
    REQUIRE(evaluation.types.size() == 3);
    CHECK(evaluation.types[1].fallback);
    CHECK(evaluation.types[2].accuracy.mape == 0.067);
    CHECK(util::milliseconds(evaluation.whole_model.at(1).predicted) == Approx(84));

    const cost::Comparison comparison = cost::read_comparison(fixture("comparison/v1/vgg16.yaml"));
    CHECK(util::milliseconds(comparison.lower_bound) == Approx(310));
    REQUIRE(comparison.strategies.size() == 3);
    CHECK(comparison.strategies[2].rounds == 13);
    CHECK(comparison.left_out.at(0).strategy == "cols");
}
