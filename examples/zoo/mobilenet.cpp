#include <fmt/format.h>

#include <array>

#include "zoo/models.hpp"

namespace convoy::zoo {
namespace {

/// Expected gamma at the end of a residual branch: small enough that sums of branches stay near variance 1.
constexpr double kBranchScale = 0.5;

/// Convolution, batch normalisation and ReLU6 as torchvision numbers them inside a Sequential.
Value conv_bn_relu6(Builder& net, const std::string& name, const Value& x, ConvShape shape) {
    shape.bias = false;
    shape.pad = shape.kernel / 2;
    return net.relu6(name + ".2", net.batch_norm(name + ".1", net.conv(name + ".0", x, shape)));
}

struct Block {
    std::int64_t expansion, outputs, stride;
};

/// Sandler et al., CVPR 2018: expand by 1x1, depthwise 3x3, project by 1x1 without activation.
Value inverted_residual(Builder& net, const std::string& name, const Value& x, const Block& block) {
    const std::int64_t hidden = x.channels * block.expansion;
    int part = 0;
    Value y = x;
    if (block.expansion != 1) {
        y = conv_bn_relu6(net, fmt::format("{}.conv.{}", name, part++), y, {.outputs = hidden, .kernel = 1});
    }
    y = conv_bn_relu6(net, fmt::format("{}.conv.{}", name, part++), y,
                      {.outputs = hidden, .kernel = 3, .stride = block.stride, .groups = hidden});
    const bool residual = block.stride == 1 && x.channels == block.outputs;
    y = net.conv(fmt::format("{}.conv.{}", name, part++), y, {.outputs = block.outputs, .kernel = 1, .bias = false});
    y = net.batch_norm(fmt::format("{}.conv.{}", name, part), y, residual ? kBranchScale : 1);
    return residual ? net.add(name + ".add", x, y) : y;
}

}  // namespace

Model mobilenet_v2() {
    struct Run {
        Block block;
        int repeats;
    };
    constexpr std::array<Run, 7> kRuns{{{{1, 16, 1}, 1},
                                        {{6, 24, 2}, 2},
                                        {{6, 32, 2}, 3},
                                        {{6, 64, 2}, 4},
                                        {{6, 96, 1}, 3},
                                        {{6, 160, 2}, 3},
                                        {{6, 320, 1}, 1}}};
    Builder net("mobilenet_v2");
    Value x = net.input(3, 224, 224);
    x = conv_bn_relu6(net, "features.0", x, {.outputs = 32, .kernel = 3, .stride = 2});
    int feature = 1;
    for (auto [block, repeats] : kRuns) {
        for (int repeat = 0; repeat < repeats; ++repeat) {
            x = inverted_residual(net, fmt::format("features.{}", feature++), x, block);
            block.stride = 1;
        }
    }
    x = conv_bn_relu6(net, fmt::format("features.{}", feature), x, {.outputs = 1280, .kernel = 1});
    x = net.flatten("flatten", net.global_average_pool("avgpool", x));
    return net.finish(net.fc("classifier.1", x, 1000));
}

}  // namespace convoy::zoo
