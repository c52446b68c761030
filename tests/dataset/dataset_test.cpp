#include <unistd.h>

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>

#include "dataset/classes.hpp"
#include "dataset/inputs.hpp"
#include "dataset/npy.hpp"
#include "util/error.hpp"

using namespace convoy;
namespace fs = std::filesystem;

namespace {

struct Folder {
    fs::path path = fs::temp_directory_path() / ("convoy-dataset-test-" + std::to_string(::getpid()));
    Folder() { fs::create_directories(path); }
    ~Folder() { fs::remove_all(path); }
    std::string operator/(const std::string& name) const { return (path / name).string(); }
};

std::string message_of(const auto& action) {
    try {
        action();
    } catch (const util::Error& error) {
        return error.message();
    }
    return "no error";
}

dataset::Array npy_of(std::string text) {
    return dataset::read_npy(util::FileView::from_bytes(std::move(text), "a.npy"));
}

std::string npy_text(const std::string& dictionary, const std::string& data) {
    std::string text("\x93NUMPY\x01\x00", 8);
    text += static_cast<char>(dictionary.size());
    text += '\0';
    return text + dictionary + data;
}

/// A model that only names one input of the given shape.
graph::Graph graph_with_input(std::vector<graph::Index> dims) {
    graph::GraphBuilder builder;
    const graph::TensorId in = builder.add_tensor("input", dims);
    const graph::TensorId out = builder.add_tensor("out", dims);
    builder.add_input(in);
    graph::Operator relu;
    relu.name = "relu";
    relu.kind = graph::Kind::relu;
    relu.inputs = {in};
    relu.outputs = {out};
    builder.add_operator(relu);
    builder.add_output(out);
    return builder.finish();
}

/// A 2 x 2 pixel map: red, green / blue, white.
const std::string kColours = std::string("P6 2 2 255\n") + std::string("\xff\0\0\0\xff\0\0\0\xff\xff\xff\xff", 12);

dataset::Preprocess two_by_two(dataset::Channels channels) {
    return {.height = 2,
            .width = 2,
            .crop = false,
            .channels = channels,
            .mean = {0, 0, 0},
            .scale = {1, 1, 1},
            .labels = {}};
}

}  // namespace

TEST_CASE("dataset: an array written as npy reads back", "[dataset]") {
    const std::vector<float> values{1, -2.5F, 3, 4, 5, 6};
    const dataset::Array array = npy_of(dataset::write_npy({1, 2, 3}, values.data()));
    CHECK(array.dims == std::vector<graph::Index>{1, 2, 3});
    CHECK(array.values == values);
    CHECK(npy_of(dataset::write_npy({6}, values.data())).dims == std::vector<graph::Index>{6});
}

TEST_CASE("dataset: npy files of other types become float32", "[dataset]") {
    CHECK(npy_of(npy_text("{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", "\x01\x02\xff")).values ==
          std::vector<float>{1, 2, 255});
    CHECK(npy_of(
              npy_text("{'descr': '<f2', 'fortran_order': False, 'shape': (2,), }", std::string("\x00\x3c\x00\xc0", 4)))
              .values == std::vector<float>{1, -2});
}

TEST_CASE("dataset: hostile npy files give one error", "[dataset]") {
    const std::string good = dataset::write_npy({4}, std::vector<float>{1, 2, 3, 4}.data());
    for (std::size_t length = 0; length < good.size(); ++length)
        CHECK(message_of([&] { (void)npy_of(good.substr(0, length)); }).find("not a usable .npy file") !=
              std::string::npos);
    const auto refused = [](const std::string& dictionary) {
        return message_of([&] { (void)npy_of(npy_text(dictionary, "")); });
    };
    CHECK(refused("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999), }") ==
          "'a.npy' is not a usable .npy file: its shape is too large");
    CHECK(refused("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }") ==
          "'a.npy' is not a usable .npy file: its shape cannot be read");
    CHECK(refused("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }") ==
          "'a.npy' is not a usable .npy file: its type '<c8' is not supported");
    CHECK(refused("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }").find("Fortran") != std::string::npos);
}

TEST_CASE("dataset: channels come in the model's order, normalised", "[dataset]") {
    const Folder folder;
    util::write_file(folder / "colours.ppm", kColours);
    const graph::Tensor rgb = dataset::read_image(folder / "colours.ppm", two_by_two(dataset::Channels::rgb));
    CHECK(std::vector<float>(rgb.floats(), rgb.floats() + 12) ==
          std::vector<float>{255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255});
    dataset::Preprocess scaled = two_by_two(dataset::Channels::bgr);
    scaled.mean = {55, 0, 0};
    scaled.scale = {0.5F, 1, 1};
    const graph::Tensor bgr = dataset::read_image(folder / "colours.ppm", scaled);
    CHECK(std::vector<float>(bgr.floats(), bgr.floats() + 4) == std::vector<float>{-27.5F, -27.5F, 100, 100});
}

TEST_CASE("dataset: folders give their images in order, and leave other files out", "[dataset]") {
    const Folder folder;
    util::write_file(folder / "b.ppm", kColours);
    util::write_file(folder / "a.PPM", kColours);
    util::write_file(folder / "labels.csv", "file,label\na.PPM,3\nb.ppm,0\n");
    const graph::Graph graph = graph_with_input({1, 3, 2, 2});
    const dataset::Inputs inputs({folder.path.string(), "random:7"}, graph, two_by_two(dataset::Channels::rgb));
    REQUIRE(inputs.size() == 3);
    CHECK(inputs.name(0) == folder / "a.PPM");
    CHECK(inputs.load(1, 0).front().floats()[0] == 255);
    CHECK(inputs.load(2, 0).front().floats()[0] == inputs.load(2, 0).front().floats()[0]);
    CHECK(inputs.load(2, 0).front().floats()[0] != inputs.load(2, 1).front().floats()[0]);
    CHECK(dataset::read_truth(folder / "labels.csv") ==
          std::map<std::string, std::int64_t>{{"a.PPM", 3}, {"b.ppm", 0}});
}

TEST_CASE("dataset: inputs that do not fit are refused with what would fit", "[dataset]") {
    const Folder folder;
    util::write_file(folder / "a.ppm", kColours);
    util::write_file(folder / "broken.png", "no image");
    util::write_file(folder / "a.npy", dataset::write_npy({2, 2}, std::vector<float>(4).data()));
    util::write_file(folder / "bad.csv", "file,label\na.ppm,seven\n");
    const graph::Graph graph = graph_with_input({1, 3, 4, 4});
    const auto load = [&](const std::string& name) {
        return message_of(
            [&] { (void)dataset::Inputs({folder / name}, graph, two_by_two(dataset::Channels::rgb)).load(0, 0); });
    };
    CHECK(load("a.ppm") == "images become n[0,1) c[0,3) h[0,2) w[0,2), the model's input 'input' is [1, 3, 4, 4]");
    CHECK(load("broken.png") == fmt::format("'{}' is not an image that can be read", folder / "broken.png"));
    CHECK(load("a.npy") ==
          fmt::format("'{}' has the shape [2, 2], the model's input 'input' [1, 3, 4, 4]", folder / "a.npy"));
    CHECK(load("missing.png") == fmt::format("input '{}' does not exist", folder / "missing.png"));
    CHECK(message_of([&] { (void)dataset::Inputs({"random:x"}, graph, {}); }) ==
          "'random:x': the seed must be a whole number");
    CHECK(message_of([&] { (void)dataset::read_truth(folder / "bad.csv"); }) ==
          "expected FILE,LABEL with the label's number");
}

TEST_CASE("dataset: a preprocess file is read, with its labels beside it", "[dataset]") {
    const Folder folder;
    util::write_file(folder / "labels.txt", "zero\none\r\ntwo");
    util::write_file(folder / "p.yaml",
                     "schema: convoy.preprocess/1\nsize: [8, 6]\nchannels: gray\nmean: [128]\nscale: [0.5]\n"
                     "labels: labels.txt\n");
    const dataset::Preprocess read = dataset::read_preprocess(util::FileView::open(folder / "p.yaml"));
    CHECK(read.height == 8);
    CHECK(read.width == 6);
    CHECK_FALSE(read.crop);
    CHECK(read.mean == std::vector<float>{128});
    CHECK(read.labels == std::vector<std::string>{"zero", "one", "two"});
    util::write_file(folder / "q.yaml", "schema: convoy.preprocess/1\nsize: [8, 6]\nmean: [1, 2]\n");
    CHECK(message_of([&] { (void)dataset::read_preprocess(util::FileView::open(folder / "q.yaml")); }) ==
          "needs one number, or one for each channel");
}

TEST_CASE("dataset: the best classes come first, NaN last", "[dataset]") {
    const std::vector<float> scores{1, 3, std::nanf(""), 3};
    const auto best = dataset::top_k(scores, 10);
    REQUIRE(best.size() == 4);
    CHECK(best[0].index == 1);
    CHECK(best[1].index == 3);
    CHECK(best[3].index == 2);
    CHECK(dataset::top_k(scores, 1).size() == 1);
}
