#include "zoo/models.hpp"

namespace convoy::zoo {
namespace {

Value conv_bn_relu(Builder& net, const std::string& name, const Value& x, ConvShape shape) {
    shape.bias = false;
    shape.centred = true;
    shape.pad = shape.kernel / 2;
    return net.relu(name + ".relu", net.batch_norm(name + ".bn", net.conv(name + ".conv", x, shape)));
}

/// Output channels of the four branches, and of the 1x1 convolutions before two of them.
struct Branches {
    std::int64_t ones, reduce3, threes, reduce5, fives, pooled;
};

/// Szegedy et al., CVPR 2015. As in torchvision the third branch has 3x3 kernels where the paper says 5x5.
Value inception(Builder& net, const std::string& name, const Value& x, const Branches& branches) {
    const Value first = conv_bn_relu(net, name + ".branch1", x, {.outputs = branches.ones, .kernel = 1});
    Value second = conv_bn_relu(net, name + ".branch2.0", x, {.outputs = branches.reduce3, .kernel = 1});
    second = conv_bn_relu(net, name + ".branch2.1", second, {.outputs = branches.threes, .kernel = 3});
    Value third = conv_bn_relu(net, name + ".branch3.0", x, {.outputs = branches.reduce5, .kernel = 1});
    third = conv_bn_relu(net, name + ".branch3.1", third, {.outputs = branches.fives, .kernel = 3});
    Value fourth = net.max_pool(name + ".branch4.0", x, {.kernel = 3, .stride = 1, .pad = 1, .ceil = true});
    fourth = conv_bn_relu(net, name + ".branch4.1", fourth, {.outputs = branches.pooled, .kernel = 1});
    return net.concat(name + ".concat", {first, second, third, fourth});
}

}  // namespace

Model googlenet() {
    Builder net("googlenet");
    Value x = net.input(3, 224, 224);
    x = conv_bn_relu(net, "conv1", x, {.outputs = 64, .kernel = 7, .stride = 2});
    x = net.max_pool("maxpool1", x, {.kernel = 3, .stride = 2, .ceil = true});
    x = conv_bn_relu(net, "conv2", x, {.outputs = 64, .kernel = 1});
    x = conv_bn_relu(net, "conv3", x, {.outputs = 192, .kernel = 3});
    x = net.max_pool("maxpool2", x, {.kernel = 3, .stride = 2, .ceil = true});
    x = inception(net, "inception3a", x, {64, 96, 128, 16, 32, 32});
    x = inception(net, "inception3b", x, {128, 128, 192, 32, 96, 64});
    x = net.max_pool("maxpool3", x, {.kernel = 3, .stride = 2, .ceil = true});
    x = inception(net, "inception4a", x, {192, 96, 208, 16, 48, 64});
    x = inception(net, "inception4b", x, {160, 112, 224, 24, 64, 64});
    x = inception(net, "inception4c", x, {128, 128, 256, 24, 64, 64});
    x = inception(net, "inception4d", x, {112, 144, 288, 32, 64, 64});
    x = inception(net, "inception4e", x, {256, 160, 320, 32, 128, 128});
    x = net.max_pool("maxpool4", x, {.kernel = 2, .stride = 2, .ceil = true});
    x = inception(net, "inception5a", x, {256, 160, 320, 32, 128, 128});
    x = inception(net, "inception5b", x, {384, 192, 384, 48, 128, 128});
    x = net.flatten("flatten", net.global_average_pool("avgpool", x));
    return net.finish(net.fc("fc", x, 1000));
}

}  // namespace convoy::zoo
