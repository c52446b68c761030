#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "util/error.hpp"
#include "zoo/models.hpp"

using namespace convoy;

namespace {

std::string written(const zoo::Model& model, std::uint64_t seed) {
    std::string bytes;
    model.write(seed, [&](std::string_view part) { bytes += part; });
    return bytes;
}

onnx::ModelProto parsed(const std::string& bytes) {
    onnx::ModelProto model;
    REQUIRE(model.ParseFromString(bytes));
    return model;
}

std::int64_t elements(const onnx::TensorProto& tensor) {
    std::int64_t count = 1;
    for (const std::int64_t dim : tensor.dims()) count *= dim;
    return count;
}

/// What training would change: weights and biases, not the running statistics of batch normalisation.
std::int64_t parameters(const onnx::ModelProto& model) {
    std::int64_t count = 0;
    for (const onnx::TensorProto& tensor : model.graph().initializer()) {
        if (tensor.name().find(".running_") == std::string::npos) count += elements(tensor);
    }
    return count;
}

using Dims = std::vector<std::int64_t>;

/// Every tensor's shape as ONNX itself infers it.
std::map<std::string, Dims> inferred_shapes(onnx::ModelProto model) {
    onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(),
                                       onnx::ShapeInferenceOptions(true, 1, false));
    std::map<std::string, Dims> shapes;
    for (const onnx::ValueInfoProto& info : model.graph().value_info()) {
        for (const auto& dim : info.type().tensor_type().shape().dim()) shapes[info.name()].push_back(dim.dim_value());
    }
    return shapes;
}

void check_file(const std::string& name) {
    INFO(name);
    const onnx::ModelProto model = parsed(written(zoo::model(name).build(), 1));
    CHECK_NOTHROW(onnx::checker::check_model(model));
    CHECK(model.graph().initializer_size() == zoo::model(name).build().skeleton().graph().initializer_size());
    for (const onnx::TensorProto& tensor : model.graph().initializer()) {
        INFO(tensor.name());
        CHECK(tensor.raw_data().size() == static_cast<std::size_t>(4 * elements(tensor)));
    }
}

}  // namespace

TEST_CASE("zoo: parameter counts are those of the published architectures", "[zoo]") {
    CHECK(parameters(zoo::lenet5().skeleton()) == 61'706);
    CHECK(parameters(zoo::mobilenet_v2().skeleton()) == 3'504'872);
    CHECK(parameters(zoo::resnet18().skeleton()) == 11'689'512);
    CHECK(parameters(zoo::vgg16().skeleton()) == 138'357'544);
    CHECK(parameters(zoo::alexnet().skeleton()) == 61'100'840);
    CHECK(parameters(zoo::vgg11().skeleton()) == 132'863'336);
    CHECK(parameters(zoo::resnet50().skeleton()) == 25'557'032);
    CHECK(parameters(zoo::googlenet().skeleton()) == 6'624'904);  // without the classifiers that only training uses
    CHECK(parameters(zoo::squeezenet1_1().skeleton()) == 1'235'496);
    CHECK(parameters(zoo::tiny_yolov2().skeleton()) == 15'861'773);
}

TEST_CASE("zoo: tiny_yolov2 has the weights of the ONNX model zoo's, running statistics included", "[zoo]") {
    std::int64_t count = 0;
    const zoo::Model model = zoo::tiny_yolov2();
    for (const onnx::TensorProto& tensor : model.skeleton().graph().initializer()) count += elements(tensor);
    CHECK(count == 15'867'885);
}

TEST_CASE("zoo: the list says how many parameters each model has, fewest first", "[zoo]") {
    std::int64_t last = 0;
    for (const zoo::Entry& entry : zoo::models()) {
        INFO(entry.name << ": " << entry.about);
        const std::int64_t count = parameters(entry.build().skeleton());
        std::string listed = entry.about.substr(0, entry.about.find(' '));
        std::erase(listed, ',');
        CHECK(listed == std::to_string(count));
        CHECK(count > last);
        last = count;
    }
}

TEST_CASE("zoo: written files pass ONNX's checker and hold every weight", "[zoo]") {
    for (const std::string name : {"lenet5", "squeezenet1_1", "mobilenet_v2"}) check_file(name);
}

TEST_CASE("zoo: large files, up to the 553 MB of vgg16, pass ONNX's checker and hold every weight", "[zoo][long]") {
    for (const std::string name : {"googlenet", "resnet18", "tiny_yolov2", "resnet50", "alexnet", "vgg11", "vgg16"})
        check_file(name);
}

TEST_CASE("zoo: shapes agree with ONNX's inference down to the last layer", "[zoo]") {
    auto shapes = inferred_shapes(zoo::lenet5().skeleton());
    CHECK(shapes["flatten_out"] == Dims{1, 400});
    shapes = inferred_shapes(zoo::vgg16().skeleton());
    CHECK(shapes["pool1_out"] == Dims{1, 64, 112, 112});
    CHECK(shapes["flatten_out"] == Dims{1, 25088});
    shapes = inferred_shapes(zoo::resnet18().skeleton());
    CHECK(shapes["maxpool_out"] == Dims{1, 64, 56, 56});
    CHECK(shapes["layer4.1.relu2_out"] == Dims{1, 512, 7, 7});
    shapes = inferred_shapes(zoo::mobilenet_v2().skeleton());
    CHECK(shapes["features.3.add_out"] == Dims{1, 24, 56, 56});
    CHECK(shapes["features.18.2_out"] == Dims{1, 1280, 7, 7});
    shapes = inferred_shapes(zoo::alexnet().skeleton());
    CHECK(shapes["features.2_out"] == Dims{1, 64, 27, 27});
    CHECK(shapes["flatten_out"] == Dims{1, 9216});
    shapes = inferred_shapes(zoo::vgg11().skeleton());
    CHECK(shapes["pool3_out"] == Dims{1, 256, 28, 28});
    shapes = inferred_shapes(zoo::resnet50().skeleton());
    CHECK(shapes["layer2.0.conv1_out"] == Dims{1, 128, 56, 56});
    CHECK(shapes["layer4.2.relu3_out"] == Dims{1, 2048, 7, 7});
    shapes = inferred_shapes(zoo::googlenet().skeleton());
    CHECK(shapes["maxpool2_out"] == Dims{1, 192, 28, 28});
    CHECK(shapes["inception4e.concat_out"] == Dims{1, 832, 14, 14});
    CHECK(shapes["inception5b.concat_out"] == Dims{1, 1024, 7, 7});
    shapes = inferred_shapes(zoo::squeezenet1_1().skeleton());
    CHECK(shapes["features.5_out"] == Dims{1, 128, 27, 27});
    CHECK(shapes["classifier.1_out"] == Dims{1, 1000, 13, 13});
    shapes = inferred_shapes(zoo::tiny_yolov2().skeleton());
    CHECK(shapes["pool5_out"] == Dims{1, 512, 13, 13});
    CHECK(shapes["leaky7_out"] == Dims{1, 1024, 13, 13});
}

TEST_CASE("zoo: node and tensor names are unique", "[zoo]") {
    for (const zoo::Entry& entry : zoo::models()) {
        const zoo::Model model = entry.build();
        std::map<std::string, int> seen;
        for (const onnx::NodeProto& node : model.skeleton().graph().node()) {
            INFO(entry.name << " " << node.name());
            CHECK(++seen[node.name()] == 1);
            CHECK(node.output(0) == node.name() + "_out");
        }
    }
}

TEST_CASE("zoo: the same seed gives the same bytes, another seed other weights", "[zoo]") {
    const std::string bytes = written(zoo::lenet5(), 1);
    CHECK(bytes == written(zoo::lenet5(), 1));
    const std::string other = written(zoo::lenet5(), 2);
    CHECK(other.size() == bytes.size());
    CHECK(other != bytes);
}

TEST_CASE("zoo: weights have the variance that He et al. ask for after a ReLU", "[zoo]") {
    const onnx::ModelProto model = parsed(written(zoo::resnet18(), 1));
    for (const onnx::TensorProto& tensor : model.graph().initializer()) {
        if (tensor.name() != "layer3.1.conv2.weight") continue;
        const auto* values = reinterpret_cast<const float*>(tensor.raw_data().data());
        double sum = 0;
        double squares = 0;
        for (std::int64_t i = 0; i < elements(tensor); ++i) {
            sum += values[i];
            squares += static_cast<double>(values[i]) * values[i];
        }
        const auto count = static_cast<double>(elements(tensor));
        CHECK(sum / count == Approx(0).margin(1e-4));
        CHECK(squares / count == Approx(2 / (256 * 9.0)).epsilon(0.01));
        return;
    }
    FAIL("layer3.1.conv2.weight is missing");
}

TEST_CASE("zoo: an unknown model is refused with the nearest name", "[zoo]") {
    try {
        (void)zoo::model("vg16");
        FAIL("no error");
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::usage);
        CHECK(error.hint() == "did you mean 'vgg16'?");
    }
}
