#include "graph/onnx.hpp"

#include <catch2/catch.hpp>

#include "util/error.hpp"
#include "util/hash.hpp"

using namespace convoy;
using namespace convoy::graph;

TEST_CASE("graph: the digits model becomes seven operators with their tails", "[graph][onnx]") {
    const auto file = util::FileView::open(CONVOY_TEST_DATA "/../../examples/models/digits.onnx");
    const Graph graph = read_onnx(file);
    std::vector<Kind> kinds;
    Index parameters = 0;
    for (const Operator& op : graph.operators()) {
        kinds.push_back(op.kind);
        if (op.weights) parameters += op.weights->elements() + op.tail.bias->elements();
    }
    CHECK(kinds == std::vector{Kind::convolution, Kind::max_pool, Kind::convolution, Kind::max_pool, Kind::gemm,
                               Kind::gemm, Kind::gemm});
    CHECK(parameters == 61706);
    CHECK(graph.sha256() == util::sha256(file.bytes()));
    CHECK(graph.tensor(graph.inputs().at(0)).dims == std::vector<Index>{1, 1, 32, 32});
    CHECK(graph.tensor(graph.outputs().at(0)).dims == std::vector<Index>{1, 10});
    CHECK(graph.find_operator("/relu1/Relu") == graph.find_operator("/conv1/Conv"));
}
