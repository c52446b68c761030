#include "latency/features.hpp"

#include <catch2/catch.hpp>

using namespace convoy;

namespace {

/// A 3 by 3 convolution that reads rows of this width.
samples::WorkShape convolution(graph::Index group, graph::Index channels, graph::Index width) {
    samples::WorkShape work;
    work.kind = graph::Kind::convolution;
    work.kernel = {3, 3};
    work.group = group;
    work.channels = channels;
    work.inputs = {graph::make_box(1, 32, 20, width)};
    return work;
}

double wide_depthwise(const samples::WorkShape& work) {
    const std::vector<std::string> name{"wide_depthwise"};
    return latency::feature_vector(name, work, {}).front();
}

}  // namespace

TEST_CASE("features: only depthwise convolutions of wide rows have the engine's own kernel") {
    CHECK(wide_depthwise(convolution(32, 1, 18)) == 1);
    CHECK(wide_depthwise(convolution(32, 1, 17)) == 0);
    CHECK(wide_depthwise(convolution(1, 32, 18)) == 0);
    CHECK(wide_depthwise(convolution(16, 2, 18)) == 0);
    samples::WorkShape large = convolution(32, 1, 18);
    large.kernel = {5, 5};
    CHECK(wide_depthwise(large) == 0);
}
