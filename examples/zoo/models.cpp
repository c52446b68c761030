#include "zoo/models.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "util/error.hpp"

namespace convoy::zoo {

std::span<const Entry> models() {
    static const std::vector<Entry> entries{
        {"lenet5", "61,706 parameters, input [1, 1, 32, 32]", lenet5},
        {"squeezenet1_1", "1,235,496 parameters, input [1, 3, 224, 224]", squeezenet1_1},
        {"mobilenet_v2", "3,504,872 parameters, input [1, 3, 224, 224]", mobilenet_v2},
        {"googlenet", "6,624,904 parameters, input [1, 3, 224, 224]", googlenet},
        {"resnet18", "11,689,512 parameters, input [1, 3, 224, 224]", resnet18},
        {"tiny_yolov2", "15,861,773 parameters, input [1, 3, 416, 416]", tiny_yolov2},
        {"resnet50", "25,557,032 parameters, input [1, 3, 224, 224]", resnet50},
        {"alexnet", "61,100,840 parameters, input [1, 3, 224, 224]", alexnet},
        {"vgg11", "132,863,336 parameters, input [1, 3, 224, 224]", vgg11},
        {"vgg16", "138,357,544 parameters, input [1, 3, 224, 224]", vgg16},
    };
    return entries;
}

const Entry& model(const std::string& name) {
    const auto found = std::ranges::find(models(), name, &Entry::name);
    if (found != models().end()) return *found;
    std::vector<std::string> names;
    for (const Entry& entry : models()) names.push_back(entry.name);
    std::string hint = util::suggestion(name, names);
    if (hint.empty()) hint = fmt::format("one of {}", fmt::join(names, ", "));
    throw util::Error(util::Errc::usage, fmt::format("no model is called '{}'", name)).hint(hint);
}

}  // namespace convoy::zoo
