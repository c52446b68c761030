// Nodes of constants that the reader computes.
#include <catch2/catch.hpp>
#include <cmath>

#include "onnx_model.hpp"

using namespace convoy;
using test::Model;

namespace {

/// What is left of x + value, x = [1, n]: the value.
std::vector<float> shift_of(Model& model, std::int64_t n) {
    model.input("x", {1, n}).output("y");
    model.node("Add", {"x", "value"}, {"y"});
    const graph::Graph graph = model.read();
    REQUIRE(graph.operators().size() == 1);
    return graph.operators()[0].tail.shift;
}

}  // namespace

TEST_CASE("graph: functions of constants are computed", "[graph][onnx]") {
    Model power;
    power.weights("a", {3}, {2, 3, 4}).weights("b", {1}, {2});
    power.node("Pow", {"a", "b"}, {"value"});
    CHECK(shift_of(power, 3) == std::vector<float>{4, 9, 16});
    Model exponential;
    exponential.weights("a", {2}, {0, 1});
    exponential.node("Exp", {"a"}, {"value"});
    CHECK(shift_of(exponential, 2) == std::vector<float>{1, std::exp(1.0F)});
}

TEST_CASE("graph: constants are tiled, and scattered into", "[graph][onnx]") {
    Model tiled;
    tiled.weights("a", {2, 2}, {1, 2, 3, 4}).integers("repeats", {1, 2}).integers("flat", {1, 8});
    tiled.node("Tile", {"a", "repeats"}, {"wide"});
    tiled.node("Reshape", {"wide", "flat"}, {"value"});
    CHECK(shift_of(tiled, 8) == std::vector<float>{1, 2, 1, 2, 3, 4, 3, 4});
    Model scattered;
    scattered.weights("a", {4, 1}, {1, 2, 3, 4}).weights("new", {2, 1}, {8, 9}).integers("at", {2, 1}, {2, -4});
    scattered.integers("flat", {1, 4});
    scattered.node("ScatterND", {"a", "at", "new"}, {"column"});
    scattered.node("Reshape", {"column", "flat"}, {"value"});
    CHECK(shift_of(scattered, 4) == std::vector<float>{9, 2, 8, 4});
}
