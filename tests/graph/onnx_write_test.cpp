#include "graph/onnx_write.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "onnx_model.hpp"
#include "support/naive.hpp"
#include "support/random_graph.hpp"
#include "util/error.hpp"

using namespace convoy;
using namespace convoy::graph;

namespace {

Graph read_again(const Graph& graph) {
    return read_onnx(util::FileView::from_bytes(onnx_bytes(graph), "written.onnx"));
}

/// The largest difference of any output, relative to its size, when both run on the same inputs.
double difference(const Graph& a, const Graph& b, util::Random& random) {
    const std::vector<test::Values> inputs = test::random_inputs(a, random);
    const std::vector<test::Values> of_a = test::naive_run(a, inputs);
    const std::vector<test::Values> of_b = test::naive_run(b, inputs);
    double largest = 0;
    REQUIRE(a.outputs().size() == b.outputs().size());
    for (std::size_t i = 0; i < a.outputs().size(); ++i) {
        const test::Values& first = of_a[index(a.outputs()[i])];
        REQUIRE(a.tensor(a.outputs()[i]).dims == b.tensor(b.outputs()[i]).dims);
        largest = std::max(largest, test::largest_difference(first, of_b[index(b.outputs()[i])], first.full));
    }
    return largest;
}

/// An average pool with dilation, or one that counts its padding with an incomplete window along one axis only.
bool has_pool_unknown_to_onnx(const Graph& graph) {
    return std::any_of(graph.operators().begin(), graph.operators().end(), [&](const Operator& op) {
        if (op.kind != Kind::average_pool) return false;
        const Window& window = op.window;
        std::array<bool, 2> complete{};
        std::array<bool, 2> incomplete{};
        for (std::size_t i = 0; i < 2; ++i) {
            const Index reach = (window.kernel[i] - 1) * window.dilation[i] + 1;
            const Index padded = graph.tensor(op.inputs[0]).dims[i + 2] + window.pad_begin[i] + window.pad_end[i];
            const Index covered = (graph.tensor(op.outputs[0]).dims[i + 2] - 1) * window.stride[i] + reach;
            complete[i] = covered <= padded;
            incomplete[i] = padded <= covered;
        }
        const bool mixed = !(complete[0] && complete[1]) && !(incomplete[0] && incomplete[1]);
        return window.dilation != std::array<Index, 2>{1, 1} || (window.count_include_pad && mixed);
    });
}

bool has_kind(const Graph& graph, Kind kind) {
    return std::any_of(graph.operators().begin(), graph.operators().end(),
                       [&](const Operator& op) { return op.kind == kind; });
}

/// Written as Identity, which is left out when the model is read.
bool is_copy(const Operator& op) {
    return op.kind == Kind::gather &&
           std::all_of(op.picks.begin(), op.picks.end(), [](const auto& picks) { return picks.empty(); });
}

Graph example(const std::string& path) {
    return read_onnx(util::FileView::open(std::string(CONVOY_TEST_DATA) + "/../../examples/models/" + path));
}

}  // namespace

TEST_CASE("graph: what is written as ONNX computes the same when it is read again", "[graph][onnx]") {
    test::RandomGraphOptions options;
    options.whole_kinds = false;
    int refused = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        util::Random random(seed);
        const Graph graph = test::random_graph(random, options);
        INFO("seed " << seed << "\n" << test::describe(graph));
        if (has_pool_unknown_to_onnx(graph)) {
            CHECK_THROWS_AS(onnx_bytes(graph), util::Error);
            ++refused;
            continue;
        }
        const Graph again = read_again(graph);
        // A resize is written as products with matrices, a copy of an input is read as an operator of its own: the
        // naive executor knows neither; the tests of compress run them.
        if (!has_kind(graph, Kind::resize) && !has_kind(again, Kind::whole))
            CHECK(difference(graph, again, random) < 1e-5);
        for (const Operator& op : graph.operators()) {
            if (!is_copy(op)) CHECK(again.find_operator(op.name));
        }
        for (const TensorInfo& tensor : graph.tensors()) CHECK(again.find_tensor(tensor.name));
    }
    CHECK(refused < 100);
}

TEST_CASE("graph: a model read from ONNX is written and read as the same operators", "[graph][onnx]") {
    const Graph graph = example("digits.onnx");
    const Graph again = read_again(graph);
    CHECK(test::describe(graph) == test::describe(again));
    for (std::size_t i = 0; i < graph.operators().size(); ++i) {
        CHECK(graph.operators()[i].kind == again.operators()[i].kind);
        CHECK(graph.operators()[i].tail.activation == again.operators()[i].tail.activation);
    }
    CHECK(onnx_bytes(graph) == onnx_bytes(graph));
    CHECK(onnx_bytes(again) == onnx_bytes(read_again(again)));
}

TEST_CASE("graph: a written resize is read as the same resampling", "[graph][onnx]") {
    for (const int opset : {9, 10, 11, 13}) {
        for (const std::string mode : {"linear", "nearest", "cubic"}) {
            if (opset < 11 && mode == "cubic") continue;
            INFO(opset << " " << mode);
            test::Model model(opset);
            model.input("x", {1, 3, 5, 7}).output("y").weights("scales", {4}, {1, 1, 2, 3});
            std::vector<std::string> inputs{"x"};
            if (opset >= 11) inputs.push_back(opset >= 13 ? "" : "roi");
            if (opset >= 11 && opset < 13) model.weights("roi", {8}, std::vector<float>(8, 0));
            inputs.push_back("scales");
            auto& node = model.node(opset == 9 ? "Upsample" : "Resize", inputs, {"y"}, "resize");
            test::set(node, "mode", mode.c_str());
            const Graph graph = model.read();
            const Operator& before = graph.operators().at(0);
            const Graph again = read_again(graph);
            const Operator& after = again.op(again.find_operator("resize").value());
            if (before.kind == Kind::resize) {
                CHECK(after.resampling == before.resampling);
            } else {
                CHECK(after.picks == before.picks);
            }
        }
    }
}

TEST_CASE("graph: operators that only run whole are written with all they have", "[graph][onnx]") {
    test::Model model(11);
    model.input("x", {1, 4, 6}).output("y").integers("shape", {1, 6, 4}).weights("scale", {4}, {1, 2, 3, 4});
    test::set(model.node("Transpose", {"x"}, {"t"}, "turn"), "perm", std::vector<std::int64_t>{0, 2, 1});
    model.node("Reshape", {"t", "shape"}, {"r"}, "shape_it");
    model.node("MatMul", {"r", "x"}, {"m"}, "product");
    test::set(model.node("CumSum", {"m", "axis"}, {"y"}, "sum"), "reverse", 1);
    model.integers("axis", {}, {2});
    const Graph graph = model.read();
    const Graph again = read_again(graph);
    CHECK(test::describe(graph) == test::describe(again));
    for (const Operator& op : graph.operators()) {
        const Operator& read = again.op(again.find_operator(op.name).value());
        CHECK(read.attributes == op.attributes);
        REQUIRE(read.constant_inputs.size() == op.constant_inputs.size());
        for (std::size_t i = 0; i < op.constant_inputs.size(); ++i) {
            REQUIRE(read.constant_inputs[i].has_value() == op.constant_inputs[i].has_value());
            if (!op.constant_inputs[i]) continue;
            CHECK(read.constant_inputs[i]->dims == op.constant_inputs[i]->dims);
            CHECK(std::equal(read.constant_inputs[i]->data.begin(), read.constant_inputs[i]->data.end(),
                             op.constant_inputs[i]->data.begin(), op.constant_inputs[i]->data.end()));
        }
    }
}
