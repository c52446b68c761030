// The families of synthetic layers; those with weights or windows are in synthetic_windows.cpp.
#include "engine/synthetic.hpp"

namespace convoy::engine {

using namespace synthetic;
using graph::Activation;
using graph::Kind;

namespace {

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
