#pragma once

#include <functional>
#include <span>
#include <string>

#include "zoo/builder.hpp"

namespace convoy::zoo {

/// The architectures, as torchvision has them (LeNet-5: LeCun et al. 1998, with ReLU and max pooling; Tiny YOLOv2: the
/// one for the 20 classes of VOC, as in the ONNX model zoo, but for the scaling of its pixels).
[[nodiscard]] Model lenet5();
[[nodiscard]] Model alexnet();
[[nodiscard]] Model vgg11();
[[nodiscard]] Model vgg16();
[[nodiscard]] Model resnet18();
[[nodiscard]] Model resnet50();
[[nodiscard]] Model googlenet();
[[nodiscard]] Model squeezenet1_1();
[[nodiscard]] Model mobilenet_v2();
[[nodiscard]] Model tiny_yolov2();

struct Entry {
    std::string name;
    std::string about;  ///< one line for a list
    std::function<Model()> build;
};

/// Every model of the zoo, smallest first.
[[nodiscard]] std::span<const Entry> models();
/// The entry called `name`. @throws Error usage, with a suggestion
[[nodiscard]] const Entry& model(const std::string& name);

}  // namespace convoy::zoo
