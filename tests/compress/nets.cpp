#include "nets.hpp"

#include <cmath>

#include "compress/answers.hpp"

namespace convoy::test {

using graph::Index;
using graph::Kind;
using graph::Operator;
using graph::TensorId;

TensorId Net::input(std::vector<Index> dims) {
    const TensorId id = builder_.add_tensor("input", dims);
    dims_.push_back(std::move(dims));
    builder_.add_input(id);
    return id;
}

TensorId Net::put(Operator op, std::vector<Index> dims) {
    const TensorId id = builder_.add_tensor(op.name + "_out", dims);
    dims_.push_back(std::move(dims));
    op.outputs = {id};
    builder_.add_operator(std::move(op));
    return id;
}

std::vector<float> Net::normal(Index count, double spread) {
    std::vector<float> values;
    for (Index i = 0; i < count; ++i) values.push_back(static_cast<float>(spread * random_.normal()));
    return values;
}

TensorId Net::conv(const std::string& name, TensorId from, Index channels, const ConvOptions& options) {
    const std::vector<Index> in = dims_[index(from)];
    const Index terms = in[1] / options.group * options.kernel * options.kernel;
    std::vector<float> weights = normal(channels * terms, std::sqrt(2.0 / static_cast<double>(terms)));
    std::vector<float> bias = normal(channels, 0.2);
    if (options.shape) options.shape(weights, bias);
    Operator op;
    op.name = name;
    op.kind = Kind::convolution;
    op.onnx_type = "Conv";
    op.inputs = {from};
    op.group = options.group;
    op.window.kernel = {options.kernel, options.kernel};
    op.window.stride = {options.stride, options.stride};
    const Index pad = options.pad ? options.kernel / 2 : 0;
    op.window.pad_begin = op.window.pad_end = {pad, pad};
    op.weights = builder_.make_constant({channels, in[1] / options.group, options.kernel, options.kernel}, weights);
    op.tail.bias = builder_.make_constant({channels}, bias);
    if (options.relu) op.tail.activation = graph::Activation::relu;
    const auto out = [&](Index extent) { return (extent + 2 * pad - options.kernel) / options.stride + 1; };
    return put(std::move(op), {in[0], channels, out(in[2]), out(in[3])});
}

TensorId Net::fc(const std::string& name, TensorId from, Index outputs, bool relu) {
    const std::vector<Index> in = dims_[index(from)];
    Index features = 1;
    for (std::size_t i = 1; i < in.size(); ++i) features *= in[i];
    Operator op;
    op.name = name;
    op.kind = Kind::gemm;
    op.onnx_type = "Gemm";
    op.inputs = {from};
    op.weights = builder_.make_constant({outputs, features},
                                        normal(outputs * features, std::sqrt(2.0 / static_cast<double>(features))));
    op.tail.bias = builder_.make_constant({outputs}, normal(outputs, 0.2));
    if (relu) op.tail.activation = graph::Activation::relu;
    return put(std::move(op), {in[0], outputs});
}

TensorId Net::add(const std::string& name, TensorId a, TensorId b, bool relu) {
    Operator op;
    op.name = name;
    op.kind = Kind::add;
    op.onnx_type = "Add";
    op.inputs = {a, b};
    if (relu) op.tail.activation = graph::Activation::relu;
    return put(std::move(op), dims_[index(a)]);
}

TensorId Net::concat(const std::string& name, const std::vector<TensorId>& parts) {
    Operator op;
    op.name = name;
    op.kind = Kind::concat;
    op.onnx_type = "Concat";
    op.inputs = parts;
    std::vector<Index> dims = dims_[index(parts[0])];
    dims[1] = 0;
    for (const TensorId part : parts) dims[1] += dims_[index(part)][1];
    return put(std::move(op), dims);
}

TensorId Net::max_pool(const std::string& name, TensorId from) {
    Operator op;
    op.name = name;
    op.kind = Kind::max_pool;
    op.onnx_type = "MaxPool";
    op.inputs = {from};
    op.window.kernel = op.window.stride = {2, 2};
    std::vector<Index> dims = dims_[index(from)];
    dims[2] /= 2;
    dims[3] /= 2;
    return put(std::move(op), dims);
}

TensorId Net::global_pool(const std::string& name, TensorId from) {
    Operator op;
    op.name = name;
    op.kind = Kind::global_average_pool;
    op.onnx_type = "GlobalAveragePool";
    op.inputs = {from};
    const std::vector<Index> in = dims_[index(from)];
    return put(std::move(op), {in[0], in[1], 1, 1});
}

TensorId Net::shuffle(const std::string& name, TensorId from) {
    Operator op;
    op.name = name;
    op.kind = Kind::gather;
    op.onnx_type = "Gather";
    op.inputs = {from};
    const std::vector<Index> dims = dims_[index(from)];
    op.picks.resize(dims.size());
    for (const Index odd : {0, 1}) {
        for (Index c = odd; c < dims[1]; c += 2) op.picks[1].push_back(c);
    }
    return put(std::move(op), dims);
}

TensorId Net::plus_constant(const std::string& name, TensorId from) {
    Operator op;
    op.name = name;
    op.kind = Kind::binary;
    op.onnx_type = "Add";
    op.inputs = {from};
    const std::vector<Index> dims = dims_[index(from)];
    op.constant_inputs = {std::nullopt, builder_.make_constant({dims[1], 1, 1}, normal(dims[1], 0.5))};
    return put(std::move(op), dims);
}

TensorId Net::softmax(const std::string& name, TensorId from) {
    Operator op;
    op.name = name;
    op.kind = Kind::softmax;
    op.onnx_type = "Softmax";
    op.inputs = {from};
    return put(std::move(op), dims_[index(from)]);
}

graph::Graph Net::finish(std::vector<TensorId> outputs) {
    for (const TensorId id : outputs) builder_.add_output(id);
    return builder_.finish();
}

graph::Graph chain_net(std::uint64_t seed) {
    Net net(seed);
    TensorId x = net.input({1, 3, 12, 12});
    x = net.conv("conv1", x, 16);
    x = net.conv("conv2", x, 16, {.stride = 2});
    x = net.conv("conv3", x, 24, {.kernel = 1});
    x = net.max_pool("pool", x);
    x = net.fc("fc1", x, 20, true);
    return net.finish({net.fc("fc2", x, 10)});
}

graph::Graph residual_net(std::uint64_t seed) {
    Net net(seed);
    const TensorId stem = net.conv("stem", net.input({1, 3, 10, 10}), 12);
    TensorId x = net.conv("a2", net.conv("a1", stem, 10), 12, {.relu = false});
    x = net.add("sum1", stem, x);
    TensorId y = net.conv("b2", net.conv("b1", x, 16, {.stride = 2}), 16, {.relu = false});
    x = net.add("sum2", net.conv("down", x, 16, {.kernel = 1, .stride = 2, .relu = false}), y);
    return net.finish({net.softmax("soft", net.fc("fc", net.global_pool("pool", x), 10))});
}

graph::Graph concat_net(std::uint64_t seed) {
    Net net(seed);
    const TensorId stem = net.conv("stem", net.input({1, 3, 10, 10}), 12);
    const TensorId a = net.conv("left", stem, 8, {.kernel = 1});
    const TensorId b = net.plus_constant("shift", net.conv("right", stem, 12, {.pad = true}));
    TensorId x = net.shuffle("shuffle", net.concat("cat", {a, b, stem}));
    x = net.conv("after", x, 16);
    return net.finish({net.fc("fc", x, 10)});
}

graph::Graph depthwise_net(std::uint64_t seed) {
    Net net(seed);
    TensorId x = net.conv("stem", net.input({1, 3, 10, 10}), 12);
    x = net.conv("deep", x, 12, {.group = 12});
    x = net.conv("point", x, 16, {.kernel = 1});
    x = net.conv("grouped", x, 16, {.group = 4});
    return net.finish({net.fc("fc", net.global_pool("pool", x), 10)});
}

graph::Graph dense_net(std::uint64_t seed) {
    Net net(seed);
    TensorId x = net.fc("fc1", net.input({1, 40}), 30, true);
    x = net.fc("fc2", x, 30, true);
    return net.finish({net.fc("fc3", x, 12)});
}

compress::Frames random_frames(const graph::Graph& graph, std::uint64_t seed, std::size_t count) {
    const auto load = [&graph, seed](std::size_t frame) {
        util::Random random(seed * 1000003 + frame);
        std::vector<graph::Tensor> inputs;
        for (const TensorId id : graph.inputs()) {
            const graph::TensorInfo& info = graph.tensor(id);
            graph::Tensor tensor({info.full});
            float last = 0;
            for (Index i = 0; i < info.full.volume(); ++i) {
                last = 0.8F * last + 0.6F * static_cast<float>(random.normal());
                tensor.floats()[i] = last;
            }
            inputs.push_back(std::move(tensor));
        }
        return inputs;
    };
    return {count, load};
}

double error_of(const graph::Graph& original, const graph::Graph& changed, const compress::Frames& frames) {
    return compress::difference(compress::answers(original, frames), compress::answers(changed, frames)).relative_error;
}

}  // namespace convoy::test
