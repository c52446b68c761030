#pragma once

#include <functional>
#include <span>
#include <string>

#include "zoo/builder.hpp"

namespace convoy::zoo {

/// The architectures, as torchvision has them (LeNet-5: LeCun et al. 1998, with ReLU and max pooling).
[[nodiscard]] Model lenet5();
[[nodiscard]] Model vgg16();
[[nodiscard]] Model resnet18();
[[nodiscard]] Model mobilenet_v2();

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
