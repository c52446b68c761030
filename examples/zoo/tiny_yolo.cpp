#include <fmt/format.h>

#include "zoo/models.hpp"

namespace convoy::zoo {

/// Redmon and Farhadi, "YOLO9000", CVPR 2017, section 3 in its small version: a 13 x 13 grid of 5 boxes with 20
/// classes.
Model tiny_yolov2() {
    constexpr float kSlope = 0.1F;
    constexpr std::int64_t kBoxes = 5;
    constexpr std::int64_t kClasses = 20;  // of VOC
    Builder net("tiny_yolov2");
    Value x = net.input(3, 416, 416);
    int layer = 0;
    for (const std::int64_t channels : {16, 32, 64, 128, 256, 512, 1024, 1024}) {
        x = net.conv(fmt::format("conv{}", layer), x, {.outputs = channels, .kernel = 3, .pad = 1, .bias = false});
        x = net.batch_norm(fmt::format("bn{}", layer), x);
        x = net.leaky_relu(fmt::format("leaky{}", layer), x, kSlope);
        if (layer < 5) x = net.max_pool(fmt::format("pool{}", layer), x, {.kernel = 2, .stride = 2});
        if (layer == 5) x = net.max_pool("pool5", x, {.kernel = 2, .stride = 1, .same = true});
        ++layer;
    }
    return net.finish(net.conv("conv8", x, {.outputs = kBoxes * (5 + kClasses), .kernel = 1}));
}

}  // namespace convoy::zoo
