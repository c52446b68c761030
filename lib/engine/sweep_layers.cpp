// The families of synthetic layers, one function each.
#include <algorithm>
#include <array>
#include <cmath>

#include "engine/random_values.hpp"
#include "engine/sweep.hpp"

namespace convoy::engine {

using graph::Activation;
using graph::Graph;
using graph::Index;
using graph::Kind;
using graph::Operator;
using util::Random;

namespace {

using Dims = std::vector<Index>;

constexpr Index kMostChannels = 2048;
constexpr Index kMostRows = 256;

Index log_uniform(Random& random, Index low, Index high) {
    const double exponent = random.uniform() * std::log(static_cast<double>(high) / static_cast<double>(low));
    return std::clamp(static_cast<Index>(std::lround(static_cast<double>(low) * std::exp(exponent))), low, high);
}

/// Mostly a multiple of 8, as widths of layers are.
Index channels(Random& random, Index low, Index high) {
    const Index drawn = log_uniform(random, low, high);
    return random.chance(0.85) && drawn >= 8 ? drawn / 8 * 8 : drawn;
}

/// Rows and columns of a map: mostly 224, 112, 56, ... 7, of detectors 208, 104, ... 13; sometimes not square.
Dims map(Random& random, Index count, Index least = 1) {
    constexpr std::array<Index, 14> kUsual{7, 14, 28, 56, 112, 224, 13, 26, 52, 104, 208, 10, 17, 35};
    const auto rows = [&] {
        const Index usual = kUsual.at(static_cast<std::size_t>(random.integer(0, std::ssize(kUsual) - 1)));
        return std::max(least, random.chance(0.6) ? usual : log_uniform(random, 1, kMostRows));
    };
    const Index height = rows();
    return {1, count, height, random.chance(0.9) ? height : rows()};
}

Dims map(Random& random) { return map(random, channels(random, 3, kMostChannels)); }

template <class T, std::size_t N>
T one_of(Random& random, const std::array<T, N>& choices) {
    return choices.at(static_cast<std::size_t>(random.integer(0, static_cast<Index>(N) - 1)));
}

Index volume(const Dims& dims) {
    Index product = 1;
    for (const Index dim : dims) product *= dim;
    return product;
}

/// A graph of one operator.
class OneLayer {
  public:
    OneLayer(Kind kind, const char* onnx_type, const std::string& name) {
        op.name = name;
        op.kind = kind;
        op.onnx_type = onnx_type;
    }

    OneLayer& input(const Dims& dims) {
        op.inputs.push_back(builder_.add_tensor("x" + std::to_string(op.inputs.size()), dims));
        builder_.add_input(op.inputs.back());
        return *this;
    }

    [[nodiscard]] graph::Constant constant(const Dims& dims, float limit) {
        std::vector<float> values(static_cast<std::size_t>(volume(dims)));
        fill_randomly(values, limit);
        return builder_.make_constant(dims, values);
    }

    /// A window's weights, scaled so that sums stay around 1, and bias.
    void weights(const Dims& dims) {
        const double terms = static_cast<double>(volume(dims)) / static_cast<double>(dims[0]);
        op.weights = constant(dims, static_cast<float>(std::sqrt(3 / terms)));
        op.tail.bias = constant({dims[0]}, 0.1F);
    }

    /// What stands behind most layers with weights.
    void activation(Random& random) {
        const double draw = random.uniform();
        if (draw < 0.25) return;
        op.tail.activation = draw < 0.75 ? Activation::relu : draw < 0.9 ? Activation::clip : Activation::leaky_relu;
        op.tail.alpha = 0.1F;
        op.tail.low = 0;
        op.tail.high = 6;
    }

    [[nodiscard]] Graph output(const Dims& dims) {
        op.outputs = {builder_.add_tensor("y", dims)};
        builder_.add_output(op.outputs[0]);
        builder_.add_operator(std::move(op));
        return builder_.finish();
    }

    Operator op;

  private:
    graph::GraphBuilder builder_;
};

void set_window(graph::Window& window, Index kernel, Index stride, Index pad) {
    window.kernel = {kernel, kernel};
    window.stride = {stride, stride};
    window.pad_begin = window.pad_end = {pad, pad};
}

/// Output of a window; the map must have room for it.
Dims behind(const Dims& in, const graph::Window& window, Index outputs) {
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

Graph convolution(Random& random, const std::string& name, const ConvolutionShape& shape) {
    OneLayer layer(Kind::convolution, "Conv", name);
    const Index pad = random.chance(0.9) ? shape.kernel / 2 : 0;
    set_window(layer.op.window, shape.kernel, shape.stride, pad);
    const Dims in = map(random, shape.inputs, shape.kernel);
    layer.op.group = shape.group;
    layer.input(in).weights({shape.outputs, shape.inputs / shape.group, shape.kernel, shape.kernel});
    layer.activation(random);
    return layer.output(behind(in, layer.op.window, shape.outputs));
}

Index some_stride(Random& random, double chance_of_two) { return random.chance(chance_of_two) ? 2 : 1; }

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

Graph pool(Random& random, const std::string& name, Kind kind) {
    OneLayer layer(kind, kind == Kind::max_pool ? "MaxPool" : "AveragePool", name);
    const Index kernel = one_of<Index, 5>(random, {2, 2, 3, 3, 5});
    set_window(layer.op.window, kernel, random.chance(0.75) ? 2 : 1, random.chance(0.5) ? kernel / 2 : 0);
    const Dims in = map(random, channels(random, 3, kMostChannels), kernel);
    layer.input(in);
    return layer.output(behind(in, layer.op.window, in[1]));
}

Graph max_pool(Random& random, const std::string& name) { return pool(random, name, Kind::max_pool); }
Graph average_pool(Random& random, const std::string& name) { return pool(random, name, Kind::average_pool); }

Graph global_pool(Random& random, const std::string& name, Kind kind) {
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

Graph elementwise(Random& random, OneLayer layer) {
    const Dims dims = map(random);
    layer.input(dims);
    return layer.output(dims);
}

Graph relu(Random& random, const std::string& name) { return elementwise(random, {Kind::relu, "Relu", name}); }

Graph sigmoid(Random& random, const std::string& name) { return elementwise(random, {Kind::sigmoid, "Sigmoid", name}); }

Graph leaky_relu(Random& random, const std::string& name) {
    OneLayer layer(Kind::leaky_relu, "LeakyRelu", name);
    layer.op.alpha = 0.1F;
    return elementwise(random, std::move(layer));
}

Graph clip(Random& random, const std::string& name) {
    OneLayer layer(Kind::clip, "Clip", name);
    layer.op.low = 0;
    layer.op.high = 6;
    return elementwise(random, std::move(layer));
}

Graph unary(Random& random, const std::string& name) {
    OneLayer layer(Kind::unary, "HardSwish", name);
    layer.op.function = one_of<Activation, 5>(
        random,
        {Activation::hard_swish, Activation::silu, Activation::hard_sigmoid, Activation::tanh, Activation::hard_swish});
    layer.op.alpha = 1.0F / 6;
    layer.op.beta = 0.5F;
    return elementwise(random, std::move(layer));
}

/// Two maps, or a map and one value per channel, as in a squeeze-and-excitation block.
Graph two_operands(Random& random, OneLayer layer, double chance_of_broadcast) {
    const Dims dims = map(random);
    const bool broadcast = random.chance(chance_of_broadcast);
    layer.input(dims).input(broadcast ? Dims{1, dims[1], 1, 1} : dims);
    return layer.output(dims);
}

Graph add(Random& random, const std::string& name) {
    OneLayer layer(Kind::add, "Add", name);
    if (random.chance(0.6)) layer.op.tail.activation = Activation::relu;
    return two_operands(random, std::move(layer), 0.1);
}

Graph mul(Random& random, const std::string& name) { return two_operands(random, {Kind::mul, "Mul", name}, 0.7); }

Graph binary(Random& random, const std::string& name) {
    using graph::Arithmetic;
    OneLayer layer(Kind::binary, "Sub", name);
    layer.op.arithmetic =
        one_of<Arithmetic, 4>(random, {Arithmetic::sub, Arithmetic::div, Arithmetic::max, Arithmetic::min});
    if (random.chance(0.5)) return two_operands(random, std::move(layer), 0.3);
    const Dims dims = map(random);
    layer.input(dims);
    layer.op.constant_inputs = {std::nullopt, layer.constant({dims[1], 1, 1}, 1)};
    return layer.output(dims);
}

Graph concat(Random& random, const std::string& name) {
    OneLayer layer(Kind::concat, "Concat", name);
    Dims dims = map(random);
    Index sum = 0;
    for (Index parts = random.integer(2, 4); parts > 0; --parts) {
        dims[1] = channels(random, 8, 512);
        sum += dims[1];
        layer.input(dims);
    }
    dims[1] = sum;
    return layer.output(dims);
}

Graph batch_norm(Random& random, const std::string& name) {
    OneLayer layer(Kind::batch_norm, "BatchNormalization", name);
    const Dims dims = map(random);
    layer.op.tail.scale.assign(static_cast<std::size_t>(dims[1]), 0.9F);
    layer.op.tail.shift.assign(static_cast<std::size_t>(dims[1]), 0.1F);
    if (random.chance(0.7)) layer.op.tail.activation = Activation::relu;
    layer.input(dims);
    return layer.output(dims);
}

Graph softmax(Random& random, const std::string& name) {
    OneLayer layer(Kind::softmax, "Softmax", name);
    const Dims dims =
        random.chance(0.6) ? Dims{1, log_uniform(random, 2, 32768)} : map(random, log_uniform(random, 2, 128));
    layer.input(dims);
    return layer.output(dims);
}

Graph pad(Random& random, const std::string& name) {
    OneLayer layer(Kind::pad, "Pad", name);
    for (std::size_t i = 0; i < 2; ++i) {
        layer.op.window.pad_begin.at(i) = random.integer(0, 3);
        layer.op.window.pad_end.at(i) = random.integer(0, 3);
    }
    Dims dims = map(random);
    layer.input(dims);
    for (std::size_t i = 0; i < 2; ++i) dims[2 + i] += layer.op.window.pad_begin.at(i) + layer.op.window.pad_end.at(i);
    return layer.output(dims);
}

Graph flatten(Random& random, const std::string& name) {
    OneLayer layer(Kind::flatten, "Flatten", name);
    const Dims dims = map(random);
    layer.input(dims);
    return layer.output({1, volume(dims)});
}

/// A part of the channels (Split, Slice), their shuffle, or a map of double size (nearest Resize).
Graph gather(Random& random, const std::string& name) {
    OneLayer layer(Kind::gather, "Slice", name);
    Dims dims = map(random, 2 * channels(random, 4, kMostChannels / 2));
    layer.input(dims);
    layer.op.picks.resize(dims.size());
    const Index what = random.integer(0, 2);
    if (what < 2) {
        const Index half = dims[1] / 2;
        if (what == 0) dims[1] = half;
        for (Index c = 0; c < dims[1]; ++c) layer.op.picks[1].push_back(what == 0 ? half + c : c / 2 + c % 2 * half);
        return layer.output(dims);
    }
    layer.op.onnx_type = "Resize";
    for (std::size_t axis = 2; axis < 4; ++axis) {
        dims[axis] *= 2;
        for (Index i = 0; i < dims[axis]; ++i) layer.op.picks[axis].push_back(i / 2);
    }
    return layer.output(dims);
}

/// Linear interpolation to double size.
Graph resize(Random& random, const std::string& name) {
    OneLayer layer(Kind::resize, "Resize", name);
    Dims dims = map(random, channels(random, 8, 512), 2);
    layer.input(dims);
    for (std::size_t i = 0; i < 2; ++i) {
        graph::Resampling& resampling = layer.op.resampling.at(i);
        const Index last = dims[2 + i] - 1;
        resampling.taps = 2;
        for (Index at = 0; at < 2 * dims[2 + i]; ++at) {
            const Index first = std::clamp<Index>((at - 1) / 2, 0, last);
            const float part = at == 0 ? 0.0F : at % 2 == 0 ? 0.75F : 0.25F;
            resampling.positions.insert(resampling.positions.end(), {first, std::min(first + 1, last)});
            resampling.weights.insert(resampling.weights.end(), {1 - part, part});
        }
        dims[2 + i] *= 2;
    }
    return layer.output(dims);
}

Graph depth_to_space(Random& random, const std::string& name) {
    OneLayer layer(Kind::depth_to_space, "DepthToSpace", name);
    layer.op.block = 2;
    const Dims dims = map(random, 4 * channels(random, 1, 256));
    layer.input(dims);
    return layer.output({1, dims[1] / 4, 2 * dims[2], 2 * dims[3]});
}

Graph lrn(Random& random, const std::string& name) {
    OneLayer layer(Kind::lrn, "LRN", name);
    layer.op.local_response.size = 5;
    const Dims dims = map(random, channels(random, 16, 512));
    layer.input(dims);
    return layer.output(dims);
}

}  // namespace

const std::vector<LayerFamily>& layer_families() {
    static const std::vector<LayerFamily> families{
        {"conv1x1", conv1x1},
        {"max_pool", max_pool},
        {"conv3x3", conv3x3},
        {"add", add},
        {"gemm", gemm},
        {"depthwise", depthwise},
        {"global_average_pool", global_average_pool},
        {"concat", concat},
        {"conv_stem", conv_stem},
        {"relu", relu},
        {"conv5x5", conv5x5},
        {"average_pool", average_pool},
        {"grouped_conv", grouped_conv},
        {"clip", clip},
        {"mul", mul},
        {"batch_norm", batch_norm},
        {"softmax", softmax},
        {"flatten", flatten},
        {"leaky_relu", leaky_relu},
        {"sigmoid", sigmoid},
        {"unary", unary},
        {"binary", binary},
        {"pad", pad},
        {"gather", gather},
        {"resize", resize},
        {"transposed_conv", transposed_conv},
        {"lrn", lrn},
        {"depth_to_space", depth_to_space},
        {"global_max_pool", global_max_pool},
    };
    return families;
}

}  // namespace convoy::engine
