// Bad models: one clear error each, and no crash whatever the bytes are.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "onnx_model.hpp"
#include "util/error.hpp"
#include "util/random.hpp"

using namespace convoy;
using namespace convoy::graph;
using test::Model;
using test::set;
namespace fs = std::filesystem;

namespace {

struct Message {
    util::Errc code = util::Errc::internal;
    std::string text;
    std::string hint;
    bool operator==(const Message&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Message& message) {
    return out << static_cast<int>(message.code) << ": " << message.text << " [" << message.hint << "]";
}

Message failure(const auto& action) {
    try {
        action();
    } catch (const util::Error& error) {
        return {error.code(), error.message(), error.hint()};
    }
    FAIL("no error");
    return {};
}

Message failure_of(const Model& model, const OnnxOptions& options = {}) {
    return failure([&] { (void)model.read(options); });
}

Message failure_of_bytes(const std::string& bytes) {
    return failure([&] { (void)read_onnx(util::FileView::from_bytes(bytes, "bad.onnx")); });
}

Message data(const std::string& text, const std::string& hint = "") { return {util::Errc::data, text, hint}; }

Model convolution() {
    Model model;
    model.input("x", {1, 3, 8, 8}).output("y");
    model.weights("w", {16, 3, 3, 3}).weights("b", {16});
    model.node("Conv", {"x", "w", "b"}, {"c"}, "conv");
    model.node("Relu", {"c"}, {"y"}, "relu");
    return model;
}

struct Folder {
    fs::path path = fs::temp_directory_path() / ("convoy-onnx-test-" + std::to_string(::getpid()));
    Folder() { fs::create_directories(path / "model"); }
    ~Folder() { fs::remove_all(path); }
};

/// convolution() with its weights in a file.
Model with_external(const std::string& location, const std::string& offset = "0", const std::string& length = "1728") {
    Model model = convolution();
    auto& tensor = *model.graph().mutable_initializer(0);
    tensor.clear_raw_data();
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    const auto entry = [&](const char* key, const std::string& value) {
        auto& added = *tensor.add_external_data();
        added.set_key(key);
        added.set_value(value);
    };
    entry("location", location);
    entry("offset", offset);
    if (!length.empty()) entry("length", length);
    return model;
}

/// Either one data error or a graph: anything else ends the test.
/// Whether the reader refuses, as bad input and nothing else.
bool refuses(const std::string& bytes) {
    try {
        (void)read_onnx(util::FileView::from_bytes(bytes, "hostile.onnx"));
        return false;
    } catch (const util::Error& error) {
        INFO(error.message());
        CHECK((error.code() == util::Errc::data || error.code() == util::Errc::no_input));
        return true;
    }
}

}  // namespace

TEST_CASE("graph: files that are no ONNX are refused with the offset", "[graph][onnx]") {
    const std::string hint = "is it an ONNX file, and complete?";
    CHECK(failure_of_bytes("") == data("not a valid ONNX file: the file is empty; the end is at byte 0", hint));
    CHECK(failure_of_bytes("\x89PNG\r\n\x1a\n") ==
          data("not a valid ONNX file: 8 bytes are announced, 6 are left, at byte 2", hint));
    CHECK(failure_of_bytes("hello world, this is text\n") ==
          data("not a valid ONNX file: an unknown wire type at byte 2", hint));
    CHECK(failure_of_bytes(std::string(12, '\xff')) ==
          data("not a valid ONNX file: a number is longer than 64 bits at byte 0", hint));
    CHECK(failure_of_bytes("\x08\x07") == data("not a valid ONNX file: no graph is in it; the end is at byte 2", hint));
    std::string bytes = convolution().bytes();
    const std::size_t whole = bytes.size();
    bytes.resize(whole - 1);
    const Message cut = failure_of_bytes(bytes);
    CHECK(cut.code == util::Errc::data);
    CHECK(cut.text.find("bytes are announced") != std::string::npos);
    CHECK(cut.hint == hint);
}

TEST_CASE("graph: tensors are refused whose values are shorter or longer than their dims", "[graph][onnx]") {
    Model large = convolution();
    auto& weights = *large.graph().mutable_initializer(0);
    weights.set_raw_data(std::string(1600, 'x'));
    CHECK(failure_of(large) == data("tensor 'w' has 1600 bytes of values, but [16, 3, 3, 3] of float32 are 1728"));
    Model small = convolution();
    small.graph().mutable_initializer(1)->set_raw_data("xyz");
    CHECK(failure_of(small) == data("tensor 'b' has 3 bytes of values, but [16] of float32 are 64"));
    Model typed = convolution();
    auto& bias = *typed.graph().mutable_initializer(1);
    bias.clear_raw_data();
    bias.add_float_data(1);
    CHECK(failure_of(typed) == data("tensor 'b' has 4 bytes of values, but [16] of float32 are 64"));
    Model negative = convolution();
    negative.graph().mutable_initializer(1)->set_dims(0, -16);
    CHECK(failure_of(negative) == data("tensor 'b' has impossible dimensions [-16]"));
    Model overflow = convolution();
    for (int i = 0; i < 4; ++i) overflow.graph().mutable_initializer(0)->set_dims(i, std::int64_t{1} << 32);
    CHECK(failure_of(overflow) ==
          data("tensor 'w' has impossible dimensions [4294967296, 4294967296, 4294967296, 4294967296]"));
}

TEST_CASE("graph: external data outside of the model's folder is refused", "[graph][onnx]") {
    const Folder folder;
    const std::string path = (folder.path / "model" / "m.onnx").string();
    const auto failure_at = [&](const Model& model) {
        util::write_file(path, model.bytes());
        return failure([&] { (void)read_onnx(util::FileView::open(path)); });
    };
    const std::string hint = "external data must be a file in the model's folder";
    util::write_file((folder.path / "secret").string(), std::string(2000, 's'));
    util::write_file((folder.path / "model" / "w.bin").string(), std::string(2000, '\0'));
    fs::create_symlink("../secret", folder.path / "model" / "link");
    fs::create_directory(folder.path / "model" / "sub");

    CHECK(failure_at(with_external("../../../etc/passwd")) ==
          data("tensor 'w': external data '../../../etc/passwd' leaves the model's folder", hint));
    CHECK(failure_at(with_external("sub/../../secret")) ==
          data("tensor 'w': external data 'sub/../../secret' leaves the model's folder", hint));
    CHECK(failure_at(with_external("/etc/passwd")) ==
          data("tensor 'w': external data '/etc/passwd' is an absolute path", hint));
    CHECK(failure_at(with_external("link")) ==
          data("tensor 'w': external data 'link' leaves the model's folder", hint));
    CHECK(failure_at(with_external("sub")) == data("tensor 'w': external data 'sub' is not a file", hint));
    CHECK(failure_at(with_external("")) == data("tensor 'w': external data '' has no location", hint));
    CHECK(failure_at(with_external("absent")).code == util::Errc::no_input);
    CHECK(failure_at(with_external("w.bin", "1000")) ==
          data("tensor 'w': 1728 bytes at 1000 lie outside 'w.bin', which has 2000"));
    CHECK(failure_at(with_external("w.bin", "18446744073709551615")).text ==
          "tensor 'w': 1728 bytes at 18446744073709551615 lie outside 'w.bin', which has 2000");
    CHECK(failure_at(with_external("w.bin", "-1")).text == "tensor 'w': '-1' is no offset or length of external data");
    CHECK(failure_at(with_external("w.bin", "0", "1700")) ==
          data("tensor 'w' has 1700 bytes of values, but [16, 3, 3, 3] of float32 are 1728"));
    const std::string bytes = with_external("w.bin").bytes();
    CHECK(failure([&] { (void)read_onnx(util::FileView::from_bytes(bytes, "<stdin>")); }) ==
          data("tensor 'w': external data 'w.bin' cannot be found for a model from stdin", hint));
}

TEST_CASE("graph: external data in the model's folder is mapped and part of the model's hash", "[graph][onnx]") {
    const Folder folder;
    const std::string path = (folder.path / "model" / "m.onnx").string();
    util::write_file(path, with_external("w.bin", "4", "").bytes());
    std::string hash;
    for (const char fill : {'\0', '\1'}) {
        util::write_file((folder.path / "model" / "w.bin").string(), std::string(2000, fill));
        const Graph graph = read_onnx(util::FileView::open(path));
        CHECK(graph.operators().at(0).weights->data.size() == 1728);
        CHECK(graph.operators().at(0).weights->data[0] == std::byte(fill));
        CHECK(graph.sha256() != hash);
        hash = graph.sha256();
    }
}

TEST_CASE("graph: dynamic dimensions are named, with the option that fixes them", "[graph][onnx]") {
    Model model;
    model.input("image", {-1, 3, -1, -1}).output("y");
    model.node("Relu", {"image"}, {"y"});
    CHECK(failure_of(model) ==
          data("input 'image': dimension 2 ('d2') is not fixed", "--input-shape image=1x3x224x224"));
    CHECK(failure_of(model, {.input_shapes = {{"image", {1, 3, 8}}}}).text ==
          "input 'image' has 4 dimensions, but 3 are given for it");
    CHECK(failure_of(model, {.input_shapes = {{"image", {1, 3, 8, 0}}}}).text ==
          "dimension 3 given for input 'image' is 0");
    CHECK(failure_of(model, {.input_shapes = {{"imag", {1, 3, 8, 8}}}}) ==
          Message{util::Errc::usage, "the model has no input 'imag'", "did you mean 'image'?"});
    CHECK(failure_of(model, {.input_shapes = {{"image", {1, 3, 1 << 30, 1 << 30}}}}).text ==
          "input 'image' has impossible dimensions [1, 3, 1073741824, 1073741824]");
}

TEST_CASE("graph: operators that cannot be run are refused by name and type", "[graph][onnx]") {
    Model foreign = convolution();
    foreign.proto().add_opset_import()->set_domain("com.microsoft");
    foreign.graph().mutable_node(1)->set_domain("com.microsoft");
    CHECK(failure_of(foreign) == data("node 'relu' (Relu): operators of domain 'com.microsoft' cannot be run"));

    Model branching = convolution();
    auto& branch = branching.node("If", {"x"}, {"z"}, "if");
    test::add_attribute(branch, "then_branch", onnx::AttributeProto::GRAPH).mutable_g()->set_name("then");
    CHECK(failure_of(branching) == data("node 'if' (If): operators with subgraphs (If, Loop, Scan) cannot be run"));

    Model sequence = convolution();
    sequence.node("SequenceConstruct", {"x"}, {"z"}, "seq");
    CHECK(failure_of(sequence) == data("node 'seq' (SequenceConstruct): sequences and optional values cannot be run"));

    Model unknown = convolution();
    unknown.graph().mutable_node(1)->set_op_type("Frobnicate");
    CHECK(failure_of(unknown).text.find("the ONNX checker refuses the model: No Op registered for Frobnicate") == 0);

    Model data_dependent;
    data_dependent.input("x", {1, 3, 4, 4}).output("y", onnx::TensorProto::INT64);
    data_dependent.node("NonZero", {"x"}, {"y"}, "nz");
    CHECK(failure_of(data_dependent) == data("node 'nz' (NonZero): the shape of its output 'y' cannot be found"));
}

TEST_CASE("graph: opsets outside of 7 to 17 are refused", "[graph][onnx]") {
    const int opset = GENERATE(6, 18);
    Model model(opset);
    model.input("x", {1, 3, 4, 4}).output("y");
    model.node("Relu", {"x"}, {"y"});
    CHECK(failure_of(model) == data("the model uses ONNX opset " + std::to_string(opset) + "; 7 to 17 can be read"));
}

TEST_CASE("graph: attributes that shape inference would divide by are checked first", "[graph][onnx]") {
    const auto [name, value] = GENERATE(table<const char*, std::int64_t>(
        {{"strides", 0}, {"dilations", -1}, {"kernel_shape", 0}, {"strides", std::int64_t{1} << 40}}));
    Model model = convolution();
    set(*model.graph().mutable_node(0), name, std::vector<std::int64_t>{value, 1});
    CHECK(failure_of(model) ==
          data("node 'conv' (Conv): attribute '" + std::string(name) + "' is " + std::to_string(value)));
}

TEST_CASE("graph: operators that contradict their weights or shapes are refused", "[graph][onnx]") {
    Model channels = convolution();
    channels.graph()
        .mutable_input(0)
        ->mutable_type()
        ->mutable_tensor_type()
        ->mutable_shape()
        ->mutable_dim(1)
        ->set_dim_value(4);
    CHECK(failure_of(channels) ==
          data("node 'conv' (Conv): weights [16, 3, ...] in 1 groups do not fit an input of 4 channels"));
    Model bias = convolution();
    bias.graph().mutable_initializer(1)->set_dims(0, 15);
    bias.graph().mutable_initializer(1)->set_raw_data(std::string(60, '\0'));
    CHECK(failure_of(bias) == data("node 'conv' (Conv): its bias does not have 16 values"));
    Model kernel = convolution();
    set(*kernel.graph().mutable_node(0), "kernel_shape", {5, 5});
    CHECK(failure_of(kernel) == data("node 'conv' (Conv): kernel_shape differs from the weights' dims"));

    Model constant;
    constant.input("x", {1, 3, 4, 4}).output("y").output("z");
    constant.weights("z", {3});
    constant.node("Relu", {"x"}, {"y"});
    CHECK(failure_of(constant) == data("the output 'z' is a constant"));
}

TEST_CASE("graph: weights and lists that crash libonnx's shape inference never reach it", "[graph][onnx]") {
    Model transposed;
    transposed.input("x", {1, 3, 8, 8}).output("y");
    transposed.weights("w", {3});
    transposed.node("ConvTranspose", {"x", "w"}, {"y"}, "up");
    CHECK(failure_of(transposed) == data("node 'up' (ConvTranspose): its weights are no constant convolution"));
    Model longer;
    longer.input("x", {1, 3, 8, 8}).output("y");
    longer.integers("pads", std::vector<std::int64_t>(1000, 1));
    longer.node("Pad", {"x", "pads"}, {"y"}, "pad");
    CHECK(failure_of(longer).code == util::Errc::data);
}

TEST_CASE("graph: a scale that is not finite is refused", "[graph][onnx]") {
    Model model;
    model.input("x", {1, 2, 4, 4}).output("y");
    model.weights("zero", {}, {0});
    model.node("Div", {"x", "zero"}, {"y"}, "div");
    CHECK(failure_of(model) == data("node 'div' (Div): its constant scale or shift is not finite"));
    Model variance;
    variance.input("x", {1, 1, 4, 4}).output("y");
    variance.weights("one", {1}, {1}).weights("minus", {1}, {-1});
    variance.node("BatchNormalization", {"x", "one", "one", "one", "minus"}, {"y"}, "bn");
    CHECK(failure_of(variance) == data("node 'bn' (BatchNormalization): the variance of channel 0 is -1"));
}

TEST_CASE("graph: a model cut off anywhere never crashes the reader", "[graph][onnx]") {
    const std::string bytes = convolution().bytes();
    std::size_t refused = 0;
    for (std::size_t size = 0; size < bytes.size(); ++size) refused += refuses(bytes.substr(0, size)) ? 1 : 0;
    CHECK(refused == bytes.size());
}

TEST_CASE("graph: a model with flipped bytes never crashes the reader", "[graph][onnx]") {
    Model model(11);
    model.input("x", {1, 3, 8, 8}).output("y");
    model.weights("w", {4, 3, 3, 3}).integers("shape", {1, -1}).integers("pick", {}, {0});
    auto& conv = model.node("Conv", {"x", "w"}, {"c"}, "conv");
    set(conv, "pads", {1, 1, 1, 1});
    set(conv, "strides", {2, 2});
    model.node("Shape", {"c"}, {"s"});
    set(model.node("Gather", {"s", "pick"}, {"n"}), "axis", 0);
    set(model.node("Unsqueeze", {"n"}, {"n1"}), "axes", std::vector<std::int64_t>{0});
    model.integers("rest", {-1});
    set(model.node("Concat", {"n1", "rest"}, {"to"}), "axis", 0);
    auto& pool = model.node("MaxPool", {"c"}, {"p"});
    set(pool, "kernel_shape", {2, 2});
    model.node("Reshape", {"p", "to"}, {"y"});
    const std::string bytes = model.bytes();
    REQUIRE_NOTHROW(model.read());
    util::Random random(11);
    int refused = 0;
    for (int round = 0; round < 4000; ++round) {
        std::string hostile = bytes;
        for (std::int64_t flips = random.integer(1, 3); flips > 0; --flips) {
            const auto at = static_cast<std::size_t>(random.integer(0, static_cast<Index>(bytes.size()) - 1));
            hostile[at] = static_cast<char>(random.integer(0, 255));
        }
        refused += refuses(hostile) ? 1 : 0;
    }
    CHECK(refused == 2586);  // the seed's figure: the rest flips names, and values that fit
}
