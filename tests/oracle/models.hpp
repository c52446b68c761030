#pragma once

#include <filesystem>
#include <string>

#include "graph/onnx.hpp"
#include "zoo/models.hpp"

namespace convoy::test {

/// A model of the zoo as a file in memory.
[[nodiscard]] util::FileView zoo_file(const std::string& name, std::uint64_t seed);

/// Where examples/models/fetch_ocr.sh puts the models, unless CONVOY_OCR_MODELS names their folder. May not exist.
[[nodiscard]] std::string ocr_folder();

}  // namespace convoy::test
