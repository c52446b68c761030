// What the reader makes of Slice, Split, Gather, Resize, ConvTranspose, DepthToSpace, LRN and channel shuffles.
#include <catch2/catch.hpp>
#include <cstring>
#include <set>

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

using Picks = std::vector<Dims>;

void scales(Model& model, const std::vector<float>& values) {
    model.weights("scales", {static_cast<std::int64_t>(values.size())}, values);
}

/// A Resize of opset 13 with these scales.
Model resize_model(const Dims& dims, const std::vector<float>& factors) {
    Model model = unary_model(dims);
    scales(model, factors);
    model.node("Resize", {"x", "", "scales"}, {"y"});
    return model;
}
onnx::NodeProto& last_node(Model& model) { return *model.graph().mutable_node(model.graph().node_size() - 1); }

std::string refusal(const Model& model) {
    try {
        (void)model.read();
        return "accepted";
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::data);
        return error.message();
    }
}

}  // namespace

TEST_CASE("graph: a few bytes that claim a huge axis are refused before its positions are listed", "[graph][onnx]") {
    const std::string why = "an axis of 2000000000 positions; up to 1048576 can be picked from";
    CHECK_THAT(refusal(resize_model({1, 1, 1, 1}, {1, 1, 1, 2e9F})), Catch::Contains(why));
    Model model = unary_model({1, 2000000001});
    model.integers("starts", {1}).integers("ends", {2000000001}).integers("axes", {1});
    model.node("Slice", {"x", "starts", "ends", "axes"}, {"y"});
    CHECK_THAT(refusal(model), Catch::Contains(why));
}

TEST_CASE("graph: slices become gathers, whatever their steps and axes", "[graph][onnx]") {
    Model model = unary_model({1, 6, 8, 5});
    model.integers("starts", {-1, 1})
        .integers("ends", {-100, 100})
        .integers("axes", {1, -2})
        .integers("steps", {-2, 3});
    model.node("Slice", {"x", "starts", "ends", "axes", "steps"}, {"y"});
    const Graph graph = model.read();
    CHECK(only(graph).kind == Kind::gather);
    CHECK(only(graph).picks == Picks{{}, {5, 3, 1}, {1, 4, 7}, {}});
    CHECK(output_dims(graph) == Dims{1, 3, 3, 5});

    Model old = unary_model({1, 4, 3}, 9);  // as attributes, of a tensor that is only ever whole
    auto& node = old.node("Slice", {"x"}, {"y"});
    set(node, "starts", Dims{1});
    set(node, "ends", Dims{3});
    set(node, "axes", Dims{1});
    const Graph whole = old.read();
    CHECK(only(whole).picks == Picks{{}, {1, 2}, {}});
    CHECK(cuts(whole, OperatorId(0)).output == std::array{false, false, false, false});
}

TEST_CASE("graph: each output of a split that is read becomes a gather of its own", "[graph][onnx]") {
    Model model = unary_model({1, 6, 4, 4});
    model.output("third");
    model.integers("sizes", {1, 2, 3});
    model.node("Split", {"x", "sizes"}, {"a", "unread", "third"}, "split");
    model.node("Relu", {"a"}, {"y"}, "split#2");
    set(*model.graph().mutable_node(0), "axis", 1);
    const Graph graph = model.read();
    REQUIRE(graph.operators().size() == 2);
    CHECK(graph.operators()[0].picks == Picks{{}, {0}, {}, {}});
    CHECK(graph.operators()[0].tail.activation == Activation::relu);
    CHECK(graph.operators()[1].picks == Picks{{}, {3, 4, 5}, {}, {}});
    std::set<std::string> names;
    for (const Operator& op : graph.operators()) names.insert(op.name);
    CHECK(names.size() == 2);
    CHECK(names.count("split") == 1);
    CHECK(graph.find_operator("split#2") == OperatorId(0));  // the activation, absorbed
}

TEST_CASE("graph: gathers with constant indices pick them, counted from the end where negative", "[graph][onnx]") {
    Model model = unary_model({1, 4, 3, 3});
    model.integers("indices", {3, -4, 1});
    set(model.node("Gather", {"x", "indices"}, {"y"}), "axis", 1);
    CHECK(only(model.read()).picks == Picks{{}, {3, 0, 1}, {}, {}});

    Model scalar = unary_model({2, 4, 3});
    scalar.integers("indices", {}, {2});
    set(scalar.node("Gather", {"x", "indices"}, {"y"}), "axis", -1);
    const Graph graph = scalar.read();
    CHECK(only(graph).picks == Picks{{}, {}, {2}});
    CHECK(output_dims(graph) == Dims{2, 4});

    Model outside = unary_model({1, 4, 3, 3});
    outside.integers("indices", {4});
    set(outside.node("Gather", {"x", "indices"}, {"y"}, "pick"), "axis", 1);
    CHECK(refusal(outside).find("node 'pick' (Gather)") != std::string::npos);
}

TEST_CASE("graph: a channel shuffle becomes one gather along the channels", "[graph][onnx]") {
    Model model = unary_model({1, 6, 4, 5});
    model.integers("apart", {1, 2, 3, 4, 5}).integers("together", {1, -1, 4, 5});
    model.node("Reshape", {"x", "apart"}, {"grouped"}, "apart");
    set(model.node("Transpose", {"grouped"}, {"swapped"}, "swap"), "perm", {0, 2, 1, 3, 4});
    model.node("Reshape", {"swapped", "together"}, {"y"}, "join");
    const Graph graph = model.read();
    CHECK(only(graph).kind == Kind::gather);
    CHECK(only(graph).picks == Picks{{}, {0, 3, 1, 4, 2, 5}, {}, {}});
    CHECK(graph.find_operator("swap") == OperatorId(0));
    CHECK(cuts(graph, OperatorId(0)).output == std::array{true, true, true, true});
}

TEST_CASE("graph: nearest resizing picks what ONNX's coordinate and rounding modes say", "[graph][onnx]") {
    struct Case {
        const char* coordinates;
        const char* rounding;
        Dims picks;
    };
    // Six columns from four.
    const auto [coordinates, rounding, picks] = GENERATE(values<Case>({
        {"asymmetric", "floor", {0, 0, 1, 2, 2, 3}},
        {"asymmetric", "ceil", {0, 1, 2, 2, 3, 3}},
        {"half_pixel", "round_prefer_floor", {0, 0, 1, 2, 2, 3}},
        {"half_pixel", "round_prefer_ceil", {0, 1, 1, 2, 3, 3}},
        {"align_corners", "floor", {0, 0, 1, 1, 2, 3}},
        {"tf_half_pixel_for_nn", "floor", {0, 1, 1, 2, 3, 3}},
    }));
    Model model = resize_model({1, 2, 3, 4}, {1, 1, 1, 1.5F});
    set(last_node(model), "coordinate_transformation_mode", coordinates);
    set(last_node(model), "nearest_mode", rounding);
    const Graph graph = model.read();
    INFO(coordinates << " " << rounding);
    CHECK(only(graph).kind == Kind::gather);
    CHECK(only(graph).picks == Picks{{}, {}, {}, picks});
}

TEST_CASE("graph: linear resizing weighs two positions along h and w", "[graph][onnx]") {
    Model model = resize_model({1, 2, 2, 4}, {1, 1, 2, 1});
    set(last_node(model), "mode", "linear");
    set(last_node(model), "coordinate_transformation_mode", "half_pixel");
    const Graph graph = model.read();
    CHECK(only(graph).kind == Kind::resize);
    CHECK(only(graph).resampling[1].taps == 0);
    const Resampling& rows = only(graph).resampling[0];
    CHECK(rows.taps == 2);
    CHECK(rows.positions == Dims{0, 0, 0, 1, 0, 1, 1, 1});
    CHECK(rows.weights == std::vector<float>{1, 0, 0.75F, 0.25F, 0.25F, 0.75F, 1, 0});

    Model sized = unary_model({1, 2, 2, 3});
    sized.integers("sizes", {1, 2, 3, 3});
    auto& node = sized.node("Resize", {"x", "", "", "sizes"}, {"y"});
    set(node, "mode", "linear");
    set(node, "coordinate_transformation_mode", "align_corners");
    CHECK(only(sized.read()).resampling[0].weights == std::vector<float>{1, 0, 0.5F, 0.5F, 1, 0});

    Model upsample = unary_model({1, 2, 2, 2}, 9);
    scales(upsample, {1, 1, 2, 2});
    set(upsample.node("Upsample", {"x", "scales"}, {"y"}), "mode", "linear");
    CHECK(only(upsample.read()).resampling[0].weights == std::vector<float>{1, 0, 0.5F, 0.5F, 1, 0, 1, 0});
}

TEST_CASE("graph: a resize that nobody can run stays whole", "[graph][onnx]") {
    Model channels = resize_model({1, 2, 2, 2}, {1, 2, 1, 1});
    set(last_node(channels), "mode", "linear");
    CHECK(only(channels.read()).kind == Kind::whole);
    Model cropping = unary_model({1, 1, 4, 4});
    cropping.weights("roi", {8}, {0, 0, 0.5F, 0.5F, 1, 1, 1, 1});
    cropping.integers("sizes", {1, 1, 2, 2});
    set(cropping.node("Resize", {"x", "roi", "", "sizes"}, {"y"}), "coordinate_transformation_mode",
        "tf_crop_and_resize");
    CHECK(only(cropping.read()).kind == Kind::whole);
}

TEST_CASE("graph: weights of transposed convolutions are laid out as a convolution's", "[graph][onnx]") {
    Model model = unary_model({1, 4, 5, 5});
    model.weights("w", {4, 3, 1, 2});
    auto& node = model.node("ConvTranspose", {"x", "w"}, {"y"});
    set(node, "group", 2);
    set(node, "strides", {1, 2});
    set(node, "output_padding", {0, 1});
    set(node, "pads", {0, 1, 0, 0});
    const Graph graph = model.read();
    const Operator& op = only(graph);
    CHECK(op.kind == Kind::transposed_convolution);
    CHECK(output_dims(graph) == Dims{1, 6, 5, 10});
    CHECK(op.weights->dims == Dims{6, 2, 1, 2});
    const auto& raw = model.graph().initializer(0).raw_data();
    const auto written = [&](int c, int f, int w) {
        float value = 0;
        std::memcpy(&value, raw.data() + ((c * 3 + f) * 2 + w) * 4, 4);
        return value;
    };
    CHECK(float_at(*op.weights, (4 * 2 + 1) * 2 + 1) == written(3, 1, 1));  // second group
    CHECK(float_at(*op.weights, (2 * 2 + 0) * 2 + 0) == written(0, 2, 0));  // first group
    CHECK(op.window.pad_begin == std::array<Index, 2>{0, 1});
}

TEST_CASE("graph: a transposed convolution shares out what its output shape leaves over", "[graph][onnx]") {
    const bool upper = GENERATE(true, false);
    Model model = unary_model({1, 1, 3, 3});
    model.weights("w", {1, 1, 4, 3});
    auto& node = model.node("ConvTranspose", {"x", "w"}, {"y"});
    set(node, "strides", {2, 2});
    set(node, "auto_pad", upper ? "SAME_UPPER" : "SAME_LOWER");
    const Graph graph = model.read();
    CHECK(output_dims(graph) == Dims{1, 1, 6, 6});
    CHECK(only(graph).window.pad_begin == std::array<Index, 2>{1, upper ? 0 : 1});
}

TEST_CASE("graph: blocks and local response normalization keep their attributes", "[graph][onnx]") {
    Model model = unary_model({1, 8, 2, 2});
    auto& node = model.node("DepthToSpace", {"x"}, {"y"});
    set(node, "blocksize", 2);
    set(node, "mode", "CRD");
    CHECK(only(model.read()).kind == Kind::depth_to_space);
    CHECK(only(model.read()).channel_major);

    Model lrn = unary_model({1, 8, 2, 2});
    set(lrn.node("LRN", {"x"}, {"y"}), "size", 5);
    CHECK(only(lrn.read()).local_response == LocalResponse{5, 0.0001F, 0.75F, 1.0F});
}
