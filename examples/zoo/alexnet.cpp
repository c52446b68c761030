#include <fmt/format.h>

#include "zoo/models.hpp"

namespace convoy::zoo {

/// Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014, with torchvision's names.
Model alexnet() {
    Builder net("alexnet");
    Value x = net.input(3, 224, 224);
    x = net.relu("features.1", net.conv("features.0", x, {.outputs = 64, .kernel = 11, .stride = 4, .pad = 2}));
    x = net.max_pool("features.2", x, {.kernel = 3, .stride = 2});
    x = net.relu("features.4", net.conv("features.3", x, {.outputs = 192, .kernel = 5, .pad = 2}));
    x = net.max_pool("features.5", x, {.kernel = 3, .stride = 2});
    int part = 6;
    for (const std::int64_t channels : {384, 256, 256}) {
        x = net.conv(fmt::format("features.{}", part), x, {.outputs = channels, .kernel = 3, .pad = 1});
        x = net.relu(fmt::format("features.{}", part + 1), x);
        part += 2;
    }
    x = net.flatten("flatten", net.max_pool("features.12", x, {.kernel = 3, .stride = 2}));
    x = net.relu("classifier.2", net.fc("classifier.1", x, 4096));
    x = net.relu("classifier.5", net.fc("classifier.4", x, 4096));
    return net.finish(net.fc("classifier.6", x, 1000));
}

}  // namespace convoy::zoo
