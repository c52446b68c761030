#include "latency/reference.hpp"

namespace convoy::latency {

namespace {

using graph::Index;
using samples::WorkShape;

constexpr Index kFloat = 4;

WorkShape shape(graph::Kind kind, const char* onnx_type, const graph::Box& input, const graph::Box& output) {
    WorkShape work;
    work.kind = kind;
    work.onnx_type = onnx_type;
    work.inputs = {input};
    work.output = work.whole_output = output;
    work.input_bytes = util::Bytes(input.volume() * kFloat);
    work.output_bytes = util::Bytes(output.volume() * kFloat);
    return work;
}

/// 3x3, padding 1, with bias and ReLU.
WorkShape convolution(Index channels, Index outputs, Index size) {
    WorkShape work = shape(graph::Kind::convolution, "Conv", graph::make_box(1, channels, size, size),
                           graph::make_box(1, outputs, size, size));
    work.kernel = {3, 3};
    work.channels = channels;
    work.flops = util::Flops(static_cast<double>((2 * 9 * channels + 2) * outputs * size * size));
    work.weight_bytes = util::Bytes((9 * channels + 1) * outputs * kFloat);
    return work;
}

WorkShape max_pool(Index channels, Index size) {
    WorkShape work = shape(graph::Kind::max_pool, "MaxPool", graph::make_box(1, channels, 2 * size, 2 * size),
                           graph::make_box(1, channels, size, size));
    work.kernel = work.stride = {2, 2};
    work.channels = 1;
    work.flops = util::Flops(static_cast<double>(4 * channels * size * size));
    return work;
}

WorkShape gemm(const graph::Box& input, Index outputs) {
    WorkShape work = shape(graph::Kind::gemm, "Gemm", input, graph::make_box(1, outputs, 1, 1));
    work.channels = input[graph::Axis::c].size();
    work.flops = util::Flops(static_cast<double>((2 * input.volume() + 2) * outputs));
    work.weight_bytes = util::Bytes((input.volume() + 1) * outputs * kFloat);
    return work;
}

}  // namespace

std::vector<WorkShape> reference_model() {
    // Configuration D of Simonyan and Zisserman, "Very deep convolutional networks", ICLR 2015: blocks of equal layers.
    const struct {
        Index layers, outputs, size;
    } blocks[] = {{2, 64, 224}, {2, 128, 112}, {3, 256, 56}, {3, 512, 28}, {3, 512, 14}};
    std::vector<WorkShape> model;
    Index channels = 3;
    for (const auto& block : blocks) {
        for (Index layer = 0; layer < block.layers; ++layer) {
            model.push_back(convolution(channels, block.outputs, block.size));
            channels = block.outputs;
        }
        model.push_back(max_pool(channels, block.size / 2));
    }
    model.push_back(gemm(graph::make_box(1, 512, 7, 7), 4096));
    model.push_back(gemm(graph::make_box(1, 4096, 1, 1), 4096));
    model.push_back(gemm(graph::make_box(1, 4096, 1, 1), 1000));
    return model;
}

util::FlopsPerSecond reference_rate(const DeviceModel& model) {
    util::Flops flops;
    util::Seconds time = model.piece_overhead();
    for (const WorkShape& work : reference_model()) {
        flops += work.flops;
        time += model.predict(work, {0, 1});
    }
    return util::FlopsPerSecond(flops.value / time.count());
}

}  // namespace convoy::latency
