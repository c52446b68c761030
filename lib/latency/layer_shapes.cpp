#include "latency/layer_shapes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace convoy::latency {

namespace {

/// The largest of a layer's samples is the whole layer, which is sampled before its slices.
struct Extent {
    double flops = 0;
    std::int64_t input_bytes = 0;
    std::int64_t weight_bytes = 0;
    void include(const samples::WorkShape& work) {
        flops = std::max(flops, work.flops.value);
        input_bytes = std::max(input_bytes, work.input_bytes.value);
        weight_bytes = std::max(weight_bytes, work.weight_bytes.value);
    }
};

}  // namespace

std::vector<std::string> layer_shapes(const samples::Profile& profile) {
    std::map<std::string, Extent> extents;
    for (const samples::LayerSample& sample : profile.layers) extents[sample.op].include(sample.work);
    std::vector<std::string> shapes;
    for (const samples::LayerSample& sample : profile.layers) {
        const samples::WorkShape& work = sample.work;
        const Extent& extent = extents[sample.op];
        std::string shape = fmt::format("{} k{}x{} s{}x{} g{} f{} i{} w{} o", samples::operator_type(work),
                                        work.kernel[0], work.kernel[1], work.stride[0], work.stride[1], work.group,
                                        extent.flops, extent.input_bytes, extent.weight_bytes);
        for (const graph::Interval& axis : work.whole_output.axes) shape += fmt::format("x{}", axis.size());
        shapes.push_back(std::move(shape));
    }
    return shapes;
}

}  // namespace convoy::latency
