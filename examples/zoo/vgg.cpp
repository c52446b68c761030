#include <fmt/format.h>

#include <algorithm>

#include "zoo/models.hpp"

namespace convoy::zoo {
namespace {

/// Simonyan and Zisserman, ICLR 2015: `depths` counts the convolutions before each pooling.
Model vgg(const std::string& name, const std::vector<int>& depths) {
    Builder net(name);
    Value x = net.input(3, 224, 224);
    std::int64_t channels = 64;
    for (std::size_t block = 1; block <= depths.size(); ++block) {
        for (int layer = 1; layer <= depths[block - 1]; ++layer) {
            const std::string id = fmt::format("{}_{}", block, layer);
            x = net.relu("relu" + id, net.conv("conv" + id, x, {.outputs = channels, .kernel = 3, .pad = 1}));
        }
        x = net.max_pool(fmt::format("pool{}", block), x, {.kernel = 2, .stride = 2});
        channels = std::min<std::int64_t>(2 * channels, 512);
    }
    x = net.flatten("flatten", x);
    x = net.relu("relu6", net.fc("fc6", x, 4096));
    x = net.relu("relu7", net.fc("fc7", x, 4096));
    return net.finish(net.fc("fc8", x, 1000));
}

}  // namespace

Model vgg11() { return vgg("vgg11", {1, 1, 2, 2, 2}); }

Model vgg16() { return vgg("vgg16", {2, 2, 3, 3, 3}); }

}  // namespace convoy::zoo
