#include "zoo/models.hpp"

namespace convoy::zoo {

Model lenet5() {
    Builder net("lenet5");
    Value x = net.input(1, 32, 32);
    x = net.relu("relu1", net.conv("conv1", x, {.outputs = 6, .kernel = 5}));
    x = net.max_pool("pool1", x, {.kernel = 2, .stride = 2});
    x = net.relu("relu2", net.conv("conv2", x, {.outputs = 16, .kernel = 5}));
    x = net.max_pool("pool2", x, {.kernel = 2, .stride = 2});
    x = net.flatten("flatten", x);
    x = net.relu("relu3", net.fc("fc1", x, 120));
    x = net.relu("relu4", net.fc("fc2", x, 84));
    return net.finish(net.fc("fc3", x, 10));
}

}  // namespace convoy::zoo
