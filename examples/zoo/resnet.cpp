#include <fmt/format.h>

#include "zoo/models.hpp"

namespace convoy::zoo {
namespace {

/// Expected gamma at the end of a residual branch: small enough that sums of branches stay near variance 1.
constexpr double kBranchScale = 0.5;

struct Block {
    std::int64_t channels{};
    std::int64_t stride{};
};

/// Adds the shortcut to a branch, with torchvision's names.
Value joined(Builder& net, const std::string& name, const Value& x, const Value& branch, const Block& block) {
    Value shortcut = x;
    if (block.stride != 1 || x.channels != branch.channels) {
        shortcut = net.conv(name + ".downsample.0", x,
                            {.outputs = branch.channels, .kernel = 1, .stride = block.stride, .bias = false});
        shortcut = net.batch_norm(name + ".downsample.1", shortcut);
    }
    return net.add(name + ".add", branch, shortcut);
}

/// He et al., CVPR 2016: two 3x3 convolutions beside a shortcut.
Value basic_block(Builder& net, const std::string& name, const Value& x, const Block& block) {
    const std::int64_t channels = block.channels;
    Value y = net.conv(name + ".conv1", x,
                       {.outputs = channels, .kernel = 3, .stride = block.stride, .pad = 1, .bias = false});
    y = net.relu(name + ".relu1", net.batch_norm(name + ".bn1", y));
    y = net.conv(name + ".conv2", y, {.outputs = channels, .kernel = 3, .pad = 1, .bias = false});
    y = net.batch_norm(name + ".bn2", y, kBranchScale);
    return net.relu(name + ".relu2", joined(net, name, x, y, block));
}

/// He et al., CVPR 2016: 1x1, 3x3 and 1x1 to four times the channels. As in torchvision the 3x3 has the stride.
Value bottleneck(Builder& net, const std::string& name, const Value& x, const Block& block) {
    const std::int64_t channels = block.channels;
    Value y = net.conv(name + ".conv1", x, {.outputs = channels, .kernel = 1, .bias = false});
    y = net.relu(name + ".relu1", net.batch_norm(name + ".bn1", y));
    y = net.conv(name + ".conv2", y,
                 {.outputs = channels, .kernel = 3, .stride = block.stride, .pad = 1, .bias = false});
    y = net.relu(name + ".relu2", net.batch_norm(name + ".bn2", y));
    y = net.conv(name + ".conv3", y, {.outputs = 4 * channels, .kernel = 1, .bias = false});
    y = net.batch_norm(name + ".bn3", y, kBranchScale);
    return net.relu(name + ".relu3", joined(net, name, x, y, block));
}

using AddBlock = Value (*)(Builder&, const std::string&, const Value&, const Block&);

Model resnet(const std::string& name, const std::vector<int>& depths, AddBlock add_block) {
    Builder net(name);
    Value x = net.input(3, 224, 224);
    x = net.conv("conv1", x, {.outputs = 64, .kernel = 7, .stride = 2, .pad = 3, .bias = false});
    x = net.relu("relu", net.batch_norm("bn1", x));
    x = net.max_pool("maxpool", x, {.kernel = 3, .stride = 2, .pad = 1});
    for (std::size_t layer = 0; layer < depths.size(); ++layer) {
        for (int block = 0; block < depths[layer]; ++block) {
            const std::int64_t stride = layer > 0 && block == 0 ? 2 : 1;
            x = add_block(net, fmt::format("layer{}.{}", layer + 1, block), x, {std::int64_t{64} << layer, stride});
        }
    }
    x = net.flatten("flatten", net.global_average_pool("avgpool", x));
    return net.finish(net.fc("fc", x, 1000));
}

}  // namespace

Model resnet18() { return resnet("resnet18", {2, 2, 2, 2}, basic_block); }

Model resnet50() { return resnet("resnet50", {3, 4, 6, 3}, bottleneck); }

}  // namespace convoy::zoo
