#include <catch2/catch.hpp>

#include "graph/calculus.hpp"
#include "graph/onnx.hpp"
#include "zoo/models.hpp"

using namespace convoy;

namespace {

graph::Graph read(const zoo::Model& model) {
    std::string bytes;
    model.write(1, [&](std::string_view part) { bytes += part; });
    return graph::read_onnx(util::FileView::from_bytes(std::move(bytes), "zoo.onnx"));
}

int uncuttable(const graph::Graph& graph) {
    int count = 0;
    for (const graph::Operator& op : graph.operators()) count += op.kind == graph::Kind::whole ? 1 : 0;
    return count;
}

double gflop(const graph::Graph& graph) {
    double sum = 0;
    for (std::size_t i = 0; i < graph.operators().size(); ++i) {
        sum += graph::flops(graph, graph::whole_work(graph, graph::OperatorId(i))).value;
    }
    return sum / 1e9;
}

}  // namespace

TEST_CASE("zoo: convoy reads the models with an own kind for every operator", "[zoo]") {
    for (const std::string name : {"lenet5", "squeezenet1_1", "mobilenet_v2"}) {
        INFO(name);
        CHECK(uncuttable(read(zoo::model(name).build())) == 0);
    }
    const graph::Graph digits =
        graph::read_onnx(util::FileView::open(CONVOY_TEST_DATA "/../../examples/models/digits.onnx"));
    CHECK(uncuttable(digits) == 0);
    CHECK(digits.find_operator("/conv1/Conv"));
    CHECK(digits.find_operator("/fc3/Gemm"));
}

TEST_CASE("zoo: convoy reads the larger models so, too", "[zoo][long]") {
    for (const std::string name : {"googlenet", "resnet18", "tiny_yolov2", "resnet50", "alexnet", "vgg11", "vgg16"}) {
        INFO(name);
        CHECK(uncuttable(read(zoo::model(name).build())) == 0);
    }
}

TEST_CASE("zoo: FLOPs as read are near the published multiply-adds, twice", "[zoo][long]") {
    // torchvision lists 1.81, 0.30, 1.50, 0.35 and 4.09 G multiply-adds; activations, sums and pools come on top here.
    CHECK(gflop(read(zoo::resnet18())) == Approx(2 * 1.81).epsilon(0.03));
    CHECK(gflop(read(zoo::mobilenet_v2())) == Approx(2 * 0.30).epsilon(0.05));
    CHECK(gflop(read(zoo::googlenet())) == Approx(2 * 1.50).epsilon(0.03));
    CHECK(gflop(read(zoo::squeezenet1_1())) == Approx(2 * 0.35).epsilon(0.05));
    CHECK(gflop(read(zoo::resnet50())) == Approx(2 * 4.09).epsilon(0.03));
}
