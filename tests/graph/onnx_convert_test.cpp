// One ONNX operator at a time: which kind it becomes, and with which fields.
#include <catch2/catch.hpp>
#include <limits>

#include "graph/calculus.hpp"
#include "onnx_model.hpp"
#include "util/error.hpp"

using namespace convoy;
using namespace convoy::graph;
using test::Dims;
using test::Model;
using test::only;
using test::output_dims;
using test::set;
using test::unary_model;

namespace {

std::vector<float> values_of(const Constant& constant) {
    std::vector<float> values(static_cast<std::size_t>(constant.elements()));
    copy_floats(constant, 0, constant.elements(), values.data());
    return values;
}

}  // namespace

TEST_CASE("graph: a grouped, strided, dilated convolution keeps its four pads", "[graph][onnx]") {
    Model model = unary_model({1, 4, 9, 8});
    model.weights("w", {6, 2, 3, 2}).weights("b", {6});
    auto& node = model.node("Conv", {"x", "w", "b"}, {"y"}, "conv");
    set(node, "group", 2);
    set(node, "strides", {2, 1});
    set(node, "dilations", {2, 3});
    set(node, "pads", {1, 0, 2, 3});
    const Graph graph = model.read();
    const Operator& op = only(graph);
    CHECK(op.kind == Kind::convolution);
    CHECK(op.group == 2);
    CHECK(op.window ==
          Window{.kernel = {3, 2}, .stride = {2, 1}, .dilation = {2, 3}, .pad_begin = {1, 0}, .pad_end = {2, 3}});
    CHECK(op.weights->dims == Dims{6, 2, 3, 2});
    CHECK(op.tail.bias->dims == Dims{6});
    CHECK(output_dims(graph) == Dims{1, 6, 4, 8});
}

TEST_CASE("graph: auto_pad becomes explicit pads", "[graph][onnx]") {
    struct Case {
        const char* automatic;
        std::array<Index, 2> begin, end;
        Dims out;
    };
    const auto [automatic, begin, end, out] = GENERATE(values<Case>({
        {"SAME_UPPER", {0, 1}, {1, 1}, {1, 2, 4, 7}},
        {"SAME_LOWER", {1, 1}, {0, 1}, {1, 2, 4, 7}},
        {"VALID", {0, 0}, {0, 0}, {1, 2, 3, 5}},
    }));
    Model model = unary_model({1, 1, 8, 7});
    model.weights("w", {2, 1, 3, 3});
    auto& node = model.node("Conv", {"x", "w"}, {"y"});
    set(node, "auto_pad", automatic);
    set(node, "strides", {2, 1});
    const Graph graph = model.read();
    CHECK(only(graph).window.pad_begin == begin);
    CHECK(only(graph).window.pad_end == end);
    CHECK(output_dims(graph) == out);
}

TEST_CASE("graph: a convolution over one dimension, or with computed weights, runs whole", "[graph][onnx]") {
    Model one_dimensional = unary_model({1, 4, 9});
    one_dimensional.weights("w", {6, 4, 3});
    one_dimensional.node("Conv", {"x", "w"}, {"y"});
    CHECK(only(one_dimensional.read()).kind == Kind::whole);

    Model computed = unary_model({1, 4, 9, 9});
    computed.input("w", {6, 4, 3, 3});
    computed.node("Conv", {"x", "w"}, {"y"});
    const Graph graph = computed.read();
    CHECK(only(graph).kind == Kind::whole);
    CHECK(only(graph).inputs.size() == 2);
}

TEST_CASE("graph: max pooling with ceil_mode lets its last window stick out", "[graph][onnx]") {
    Model model = unary_model({1, 3, 112, 7});
    auto& node = model.node("MaxPool", {"x"}, {"y"});
    set(node, "kernel_shape", {3, 3});
    set(node, "strides", {2, 2});
    set(node, "ceil_mode", 1);
    const Graph graph = model.read();
    CHECK(only(graph).kind == Kind::max_pool);
    CHECK(only(graph).window.pad_end == std::array<Index, 2>{0, 0});
    CHECK(output_dims(graph) == Dims{1, 3, 56, 3});
}

TEST_CASE("graph: max pooling runs whole only when its indices are used", "[graph][onnx]") {
    const bool used = GENERATE(false, true);
    Model model = unary_model({1, 3, 8, 8});
    set(model.node("MaxPool", {"x"}, {"y", "indices"}), "kernel_shape", {2, 2});
    if (used) model.output("indices", onnx::TensorProto::INT64);
    const Graph graph = model.read();
    CHECK(only(graph).kind == (used ? Kind::whole : Kind::max_pool));
    CHECK(only(graph).outputs.size() == (used ? 2 : 1));
}

TEST_CASE("graph: average pooling remembers whether padding counts", "[graph][onnx]") {
    const int counts = GENERATE(0, 1);
    Model model = unary_model({1, 3, 8, 8});
    auto& node = model.node("AveragePool", {"x"}, {"y"});
    set(node, "kernel_shape", {3, 3});
    set(node, "pads", {1, 1, 1, 1});
    set(node, "count_include_pad", counts);
    CHECK(only(model.read()).kind == Kind::average_pool);
    CHECK(only(model.read()).window.count_include_pad == (counts == 1));
}

TEST_CASE("graph: means over height and width are global average pools", "[graph][onnx]") {
    Model model = unary_model({1, 3, 8, 8});
    auto& node = model.node("ReduceMean", {"x"}, {"y"});
    const std::vector<std::int64_t> axes = GENERATE(values<std::vector<std::int64_t>>({{2, 3}, {-1, -2}, {1, 2}}));
    set(node, "axes", axes);
    set(node, "keepdims", 0);
    CHECK(only(model.read()).kind == (axes[0] == 1 ? Kind::whole : Kind::global_average_pool));

    Model sum = unary_model({1, 3, 8, 8});
    sum.integers("axes", {2, 3});
    sum.node("ReduceSum", {"x", "axes"}, {"y"});
    CHECK(only(sum.read()).kind == Kind::global_sum_pool);

    Model global = unary_model({1, 3, 8, 8});
    global.node("GlobalMaxPool", {"x"}, {"y"});
    CHECK(only(global.read()).kind == Kind::global_max_pool);
}

TEST_CASE("graph: Gemm weights become [outputs, inputs], alpha and beta their scale", "[graph][onnx]") {
    const int transposed = GENERATE(0, 1);
    Model model = unary_model({1, 3});
    if (transposed == 1) {
        model.weights("w", {2, 3}, {1, 2, 3, 4, 5, 6});
    } else {
        model.weights("w", {3, 2}, {1, 4, 2, 5, 3, 6});
    }
    model.weights("c", {1}, {8});
    auto& node = model.node("Gemm", {"x", "w", "c"}, {"y"});
    set(node, "transB", transposed);
    set(node, "alpha", 2.0F);
    set(node, "beta", 0.5F);
    const Graph graph = model.read();
    const Operator& op = only(graph);
    CHECK(op.kind == Kind::gemm);
    CHECK(op.weights->dims == Dims{2, 3});
    CHECK(values_of(*op.weights) == std::vector<float>{1, 2, 3, 4, 5, 6});
    CHECK(op.weight_scale == std::vector<float>{2, 2});
    CHECK(values_of(*op.tail.bias) == std::vector<float>{4, 4});
}

TEST_CASE("graph: weights that are stored as needed stay where they are in the file", "[graph][onnx]") {
    Model model = unary_model({1, 40});
    model.weights("w", {20, 40});
    set(model.node("Gemm", {"x", "w"}, {"y"}), "transB", 1);
    const auto file = util::FileView::from_bytes(model.bytes(), "test.onnx");
    const Graph graph = read_onnx(file);
    const std::byte* data = only(graph).weights->data.data();
    CHECK(data > file.bytes().data());
    CHECK(data < file.bytes().data() + file.bytes().size());
}

TEST_CASE("graph: a Gemm that transposes its input, or adds rows, runs whole", "[graph][onnx]") {
    Model transposing = unary_model({3, 2});
    transposing.weights("w", {3, 4});
    set(transposing.node("Gemm", {"x", "w"}, {"y"}), "transA", 1);
    CHECK(only(transposing.read()).kind == Kind::whole);

    Model rows = unary_model({2, 3});
    rows.weights("w", {3, 4}).weights("c", {2, 4});
    rows.node("Gemm", {"x", "w", "c"}, {"y"});
    const Graph graph = rows.read();
    REQUIRE(only(graph).kind == Kind::whole);
    REQUIRE(only(graph).constant_inputs.size() == 3);
    CHECK_FALSE(only(graph).constant_inputs[0]);
    CHECK(only(graph).constant_inputs[2]->dims == Dims{2, 4});
}

TEST_CASE("graph: MatMul by a constant and the constant added to it are one gemm", "[graph][onnx]") {
    Model model = unary_model({1, 3});
    model.weights("w", {3, 2}, {1, 4, 2, 5, 3, 6}).weights("b", {2}, {7, 8});
    model.node("MatMul", {"x", "w"}, {"product"}, "matmul");
    model.node("Add", {"b", "product"}, {"y"}, "bias");
    const Graph graph = model.read();
    const Operator& op = only(graph);
    CHECK(op.kind == Kind::gemm);
    CHECK(values_of(*op.weights) == std::vector<float>{1, 2, 3, 4, 5, 6});
    CHECK(values_of(*op.tail.bias) == std::vector<float>{7, 8});
    CHECK(op.weight_scale.empty());
    CHECK(op.name == "matmul");
    CHECK(graph.find_operator("bias") == graph.find_operator("matmul"));
    CHECK(graph.find_tensor("product") == graph.find_tensor("y"));
}

TEST_CASE("graph: bounds of Clip come from attributes or from constant inputs", "[graph][onnx]") {
    Model attributes = unary_model({1, 3, 4, 4}, 10);
    set(attributes.node("Clip", {"x"}, {"y"}), "max", 6.0F);
    CHECK(only(attributes.read()).kind == Kind::clip);
    CHECK(only(attributes.read()).low == std::numeric_limits<float>::lowest());
    CHECK(only(attributes.read()).high == 6.0F);

    Model inputs = unary_model({1, 3, 4, 4});
    inputs.weights("low", {}, {-1});
    inputs.node("Clip", {"x", "low"}, {"y"});
    CHECK(only(inputs.read()).low == -1.0F);
    CHECK(only(inputs.read()).high == std::numeric_limits<float>::max());

    Model computed = unary_model({1, 3, 4, 4});
    computed.input("high", {});
    computed.node("Clip", {"x", "", "high"}, {"y"});
    const Graph graph = computed.read();
    REQUIRE(only(graph).kind == Kind::whole);
    CHECK(only(graph).constant_inputs[1]->dims == Dims{0});
    CHECK_FALSE(only(graph).constant_inputs[2]);
}

TEST_CASE("graph: functions of one element have kinds of their own, whatever the rank", "[graph][onnx]") {
    const auto [type, kind] = GENERATE(table<const char*, Kind>(
        {{"Relu", Kind::relu}, {"LeakyRelu", Kind::leaky_relu}, {"Sigmoid", Kind::sigmoid}, {"Tanh", Kind::unary}}));
    const auto dims = GENERATE(values<Dims>({{1, 3, 4, 4}, {1, 3}, {1, 3, 4}}));
    Model model = unary_model(dims);
    model.node(type, {"x"}, {"y"});
    const Graph graph = model.read();
    CHECK(only(graph).kind == kind);
    CHECK(cuts(graph, graph::OperatorId(0)).output[1] == (dims.size() != 3));
    CHECK(graph.tensor(graph.inputs()[0]).whole_only == (dims.size() == 3));
    if (only(graph).kind == Kind::leaky_relu) CHECK(only(graph).alpha == 0.01F);
}

TEST_CASE("graph: two tensors are added and multiplied, the broadcast one second", "[graph][onnx]") {
    const auto [type, kind] = GENERATE(table<const char*, Kind>({{"Add", Kind::add}, {"Mul", Kind::mul}}));
    Model model;
    model.input("s", {1, 3, 1, 1}).input("x", {1, 3, 4, 4}).output("y");
    model.node(type, {"s", "x"}, {"y"});
    const Graph graph = model.read();
    REQUIRE(only(graph).kind == kind);
    CHECK(only(graph).inputs == std::vector{*graph.find_tensor("x"), *graph.find_tensor("s")});

    Model spatial;
    spatial.input("s", {1, 1, 4, 4}).input("x", {1, 3, 4, 4}).output("y");
    spatial.node(type, {"s", "x"}, {"y"});
    CHECK(only(spatial.read()).kind == kind);

    Model narrow;
    narrow.input("s", {3, 1, 1}).input("x", {1, 3, 4, 4}).output("y");
    narrow.node(type, {"s", "x"}, {"y"});
    CHECK(only(narrow.read()).kind == Kind::whole);
}

TEST_CASE("graph: other arithmetic keeps the order of its operands, constants included", "[graph][onnx]") {
    const auto [type, arithmetic] = GENERATE(table<const char*, Arithmetic>(
        {{"Sub", Arithmetic::sub}, {"Div", Arithmetic::div}, {"Pow", Arithmetic::pow}, {"PRelu", Arithmetic::prelu}}));
    Model two;
    two.input("x", {1, 3, 4, 4}).input("s", {1, 3, 1, 1}).output("y");
    two.node(type, {"x", "s"}, {"y"});
    const Graph of_tensors = two.read();
    REQUIRE(only(of_tensors).kind == Kind::binary);
    CHECK(only(of_tensors).arithmetic == arithmetic);
    CHECK(only(of_tensors).inputs == std::vector{*of_tensors.find_tensor("x"), *of_tensors.find_tensor("s")});

    Model by_constant = unary_model({1, 3, 4, 4});
    by_constant.weights("k", {3, 1, 4});
    by_constant.node(type, {"x", "k"}, {"y"});
    const Graph of_constant = by_constant.read();
    REQUIRE(only(of_constant).kind == Kind::binary);
    CHECK_FALSE(only(of_constant).constant_inputs.at(0));
    CHECK(only(of_constant).constant_inputs.at(1)->dims == Dims{3, 1, 4});
}

TEST_CASE("graph: an exponent of integers becomes one of floats", "[graph][onnx]") {
    Model model = unary_model({1, 3, 4, 4});
    model.integers("two", {}, {2});
    model.node("Pow", {"x", "two"}, {"y"});
    const Graph graph = model.read();
    REQUIRE(only(graph).kind == Kind::binary);
    CHECK(values_of(*only(graph).constant_inputs.at(1)) == std::vector<float>{2});
}

TEST_CASE("graph: Min, Max and Sum take any number of operands", "[graph][onnx]") {
    const auto [type, kind] =
        GENERATE(table<const char*, Kind>({{"Min", Kind::binary}, {"Max", Kind::binary}, {"Sum", Kind::add}}));
    Model model;
    model.input("a", {1, 3, 4, 4}).input("b", {1, 3, 1, 1}).input("c", {1, 3, 4, 4}).output("y");
    model.node(type, {"a", "b", "c"}, {"y"});
    const Graph graph = model.read();
    CHECK(only(graph).kind == kind);
    CHECK(only(graph).inputs.size() == 3);
}

TEST_CASE("graph: a constant scales or shifts channels, or is an operand", "[graph][onnx]") {
    struct Case {
        const char* type;
        Dims constant;
        bool cuttable;
    };
    const auto [type, constant, cuttable] = GENERATE(values<Case>({
        {"Mul", {3, 1, 1}, true},
        {"Mul", {1, 3, 1, 1}, true},
        {"Add", {}, true},
        {"Sub", {1}, true},
        {"Div", {1, 1, 1, 1}, true},
        {"Add", {4}, false},
        {"Mul", {1, 3, 4, 4}, false},
        {"Div", {2, 3, 1, 1}, false},
        {"Add", {1, 1, 1, 1, 1}, false},
    }));
    Model model = unary_model({1, 3, 4, 4});
    Index count = 1;
    for (const Index dim : constant) count *= dim;
    model.weights("k", constant, std::vector<float>(static_cast<std::size_t>(count), 4.0F));
    model.node(type, {"x", "k"}, {"y"});
    const Graph graph = model.read();
    const Operator& op = only(graph);
    REQUIRE(op.kind == (cuttable ? Kind::batch_norm : constant.size() > 4 ? Kind::whole : Kind::binary));
    if (!cuttable) return;
    const std::string name = type;
    if (name == "Mul") CHECK(op.tail.scale == std::vector<float>{4, 4, 4});
    if (name == "Div") CHECK(op.tail.scale == std::vector<float>{0.25, 0.25, 0.25});
    if (name == "Add") CHECK(op.tail.shift == std::vector<float>{4, 4, 4});
    if (name == "Sub") CHECK(op.tail.shift == std::vector<float>{-4, -4, -4});
}

TEST_CASE("graph: concatenation is cut along channels only", "[graph][onnx]") {
    const auto [axis, kind] =
        GENERATE(table<int, Kind>({{1, Kind::concat}, {-3, Kind::concat}, {2, Kind::whole}, {-1, Kind::whole}}));
    Model model;
    model.input("a", {1, 3, 4, 4}).input("b", {1, 3, 4, 4}).output("y");
    set(model.node("Concat", {"a", "b"}, {"y"}), "axis", axis);
    CHECK(only(model.read()).kind == kind);
}

TEST_CASE("graph: softmax is along one axis, whole where ONNX flattens several", "[graph][onnx]") {
    struct Case {
        int opset;
        Dims dims;
        std::optional<int> axis;
        Kind kind;
    };
    const auto [opset, dims, axis, kind] = GENERATE(values<Case>({
        {9, {1, 10}, {}, Kind::softmax},
        {9, {1, 10, 1, 1}, {}, Kind::softmax},
        {9, {1, 10, 2, 2}, 1, Kind::whole},
        {13, {1, 10}, {}, Kind::softmax},
        {13, {1, 10, 2, 2}, 1, Kind::softmax},
        {13, {1, 10, 2, 2}, {}, Kind::softmax},
        {13, {1, 10, 2, 2}, -3, Kind::softmax},
        {9, {1, 10, 2, 2}, 3, Kind::softmax},
        {13, {1, 10, 2}, 1, Kind::whole},
    }));
    Model model = unary_model(dims, opset);
    auto& node = model.node("Softmax", {"x"}, {"y"});
    if (axis) set(node, "axis", *axis);
    const Graph graph = model.read();
    CHECK(only(graph).kind == kind);
    if (kind == Kind::whole) CHECK(std::get<std::int64_t>(only(graph).attributes.at("opset")) == opset);
    if (kind == Kind::softmax && !axis && opset == 13 && dims.size() == 4) CHECK(only(graph).axis == Axis::w);
}

TEST_CASE("graph: constant padding of height and width is a kind, other padding runs whole", "[graph][onnx]") {
    Model old = unary_model({1, 3, 4, 4}, 10);
    auto& node = old.node("Pad", {"x"}, {"y"});
    set(node, "pads", {0, 0, 1, 2, 0, 0, 3, 4});
    set(node, "value", 7.0F);
    const Graph graph = old.read();
    CHECK(only(graph).kind == Kind::pad);
    CHECK(only(graph).window.pad_begin == std::array<Index, 2>{1, 2});
    CHECK(only(graph).window.pad_end == std::array<Index, 2>{3, 4});
    CHECK(only(graph).pad_value == 7.0F);

    struct Case {
        const char* mode;
        std::vector<std::int64_t> pads;
        Kind kind;
    };
    const auto [mode, pads, kind] = GENERATE(values<Case>({
        {"constant", {0, 0, 1, 1, 0, 0, 1, 1}, Kind::pad},
        {"constant", {0, 1, 0, 0, 0, 1, 0, 0}, Kind::whole},
        {"constant", {0, 0, -1, 0, 0, 0, 0, 0}, Kind::whole},
        {"reflect", {0, 0, 1, 1, 0, 0, 1, 1}, Kind::whole},
    }));
    Model model = unary_model({1, 3, 4, 4});
    model.integers("pads", pads);
    set(model.node("Pad", {"x", "pads"}, {"y"}), "mode", mode);
    CHECK(only(model.read()).kind == kind);
}

TEST_CASE("graph: between a map and a vector every reshape is a flatten", "[graph][onnx]") {
    Model reshape = unary_model({1, 3, 2, 2});
    reshape.integers("shape", {0, -1});
    reshape.node("Reshape", {"x", "shape"}, {"y"});
    CHECK(only(reshape.read()).kind == Kind::flatten);

    Model squeeze = unary_model({1, 3, 1, 1});
    squeeze.integers("axes", {2, 3});
    squeeze.node("Squeeze", {"x", "axes"}, {"y"});
    CHECK(only(squeeze.read()).kind == Kind::flatten);

    Model widening = unary_model({1, 3});
    widening.integers("axes", {2, 3});
    widening.node("Unsqueeze", {"x", "axes"}, {"y"});
    CHECK(only(widening.read()).kind == Kind::flatten);

    Model mixing = unary_model({1, 4, 2, 2});
    mixing.integers("shape", {1, 2, 4, 2});
    mixing.node("Reshape", {"x", "shape"}, {"y"});
    CHECK(only(mixing.read()).kind == Kind::whole);
}

TEST_CASE("graph: an operator without a kind runs whole, with attributes and several outputs", "[graph][onnx]") {
    Model model;
    model.input("x", {1, 6, 4, 4}).output("a").output("b", onnx::TensorProto::INT64);
    model.integers("k", {4});
    set(model.node("TopK", {"x", "k"}, {"a", "b"}, "largest"), "axis", 1);
    const Graph graph = model.read();
    const Operator& op = only(graph);
    CHECK(op.kind == Kind::whole);
    CHECK(op.onnx_type == "TopK");
    CHECK(op.outputs.size() == 2);
    CHECK(std::get<std::int64_t>(op.attributes.at("axis")) == 1);
    CHECK(op.constant_inputs.at(1)->dims == Dims{1});
    CHECK(graph.tensor(*graph.find_tensor("b")).dims == Dims{1, 4, 4, 4});
}
