#include "compress_split/optimizer.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "compress_split/beds.hpp"
#include "dataset/npy.hpp"
#include "graph/onnx.hpp"
#include "graph/onnx_write.hpp"
#include "support/scratch_folder.hpp"
#include "support/small_models.hpp"
#include "support/synthetic.hpp"
#include "util/error.hpp"
#include "util/file.hpp"
#include "util/random.hpp"

using namespace convoy;
using namespace convoy::compress_split;

namespace {

namespace fs = std::filesystem;

const fs::path kModels = CONVOY_MODELS;

graph::Graph digits() { return graph::read_onnx(util::FileView::open((kModels / "digits.onnx").string())); }

/// Labels from the names of the digits' files, 0009_9.png.
std::string write_labels(const test::ScratchFolder& folder, const std::string& left_out = "") {
    std::string text = "file,label\n";
    for (const auto& entry : fs::directory_iterator(kModels / "digits")) {
        const std::string name = entry.path().filename().string();
        if (entry.path().extension() == ".png" && name != left_out)
            text += name + "," + entry.path().stem().string().back() + "\n";
    }
    const std::string path = (folder.path / "labels.csv").string();
    util::write_file(path, text);
    return path;
}

Images::Source digit_images(std::optional<std::string> labels) {
    Images::Source source;
    source.paths = {(kModels / "digits").string()};
    source.preprocess = dataset::read_preprocess(util::FileView::open((kModels / "digits.preprocess.yaml").string()));
    source.labels = std::move(labels);
    return source;
}

/// A slow edge, a fast cloud, and a link on which float32 maps take long.
latency::Bed slow_edge(double mbit = 2) {
    return test::bed({2e7, 1e10}, {util::from_mbit_per_s(mbit), util::Seconds(1e-4), util::Seconds(1e-3)});
}

Settings quick(double max_drop) {
    Settings settings;
    settings.max_drop = max_drop;
    settings.time_budget = util::Seconds(1000);  // never the reason to stop
    return settings;
}

Result chosen(Optimizer& optimizer, const latency::Bed& bed) {
    optimizer.search(bed, 1);
    return optimizer.choose(bed, 1);
}

util::Errc code_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const util::Error& error) {
        return error.code();
    }
    return util::Errc::internal;
}

}  // namespace

TEST_CASE("optimizer: digits become faster within the budget, and faster than every baseline",
          "[compress_split][long]") {
    const graph::Graph graph = digits();
    const test::ScratchFolder folder;
    const Images images(digit_images(write_labels(folder)), graph, classes_of(graph), {});
    Optimizer optimizer(graph, images, quick(0.02));
    CHECK(optimizer.evaluator().metric() == Metric::accuracy);
    const latency::Bed bed = slow_edge();
    const Result result = chosen(optimizer, bed);
    CHECK_FALSE(result.cut_short);
    REQUIRE(result.rows.size() == 7);
    const cost::CompressionRow& ours = result.rows.back();
    CHECK(ours.method == "ours");
    for (const cost::CompressionRow& row : result.rows) {
        CAPTURE(row.method, row.note);
        REQUIRE(row.score);
        const bool keeps = row.score->drop <= 0.02;
        if (keeps) CHECK(ours.latency.count() <= row.latency.count() * (1 + 1e-9));
        CHECK((row.edge + row.transfer + row.cloud).count() == Approx(row.latency.count()));
    }
    CHECK(ours.latency < 0.8 * result.rows.front().latency);
    CHECK(result.check.loss.drop <= 0.02);
    CHECK(result.all.loss.at_most(1) <= 0.02);
    CHECK(result.rows.front().cut == "output");
    CHECK(result.rows[1].cut == "input");
    CHECK(result.rows[1].bytes.value == 32 * 32 + 8);
    CHECK(result.rows[1].latency_jpeg);

    SECTION("the written model is the one that was measured") {
        const graph::Graph again =
            graph::read_onnx(util::FileView::from_bytes(graph::onnx_bytes(result.model), "small.onnx"));
        CHECK(compress::size_of(again).parameters == ours.parameters);
        CHECK(compress::size_of(again).parameters < compress::size_of(graph).parameters);
    }
    SECTION("the same seed gives the same bytes") {
        Optimizer other(graph, images, quick(0.02));
        CHECK(graph::onnx_bytes(chosen(other, bed).model) == graph::onnx_bytes(result.model));
    }
    SECTION("another rate of the uplink is another choice, never slower on the faster link") {
        const Result fast = chosen(optimizer, with_uplink(bed, 1, util::from_mbit_per_s(100)));
        CHECK(fast.rows.back().latency <= ours.latency);
    }
    SECTION("what was found for one link is there for another") {
        const Result other = optimizer.choose(with_uplink(bed, 1, util::from_mbit_per_s(1.9)), 1);
        CHECK(other.rows.back().latency < 1.1 * ours.latency);
    }
    SECTION("searching on does not make it slower") {
        const latency::Bed other = with_uplink(bed, 1, util::from_mbit_per_s(100));
        optimizer.search(other, 1);
        optimizer.verify(other, 1);
        CHECK(optimizer.choose(bed, 1).rows.back().latency <= ours.latency);
    }
}

TEST_CASE("optimizer: without labels the budget is about agreement", "[compress_split][long]") {
    const graph::Graph graph = digits();
    const Images images(digit_images(std::nullopt), graph, classes_of(graph), {});
    Optimizer optimizer(graph, images, quick(0.05));
    CHECK(optimizer.evaluator().metric() == Metric::agreement);
    const Result result = chosen(optimizer, slow_edge());
    REQUIRE(result.check.agreement);
    CHECK(*result.check.agreement >= 0.95);
    CHECK_FALSE(result.check.accuracy);
}

TEST_CASE("optimizer: a budget that cannot be met is impossible", "[compress_split]") {
    // The output is a map: the budget is about its relative error, which no change leaves at 0.
    const test::ScratchFolder folder;
    util::Random random(1);
    for (int image = 0; image < 12; ++image) {
        std::vector<float> values(3 * 16 * 16);
        for (float& value : values) value = static_cast<float>(random.normal());
        util::write_file((folder.path / (std::to_string(image) + ".npy")).string(),
                         dataset::write_npy({1, 3, 16, 16}, values.data()));
    }
    test::Model model;
    const graph::TensorId map = model.conv("conv1", model.input("x", {1, 3, 16, 16}), 12);
    const graph::Graph graph = model.finish({model.conv("conv2", map, 12)});
    Images::Source source;
    source.paths = {folder.path.string()};
    const Images images(source, graph, classes_of(graph), {});
    Settings settings = quick(1e-12);
    settings.errors = 0;
    // Nothing that is encoded is exact either: a link that no cut pays for leaves the edge alone.
    const latency::Bed bed = slow_edge(1e-3);
    Optimizer optimizer(graph, images, settings);
    CHECK(optimizer.evaluator().metric() == Metric::relative_error);
    CHECK(code_of([&] {
              const Result result = chosen(optimizer, bed);
              UNSCOPED_INFO(result.recipe << ", drop " << result.all.loss.drop << ", cut " << result.rows.back().cut);
          }) == util::Errc::impossible);
}

TEST_CASE("optimizer: a model without layers is nothing to compress", "[compress_split]") {
    const test::ScratchFolder folder;
    const std::vector<float> values(3 * 8 * 8, 0.5F);
    for (int image = 0; image < 10; ++image) {
        util::write_file((folder.path / (std::to_string(image) + ".npy")).string(),
                         dataset::write_npy({1, 3, 8, 8}, values.data()));
    }
    test::Model model;
    const graph::Graph graph = model.finish({model.relu("relu", model.input("x", {1, 3, 8, 8}))});
    Images::Source source;
    source.paths = {folder.path.string()};
    const Images images(source, graph, classes_of(graph), {});
    CHECK(code_of([&] { const Optimizer optimizer(graph, images, quick(0.5)); }) == util::Errc::impossible);
}

TEST_CASE("optimizer: what is thrown while it works ends it", "[compress_split]") {
    const graph::Graph graph = digits();
    const Images images(digit_images(std::nullopt), graph, classes_of(graph), {});
    Settings settings = quick(0.05);
    int left = 400;
    settings.tick = [&] {
        if (left-- == 0) throw util::Error(util::Errc::interrupted, "Ctrl-C");
    };
    CHECK(code_of([&] {
              Optimizer optimizer(graph, images, settings);
              (void)chosen(optimizer, slow_edge());
          }) == util::Errc::interrupted);
}

TEST_CASE("images: what is wrong with them is said before work begins", "[compress_split]") {
    const graph::Graph graph = digits();
    const std::size_t classes = classes_of(graph);
    const test::ScratchFolder folder;
    const auto made_of = [&](const Images::Source& source) { const Images images(source, graph, classes, {}); };
    SECTION("a folder that is not there") {
        Images::Source source = digit_images(std::nullopt);
        source.paths = {(folder.path / "nowhere").string()};
        CHECK(code_of([&] { made_of(source); }) == util::Errc::no_input);
    }
    SECTION("a damaged image") {
        fs::copy(kModels / "digits", folder.path / "digits");
        fs::resize_file(folder.path / "digits" / "0009_9.png", 200);
        Images::Source source = digit_images(std::nullopt);
        source.paths = {(folder.path / "digits").string()};
        CHECK(code_of([&] { made_of(source); }) == util::Errc::data);
    }
    SECTION("an image without a label") {
        const auto source = digit_images(write_labels(folder, "0009_9.png"));
        CHECK(code_of([&] { made_of(source); }) == util::Errc::data);
    }
    SECTION("a label beyond the classes") {
        const std::string path = write_labels(folder);
        std::string text(util::FileView::open(path).text());
        text.replace(text.rfind(',') + 1, 1, "10");
        util::write_file(path, text);
        CHECK(code_of([&] { made_of(digit_images(path)); }) == util::Errc::data);
    }
    SECTION("labels for a model without classes") {
        const auto source = digit_images(write_labels(folder));
        CHECK(code_of([&] { const Images images(source, graph, 0, {}); }) == util::Errc::impossible);
    }
}
