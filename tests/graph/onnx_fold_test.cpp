// What the ONNX reader folds: constants, shape arithmetic, identities, batch norms, flattens and tails.
#include <catch2/catch.hpp>

#include "onnx_model.hpp"
#include "support/naive.hpp"
#include "util/error.hpp"

using namespace convoy;
using namespace convoy::graph;
using test::Dims;
using test::Model;
using test::set;

namespace {

std::vector<std::string> names(const Graph& graph) {
    std::vector<std::string> all;
    for (const Operator& op : graph.operators()) all.push_back(op.name);
    return all;
}

std::vector<Kind> kinds(const Graph& graph) {
    std::vector<Kind> all;
    for (const Operator& op : graph.operators()) all.push_back(op.kind);
    return all;
}

void add_batch_norm(Model& model, const std::string& name, Index channels, const std::string& in,
                    const std::string& out) {
    const auto one = [&](const char* what) { return name + what; };
    model.weights(one("_scale"), {channels}).weights(one("_shift"), {channels}).weights(one("_mean"), {channels});
    std::vector<float> variance;
    for (Index c = 0; c < channels; ++c) variance.push_back(0.5F + static_cast<float>(c));
    model.weights(one("_var"), {channels}, variance);
    model.node("BatchNormalization", {in, one("_scale"), one("_shift"), one("_mean"), one("_var")}, {out}, name);
}

/// The scale by which x is multiplied when the nodes that `build` adds compute it as the tensor `k`, a vector.
std::vector<float> folded_scale(Index size, int opset, void (*build)(Model&)) {
    Model model(opset);
    model.input("x", {1, size}).output("y");
    build(model);
    model.node("Mul", {"x", "k"}, {"y"}, "mul");
    const Graph graph = model.read();
    REQUIRE(names(graph) == std::vector<std::string>{"mul"});
    return graph.operators()[0].tail.scale;
}

/// conv - bn - relu - pool - flatten - gemm - scale - shift - sigmoid, and a residual add with a clip.
Model deep_model() {
    Model model;
    model.input("x", {2, 3, 8, 7}).output("y").output("z");
    model.weights("w1", {4, 3, 3, 3}).weights("b1", {4});
    set(model.node("Conv", {"x", "w1", "b1"}, {"c1"}, "conv1"), "pads", {1, 1, 1, 1});
    add_batch_norm(model, "bn1", 4, "c1", "n1");
    model.node("Relu", {"n1"}, {"r1"}, "relu1");
    model.weights("w2", {4, 2, 1, 1});
    set(model.node("Conv", {"r1", "w2"}, {"c2"}, "conv2"), "group", 2);
    add_batch_norm(model, "bn2", 4, "c2", "n2");
    model.node("Add", {"n2", "r1"}, {"sum"}, "residual");
    model.weights("six", {}, {6}).weights("zero", {}, {0});
    model.node("Clip", {"sum", "zero", "six"}, {"clipped"}, "clip");
    auto& pool = model.node("AveragePool", {"clipped"}, {"p"}, "pool");
    set(pool, "kernel_shape", {2, 2});
    set(pool, "strides", {2, 2});
    model.weights("channels", {4, 1, 1});
    model.node("Mul", {"p", "channels"}, {"scaled"}, "scale");
    model.node("Flatten", {"scaled"}, {"features"}, "flatten");
    model.weights("w3", {48, 5}).weights("k", {1, 5}).weights("s", {5});
    auto& gemm = model.node("Gemm", {"features", "w3"}, {"g"}, "gemm");
    set(gemm, "alpha", 0.5F);
    model.node("Mul", {"g", "k"}, {"m"}, "times");
    model.node("Sub", {"s", "m"}, {"d"}, "minus");
    model.node("Sigmoid", {"d"}, {"y"}, "sigmoid");
    model.node("GlobalAveragePool", {"clipped"}, {"means"}, "means");
    set(model.node("LeakyRelu", {"means"}, {"z"}, "leaky"), "alpha", 0.2F);
    return model;
}

/// The same model with every inner tensor as an output, so that nothing may be fused.
Model unfused(Model model) {
    const auto nodes = model.graph().node();
    for (const auto& node : nodes) {
        if (node.output(0) != "y" && node.output(0) != "z") model.output(node.output(0));
    }
    return model;
}

}  // namespace

TEST_CASE("graph: tails and batch norms are folded into their operators", "[graph][onnx]") {
    const Graph graph = deep_model().read();
    CHECK(names(graph) == std::vector<std::string>{"conv1", "conv2", "residual", "pool", "gemm", "means"});
    const Operator& conv = graph.op(*graph.find_operator("conv1"));
    CHECK(conv.weight_scale.size() == 4);
    CHECK(conv.tail.scale.empty());
    CHECK(conv.tail.shift.empty());
    CHECK(conv.tail.activation == Activation::relu);
    CHECK(conv.absorbed == std::vector<std::string>{"bn1", "relu1"});
    CHECK(graph.op(*graph.find_operator("residual")).tail.activation == Activation::clip);
    CHECK(graph.op(*graph.find_operator("pool")).tail.scale.size() == 4);
    const Operator& gemm = graph.op(*graph.find_operator("gemm"));
    CHECK(gemm.absorbed == std::vector<std::string>{"flatten", "times", "minus", "sigmoid"});
    CHECK(gemm.tail.activation == Activation::sigmoid);
    CHECK(gemm.weight_scale.size() == 5);
    CHECK(graph.op(*graph.find_operator("leaky")).tail.alpha == 0.2F);
}

TEST_CASE("graph: every tensor name of a folded chain names the complete tensor", "[graph][onnx]") {
    const Graph graph = deep_model().read();
    for (const char* inner : {"c1", "n1", "r1"}) CHECK(graph.find_tensor(inner) == graph.find_tensor("r1"));
    for (const char* inner : {"g", "m", "d"}) CHECK(graph.find_tensor(inner) == graph.find_tensor("y"));
    CHECK(graph.find_tensor("features") == graph.find_tensor("scaled"));
    CHECK(graph.tensor(*graph.find_tensor("c1")).name == "r1");
    for (const char* folded : {"bn1", "relu1"}) CHECK(graph.find_operator(folded) == graph.find_operator("conv1"));
}

TEST_CASE("graph: a folded graph computes what the unfolded one does", "[graph][onnx]") {
    Model model = deep_model();
    const Graph folded = model.read();
    const Graph plain = unfused(model).read();
    REQUIRE(plain.operators().size() == static_cast<std::size_t>(model.proto().graph().node_size()));
    util::Random random(7);
    const std::vector<test::Values> inputs = test::random_inputs(folded, random);
    const auto got = test::naive_run(folded, inputs);
    const auto expected = test::naive_run(plain, inputs);
    for (const char* name : {"y", "z", "r1", "clipped", "scaled"}) {
        const auto id = *folded.find_tensor(name);
        const auto& reference = expected[index(*plain.find_tensor(name))];
        REQUIRE(test::known(reference, reference.full));
        CHECK(test::largest_difference(reference, got[index(id)], reference.full) < 1e-6);
    }
}

TEST_CASE("graph: nothing is folded over a tensor with two readers or a graph output", "[graph][onnx]") {
    const bool read_twice = GENERATE(true, false);
    Model model;
    model.input("x", {1, 3, 4, 4}).output("y");
    model.weights("w", {3, 3, 1, 1});
    model.node("Conv", {"x", "w"}, {"c"}, "conv");
    add_batch_norm(model, "bn", 3, "c", "n");
    model.node("Relu", {"n"}, {"y"}, "relu");
    if (read_twice) {
        model.node("Sigmoid", {"c"}, {"z"}, "other");
        model.output("z");
    } else {
        model.output("c");
    }
    const Graph graph = model.read();
    CHECK(graph.op(*graph.find_operator("conv")).absorbed.empty());
    const Operator& norm = graph.op(*graph.find_operator("bn"));
    CHECK(norm.kind == Kind::batch_norm);
    CHECK(norm.tail.scale.size() == 3);
    CHECK(norm.tail.shift.size() == 3);
    CHECK(norm.tail.activation == Activation::relu);
}

TEST_CASE("graph: nothing is absorbed behind an activation, or by operators that run whole", "[graph][onnx]") {
    Model model;
    model.input("x", {1, 3, 4, 4}).output("y").output("z");
    model.weights("w", {3, 3, 1, 1}).weights("two", {}, {2});
    model.node("Conv", {"x", "w"}, {"c"}, "conv");
    model.node("Relu", {"c"}, {"r"}, "relu");
    model.node("Mul", {"r", "two"}, {"m"}, "double");
    model.node("Sigmoid", {"m"}, {"y"}, "sigmoid");
    model.node("Tanh", {"x"}, {"t"}, "tanh");
    model.node("Relu", {"t"}, {"z"}, "relu2");
    const Graph graph = model.read();
    CHECK(names(graph) == std::vector<std::string>{"conv", "double", "tanh", "relu2"});
    CHECK(kinds(graph) == std::vector{Kind::convolution, Kind::batch_norm, Kind::unary, Kind::relu});
}

namespace {

/// conv, then x * gate(x) as exporters write it.
Model gated_model(const std::string& gate) {
    Model model;
    model.input("x", {1, 3, 4, 4}).output("y");
    model.weights("w", {3, 3, 1, 1}).weights("three", {}, {3}).weights("six", {}, {6}).weights("zero", {}, {0});
    model.node("Conv", {"x", "w"}, {"c"}, "conv");
    if (gate == "Sigmoid" || gate == "HardSigmoid") {
        model.node(gate, {"c"}, {"g"}, "gate");
        model.node("Mul", {"g", "c"}, {"y"}, "gated");
        return model;
    }
    model.node("Add", {"c", "three"}, {"a"}, "add");
    model.node("Clip", {"a", "zero", "six"}, {"g"}, "clip");
    model.node("Mul", {"c", "g"}, {"m"}, "gated");
    model.node("Div", {"m", "six"}, {"y"}, "div");
    return model;
}

}  // namespace

TEST_CASE("graph: a tensor times its own gate is the tail of its operator", "[graph][onnx]") {
    const auto [gate, function] = GENERATE(table<const char*, Activation>(
        {{"Sigmoid", Activation::silu}, {"HardSigmoid", Activation::hard_swish}, {"ramp", Activation::hard_swish}}));
    Model model = gated_model(gate);
    const Graph folded = model.read();
    REQUIRE(names(folded) == std::vector<std::string>{"conv"});
    CHECK(folded.operators()[0].tail.activation == function);
    CHECK(folded.find_operator("gated") == folded.find_operator("conv"));
    const Graph plain = unfused(model).read();
    REQUIRE(plain.operators().size() > 1);
    util::Random random(5);
    const std::vector<test::Values> inputs = test::random_inputs(folded, random);
    const test::Values expected = naive_run(plain, inputs)[index(*plain.find_tensor("y"))];
    const test::Values got = naive_run(folded, inputs)[index(*folded.find_tensor("y"))];
    CHECK(test::largest_difference(expected, got, expected.full) < 1e-6);
}

TEST_CASE("graph: a gate of another tensor, or one that is read twice, is a product", "[graph][onnx]") {
    const bool other = GENERATE(true, false);
    Model model;
    model.input("x", {1, 3, 4, 4}).input("z", {1, 3, 4, 4}).output("y");
    model.node("Sigmoid", {other ? "z" : "x"}, {"g"}, "gate");
    model.node("Mul", {"x", "g"}, {"y"}, "product");
    if (!other) model.output("g");
    CHECK(kinds(model.read()) == std::vector{Kind::sigmoid, Kind::mul});
}

TEST_CASE("graph: a flatten that somebody else reads too stays", "[graph][onnx]") {
    const bool alone = GENERATE(true, false);
    Model model;
    model.input("x", {1, 3, 2, 2}).output("y").output("z");
    model.weights("w", {12, 2}).weights("v", {12, 3});
    model.node("Flatten", {"x"}, {"f"}, "flatten");
    model.node("MatMul", {"f", "w"}, {"y"}, "first");
    if (alone) {
        model.node("MatMul", {"f", "v"}, {"z"}, "second");
    } else {
        model.node("Relu", {"f"}, {"z"}, "second");
    }
    const Graph graph = model.read();
    CHECK(graph.operators().size() == (alone ? 2 : 3));
    const TensorId read = graph.op(*graph.find_operator("first")).inputs.at(0);
    CHECK(graph.tensor(read).name == (alone ? "x" : "f"));
    if (alone) CHECK(graph.find_tensor("f") == graph.find_tensor("x"));
}

TEST_CASE("graph: nodes without a name are called by type and place, repeated names are numbered", "[graph][onnx]") {
    Model model;
    model.input("x", {1, 3, 4, 4}).output("y");
    model.weights("w", {3, 3, 1, 1});
    model.node("Identity", {"x"}, {"i"});
    model.node("Conv", {"i", "w"}, {"a"});
    model.node("Conv", {"a", "w"}, {"b"}, "same");
    model.node("Conv", {"b", "w"}, {"c"}, "same");
    model.node("Conv", {"c", "w"}, {"d"}, "Conv_1");
    model.node("Conv", {"d", "w"}, {"e"}, "same#2");
    model.node("Conv", {"e", "w"}, {"y"}, "same");
    CHECK(names(model.read()) ==
          std::vector<std::string>{"Conv_1", "same", "same#2", "Conv_1#2", "same#2#2", "same#3"});
}

TEST_CASE("graph: identities and dropouts go, their names stay as aliases", "[graph][onnx]") {
    Model model;
    model.input("x", {1, 3, 4, 4}).output("y");
    model.weights("w", {3, 3, 1, 1});
    model.node("Identity", {"x"}, {"i"});
    model.node("Conv", {"i", "w"}, {"c"}, "conv");
    model.node("Dropout", {"c"}, {"d", "mask"}, "drop");
    model.node("Relu", {"d"}, {"r"}, "relu");
    model.node("Identity", {"r"}, {"y"}, "last");
    const Graph graph = model.read();
    REQUIRE(names(graph) == std::vector<std::string>{"conv"});
    CHECK(graph.find_tensor("i") == graph.find_tensor("x"));
    for (const char* inner : {"c", "d", "r"}) CHECK(graph.find_tensor(inner) == graph.find_tensor("y"));
    CHECK(graph.tensor(graph.outputs()[0]).name == "y");
}

TEST_CASE("graph: a dropout in training mode goes only when it drops nothing", "[graph][onnx]") {
    for (const float ratio : {0.0F, 0.5F}) {
        Model model;
        model.input("x", {1, 3, 4, 4}).output("y");
        model.weights("ratio", {}, {ratio});
        auto& training = *model.proto().mutable_graph()->add_initializer();
        training.set_name("training");
        training.set_data_type(onnx::TensorProto::BOOL);
        training.add_int32_data(1);
        model.node("Dropout", {"x", "ratio", "training"}, {"d"}, "drop");
        model.node("Relu", {"d"}, {"y"}, "relu");
        const Graph graph = model.read();
        CHECK((names(graph) == std::vector<std::string>{"relu"}) == (ratio == 0));
    }
}

TEST_CASE("graph: an identity between an input and an output runs", "[graph][onnx]") {
    Model model;
    model.input("x", {1, 3, 4, 4}).output("y");
    model.node("Identity", {"x"}, {"y"}, "id");
    const Graph graph = model.read();
    CHECK(names(graph) == std::vector<std::string>{"id"});
    CHECK(kinds(graph) == std::vector{Kind::whole});
}

TEST_CASE("graph: an input may be an output too, and keeps its shape", "[graph][onnx]") {
    Model model;
    model.input("x", {1, 3, 4, 4}).output("x").output("y");
    model.node("Relu", {"x"}, {"y"}, "relu");
    const Graph graph = model.read();
    REQUIRE(graph.outputs().size() == 2);
    for (const TensorId output : graph.outputs()) CHECK(graph.tensor(output).dims == std::vector<Index>{1, 3, 4, 4});
}

TEST_CASE("graph: batch norms may share their constants through identities", "[graph][onnx]") {
    Model model;
    model.input("x", {1, 2, 4, 4}).output("y");
    model.weights("w", {2, 2, 1, 1}).weights("ones", {2}, {1, 1}).weights("zeros", {2}, {0, 0});
    model.node("Identity", {"ones"}, {"var"});
    model.node("Identity", {"zeros"}, {"mean"});
    model.node("Conv", {"x", "w"}, {"c"}, "conv");
    model.node("BatchNormalization", {"c", "ones", "zeros", "mean", "var"}, {"y"}, "bn");
    const Graph graph = model.read();
    REQUIRE(names(graph) == std::vector<std::string>{"conv"});
    CHECK(graph.operators()[0].weight_scale[0] == Approx(1).epsilon(1e-4));
}

TEST_CASE("graph: weights may be Constant nodes, typed fields or inputs with initializers", "[graph][onnx]") {
    Model model(9);
    model.proto().set_ir_version(3);
    model.input("x", {1, 30, 4, 4}).input("b", {20}).output("y");
    model.weights("b", {20});
    auto& constant = model.node("Constant", {}, {"w"}, "weights");
    auto& value = test::add_attribute(constant, "value", onnx::AttributeProto::TENSOR);
    Model::fill(*value.mutable_t(), "", {20, 30, 1, 1}, std::vector<float>(600, 0.5F));
    model.node("Conv", {"x", "w", "b"}, {"c"}, "conv");
    auto& typed = *model.graph().add_initializer();
    typed.set_name("k");
    typed.set_data_type(onnx::TensorProto::FLOAT);
    typed.add_dims(1);
    typed.add_float_data(3.0F);
    model.input("k", {1});
    model.node("Mul", {"c", "k"}, {"y"}, "triple");
    const Graph graph = model.read();
    REQUIRE(names(graph) == std::vector<std::string>{"conv"});
    CHECK(graph.inputs().size() == 1);
    CHECK(float_at(*graph.operators()[0].weights, 599) == 0.5F);
    CHECK(graph.operators()[0].weight_scale == std::vector<float>(20, 3.0F));
}

TEST_CASE("graph: shape arithmetic folds until the Reshape is a flatten", "[graph][onnx]") {
    // As exported for PP-OCR: the shape of a map, cast and sliced, put together with -1.
    Model model(11);
    model.input("x", {-1, 3, 4, -1}).output("y");
    model.weights("w", {5, 3, 1, 1}).weights("fc", {60, 2});
    model.node("Conv", {"x", "w"}, {"c"}, "conv");
    model.node("Shape", {"c"}, {"shape"});
    set(model.node("Cast", {"shape"}, {"shape32"}), "to", static_cast<int>(onnx::TensorProto::INT32));
    model.integers("from", {0}).integers("to", {1}).integers("one", {1}, {1});
    model.node("Slice", {"shape32", "from", "to"}, {"batch"});
    set(model.node("Cast", {"batch"}, {"batch64"}), "to", static_cast<int>(onnx::TensorProto::INT64));
    model.node("Squeeze", {"batch64"}, {"n"});
    set(model.node("Unsqueeze", {"n"}, {"n1"}), "axes", Dims{0});
    model.integers("minus", {-1});
    model.node("Mul", {"minus", "one"}, {"rest"});
    set(model.node("Concat", {"n1", "rest"}, {"target"}), "axis", 0);
    model.node("Reshape", {"c", "target"}, {"features"}, "reshape");
    model.node("MatMul", {"features", "fc"}, {"y"}, "fc");
    const Graph graph = model.read({.input_shapes = {{"x", {2, 3, 4, 3}}}});
    CHECK(names(graph) == std::vector<std::string>{"conv", "fc"});
    CHECK(kinds(graph) == std::vector{Kind::convolution, Kind::gemm});
    CHECK(graph.tensor(graph.outputs()[0]).dims == Dims{2, 2});
}

TEST_CASE("graph: constants without elements are read", "[graph][onnx]") {
    // torch.onnx.export at opset 11 pads the list of pads with one.
    Model model(11);
    model.input("x", {1, 3, 4, 4}).output("y");
    auto& empty = test::add_attribute(model.node("Constant", {}, {"none"}), "value", onnx::AttributeProto::TENSOR);
    Model::fill(*empty.mutable_t(), "", {0}, {});
    empty.mutable_t()->set_data_type(onnx::TensorProto::INT64);
    empty.mutable_t()->clear_raw_data();
    model.integers("pads", {0, 0, 1, 1, 0, 0, 1, 1});
    set(model.node("Concat", {"pads", "none"}, {"all"}), "axis", 0);
    model.node("Pad", {"x", "all"}, {"y"}, "pad");
    CHECK(kinds(model.read()) == std::vector{Kind::pad});
}

TEST_CASE("graph: constants are computed from constants as ONNX says", "[graph][onnx]") {
    const auto to_float = [](Model& model, const char* from) {
        set(model.node("Cast", {from}, {"k"}), "to", static_cast<int>(onnx::TensorProto::FLOAT));
    };
    struct Case {
        const char* what;
        std::vector<float> expected;
        int opset;
        void (*build)(Model&);
    };
    static const auto cast = to_float;
    const std::vector<Case> cases{
        {"a slice backwards",
         {5, 3},
         13,
         [](Model& model) {
             model.weights("v", {5}, {1, 2, 3, 4, 5});
             model.integers("from", {-1}).integers("to", {1}).integers("axes", {0}).integers("steps", {-2});
             model.node("Slice", {"v", "from", "to", "axes", "steps"}, {"k"});
         }},
        {"a slice by attributes",
         {2, 3},
         9,
         [](Model& model) {
             model.weights("v", {5}, {1, 2, 3, 4, 5});
             auto& node = model.node("Slice", {"v"}, {"k"});
             set(node, "starts", Dims{1});
             set(node, "ends", Dims{-2});
         }},
        {"rows of a matrix",
         {5, 6, 1, 2},
         13,
         [](Model& model) {
             model.weights("v", {3, 2}, {1, 2, 3, 4, 5, 6}).integers("rows", {-1, 0}).integers("flat", {-1});
             model.node("Gather", {"v", "rows"}, {"g"});
             model.node("Reshape", {"g", "flat"}, {"k"});
         }},
        {"columns of a matrix",
         {3, 6, 1, 4},
         13,
         [](Model& model) {
             model.weights("v", {2, 3}, {1, 2, 3, 4, 5, 6}).integers("columns", {2, 0}).integers("flat", {-1});
             set(model.node("Gather", {"v", "columns"}, {"g"}), "axis", 1);
             model.node("Transpose", {"g"}, {"t"});
             model.node("Reshape", {"t", "flat"}, {"k"});
         }},
        {"a range",
         {7, 5, 3},
         13,
         [](Model& model) {
             model.integers("a", {}, {7}).integers("b", {}, {1}).integers("c", {}, {-2});
             model.node("Range", {"a", "b", "c"}, {"r"});
             cast(model, "r");
         }},
        {"a choice",
         {1, 9, 3},
         13,
         [](Model& model) {
             model.integers("v", {1, 2, 3}).integers("two", {2}).integers("nine", {9});
             model.node("Equal", {"v", "two"}, {"is_two"});
             model.node("Where", {"is_two", "nine", "v"}, {"w"});
             cast(model, "w");
         }},
        {"integer division, toward zero",
         {-3, 3},
         13,
         [](Model& model) {
             model.integers("v", {-7, 7}).integers("two", {2});
             model.node("Div", {"v", "two"}, {"d"});
             cast(model, "d");
         }},
        {"a filled, joined and widened vector",
         {4, 4, 8, 8},
         13,
         [](Model& model) {
             model.integers("n", {1}).weights("eight", {1}, {8}).integers("two", {2}).integers("flat", {-1});
             auto& fill = model.node("ConstantOfShape", {"n"}, {"four"});
             Model::fill(*test::add_attribute(fill, "value", onnx::AttributeProto::TENSOR).mutable_t(), "", {1}, {4});
             set(model.node("Concat", {"four", "eight"}, {"both"}), "axis", 0);
             model.integers("axes", {1}).integers("shape", {2, 2});
             model.node("Unsqueeze", {"both", "axes"}, {"column"});
             model.node("Expand", {"column", "shape"}, {"wide"});
             model.node("Reshape", {"wide", "flat"}, {"k"});
         }},
        {"the number of elements",
         {24},
         13,
         [](Model& model) {
             model.input("z", {2, 3, 4});
             model.node("Shape", {"z"}, {"s"});
             model.node("ReduceProd", {"s"}, {"p"});
             cast(model, "p");
         }},
    };
    for (const Case& one : cases) {
        INFO(one.what);
        CHECK(folded_scale(static_cast<Index>(one.expected.size()), one.opset, one.build) == one.expected);
    }
}

TEST_CASE("graph: a dynamic batch is one, an override fixes the rest", "[graph][onnx]") {
    Model model;
    model.input("x", {-1, 3, -1, -1}).output("y");
    model.node("Relu", {"x"}, {"y"});
    const Graph graph = model.read({.input_shapes = {{"x", {1, 3, 20, 30}}}});
    CHECK(graph.tensor(graph.outputs()[0]).dims == Dims{1, 3, 20, 30});
    Model batch;
    batch.input("x", {-1, 3, 8, 8}).output("y");
    batch.node("Relu", {"x"}, {"y"});
    CHECK(batch.read().tensor(batch.read().outputs()[0]).dims == Dims{1, 3, 8, 8});
}

TEST_CASE("graph: nodes that no output needs are left out", "[graph][onnx]") {
    Model model;
    model.input("x", {1, 3, 4, 4}).output("y");
    model.node("Relu", {"x"}, {"y"}, "relu");
    model.node("Sigmoid", {"x"}, {"unused"}, "dead");
    CHECK(names(model.read()) == std::vector<std::string>{"relu"});
}

TEST_CASE("graph: reading is deterministic", "[graph][onnx]") {
    const std::string bytes = deep_model().bytes();
    const auto once = read_onnx(util::FileView::from_bytes(bytes, "a.onnx"));
    const auto again = read_onnx(util::FileView::from_bytes(bytes, "a.onnx"));
    CHECK(names(once) == names(again));
    CHECK(once.sha256() == again.sha256());
    for (std::size_t i = 0; i < once.tensors().size(); ++i) CHECK(once.tensors()[i].name == again.tensors()[i].name);
}
