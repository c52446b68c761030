#include <fmt/format.h>

#include "zoo/models.hpp"

namespace convoy::zoo {
namespace {

/// Iandola et al., 2016: a 1x1 convolution squeezes, a 1x1 and a 3x3 expand side by side.
Value fire(Builder& net, const std::string& name, const Value& x, std::int64_t squeezed, std::int64_t expanded) {
    const Value narrow =
        net.relu(name + ".squeeze_activation", net.conv(name + ".squeeze", x, {.outputs = squeezed, .kernel = 1}));
    const Value ones = net.relu(name + ".expand1x1_activation",
                                net.conv(name + ".expand1x1", narrow, {.outputs = expanded, .kernel = 1}));
    const Value threes = net.relu(name + ".expand3x3_activation",
                                  net.conv(name + ".expand3x3", narrow, {.outputs = expanded, .kernel = 3, .pad = 1}));
    return net.concat(name + ".concat", {ones, threes});
}

}  // namespace

Model squeezenet1_1() {
    constexpr PoolShape kPool{.kernel = 3, .stride = 2, .ceil = true};
    Builder net("squeezenet1_1");
    Value x = net.input(3, 224, 224);
    x = net.relu("features.1", net.conv("features.0", x, {.outputs = 64, .kernel = 3, .stride = 2}));
    x = net.max_pool("features.2", x, kPool);
    x = fire(net, "features.3", x, 16, 64);
    x = fire(net, "features.4", x, 16, 64);
    x = net.max_pool("features.5", x, kPool);
    x = fire(net, "features.6", x, 32, 128);
    x = fire(net, "features.7", x, 32, 128);
    x = net.max_pool("features.8", x, kPool);
    int part = 9;
    for (const std::int64_t squeezed : {48, 48, 64, 64})
        x = fire(net, fmt::format("features.{}", part++), x, squeezed, 4 * squeezed);
    x = net.relu("classifier.2", net.conv("classifier.1", x, {.outputs = 1000, .kernel = 1}));
    return net.finish(net.flatten("flatten", net.global_average_pool("classifier.3", x)));
}

}  // namespace convoy::zoo
