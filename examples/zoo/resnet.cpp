#include <fmt/format.h>

#include "zoo/models.hpp"

namespace convoy::zoo {
namespace {

/// Expected gamma at the end of a residual branch: small enough that sums of branches stay near variance 1.
constexpr double kBranchScale = 0.5;

/// He et al., CVPR 2016, with torchvision's names: two 3x3 convolutions beside a shortcut.
Value basic_block(Builder& net, const std::string& name, const Value& x, std::int64_t channels, std::int64_t stride) {
    Value y =
        net.conv(name + ".conv1", x, {.outputs = channels, .kernel = 3, .stride = stride, .pad = 1, .bias = false});
    y = net.relu(name + ".relu1", net.batch_norm(name + ".bn1", y));
    y = net.conv(name + ".conv2", y, {.outputs = channels, .kernel = 3, .pad = 1, .bias = false});
    y = net.batch_norm(name + ".bn2", y, kBranchScale);
    Value shortcut = x;
    if (stride != 1 || x.channels != channels) {
        shortcut =
            net.conv(name + ".downsample.0", x, {.outputs = channels, .kernel = 1, .stride = stride, .bias = false});
        shortcut = net.batch_norm(name + ".downsample.1", shortcut);
    }
    return net.relu(name + ".relu2", net.add(name + ".add", y, shortcut));
}

Model resnet(const std::string& name, const std::vector<int>& depths) {
    Builder net(name);
    Value x = net.input(3, 224, 224);
    x = net.conv("conv1", x, {.outputs = 64, .kernel = 7, .stride = 2, .pad = 3, .bias = false});
    x = net.relu("relu", net.batch_norm("bn1", x));
    x = net.max_pool("maxpool", x, {.kernel = 3, .stride = 2, .pad = 1});
    for (std::size_t layer = 0; layer < depths.size(); ++layer) {
        for (int block = 0; block < depths[layer]; ++block) {
            const std::int64_t stride = layer > 0 && block == 0 ? 2 : 1;
            x = basic_block(net, fmt::format("layer{}.{}", layer + 1, block), x, std::int64_t{64} << layer, stride);
        }
    }
    x = net.flatten("flatten", net.global_average_pool("avgpool", x));
    return net.finish(net.fc("fc", x, 1000));
}

}  // namespace

Model resnet18() { return resnet("resnet18", {2, 2, 2, 2}); }

}  // namespace convoy::zoo
