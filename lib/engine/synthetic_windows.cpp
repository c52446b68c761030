// Synthetic layers with weights or a sliding window.
#include "engine/synthetic.hpp"

namespace convoy::engine::synthetic {

using graph::Kind;

static void set_window(graph::Window& window, Index kernel, Index stride, Index pad) {
    window.kernel = {kernel, kernel};
    window.stride = {stride, stride};
    window.pad_begin = window.pad_end = {pad, pad};
}

/// Output of a window; the map must have room for it.
static Dims behind(const Dims& in, const graph::Window& window, Index outputs) {
    Dims out{1, outputs, 0, 0};
    for (std::size_t i = 0; i < 2; ++i)
        out[2 + i] = (in[2 + i] + 2 * window.pad_begin[i] - window.kernel[i]) / window.stride[i] + 1;
    return out;
}

struct ConvolutionShape {
    Index kernel = 1;
    Index stride = 1;
    Index inputs = 1;
    Index outputs = 1;
    Index group = 1;
};

static Graph convolution(Random& random, const std::string& name, const ConvolutionShape& shape) {
    OneLayer layer(Kind::convolution, "Conv", name);
    const Index pad = random.chance(0.9) ? shape.kernel / 2 : 0;
    set_window(layer.op.window, shape.kernel, shape.stride, pad);
    const Dims in = map(random, shape.inputs, shape.kernel);
    layer.op.group = shape.group;
    layer.input(in).weights({shape.outputs, shape.inputs / shape.group, shape.kernel, shape.kernel});
    layer.activation(random);
    return layer.output(behind(in, layer.op.window, shape.outputs));
}

static Index some_stride(Random& random, double chance_of_two) { return random.chance(chance_of_two) ? 2 : 1; }

Graph conv1x1(Random& random, const std::string& name) {
    const Index inputs = channels(random, 8, kMostChannels);
    return convolution(random, name, {1, some_stride(random, 0.1), inputs, channels(random, 8, kMostChannels)});
}

Graph conv3x3(Random& random, const std::string& name) {
    const Index inputs = channels(random, 3, kMostChannels);
    return convolution(random, name, {3, some_stride(random, 0.25), inputs, channels(random, 8, kMostChannels)});
}

Graph conv5x5(Random& random, const std::string& name) {
    const Index inputs = channels(random, 3, 256);
    return convolution(random, name, {5, some_stride(random, 0.2), inputs, channels(random, 8, 512)});
}

/// The first layers of networks: few channels, long strides.
Graph conv_stem(Random& random, const std::string& name) {
    const Index kernel = one_of<Index, 5>(random, {3, 5, 7, 7, 11});
    const Index stride = one_of<Index, 3>(random, {1, 2, kernel > 5 ? 4 : 2});
    return convolution(random, name,
                       {kernel, stride, random.chance(0.7) ? 3 : log_uniform(random, 1, 64), channels(random, 8, 128)});
}

Graph grouped_conv(Random& random, const std::string& name) {
    const Index group = one_of<Index, 5>(random, {2, 3, 4, 8, 32});
    const Index inputs = group * log_uniform(random, 2, 64);
    const Index kernel = random.chance(0.6) ? 3 : 1;
    return convolution(random, name,
                       {kernel, some_stride(random, 0.2), inputs, group * log_uniform(random, 2, 64), group});
}

Graph depthwise(Random& random, const std::string& name) {
    const Index count = channels(random, 8, kMostChannels);
    const Index kernel = one_of<Index, 5>(random, {3, 3, 3, 5, 7});
    return convolution(random, name, {kernel, some_stride(random, 0.3), count, count, count});
}

Graph transposed_conv(Random& random, const std::string& name) {
    OneLayer layer(Kind::transposed_convolution, "ConvTranspose", name);
    const bool overlapping = random.chance(0.5);
    set_window(layer.op.window, overlapping ? 4 : 2, 2, overlapping ? 1 : 0);
    const Dims in = map(random, channels(random, 8, 512));
    const Index outputs = channels(random, 8, 512);
    layer.input(in).weights({outputs, in[1], layer.op.window.kernel[0], layer.op.window.kernel[1]});
    return layer.output({1, outputs, 2 * in[2], 2 * in[3]});
}

Graph gemm(Random& random, const std::string& name) {
    OneLayer layer(Kind::gemm, "Gemm", name);
    const Dims in{1, channels(random, 32, 25088)};
    const Index outputs = random.chance(0.3) ? one_of<Index, 3>(random, {10, 100, 1000}) : channels(random, 8, 4096);
    layer.input(in).weights({outputs, in[1]});
    layer.activation(random);
    return layer.output({1, outputs});
}

static Graph pool(Random& random, const std::string& name, Kind kind) {
    OneLayer layer(kind, kind == Kind::max_pool ? "MaxPool" : "AveragePool", name);
    const Index kernel = one_of<Index, 5>(random, {2, 2, 3, 3, 5});
    set_window(layer.op.window, kernel, random.chance(0.75) ? 2 : 1, random.chance(0.5) ? kernel / 2 : 0);
    const Dims in = map(random, channels(random, 3, kMostChannels), kernel);
    layer.input(in);
    return layer.output(behind(in, layer.op.window, in[1]));
}

Graph max_pool(Random& random, const std::string& name) { return pool(random, name, Kind::max_pool); }
Graph average_pool(Random& random, const std::string& name) { return pool(random, name, Kind::average_pool); }

static Graph global_pool(Random& random, const std::string& name, Kind kind) {
    OneLayer layer(kind, kind == Kind::global_max_pool ? "GlobalMaxPool" : "GlobalAveragePool", name);
    const Dims in = map(random);
    layer.input(in);
    return layer.output({1, in[1], 1, 1});
}

Graph global_average_pool(Random& random, const std::string& name) {
    return global_pool(random, name, Kind::global_average_pool);
}
Graph global_max_pool(Random& random, const std::string& name) {
    return global_pool(random, name, Kind::global_max_pool);
}

}  // namespace convoy::engine::synthetic
