#include "compress_split/images.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <numeric>

#include "dataset/classes.hpp"
#include "util/error.hpp"
#include "util/random.hpp"

namespace convoy::compress_split {

using util::Errc;
using util::Error;

namespace {

constexpr std::int64_t kMostMemory = 512LL << 20;
constexpr int kJpegQuality = 90;
constexpr std::size_t kJpegImages = 100;  ///< their mean is good enough

bool holds_whole_bytes(const graph::Tensor& tensor) {
    const graph::TensorView view = tensor.view();
    if (view.element_bytes() != sizeof(float)) return false;
    const std::span<const float> values(view.floats(), static_cast<std::size_t>(view.volume()));
    for (const float value : values)
        if (!(value >= 0 && value <= 255 && value == std::floor(value))) return false;
    return true;
}

}  // namespace

Split split_of(std::size_t images, std::uint64_t seed) {
    if (images < kLeastImages) {
        throw Error(Errc::impossible, fmt::format("{} {} too few: layers are fitted to some images, others decide, and "
                                                  "others check",
                                                  images, images == 1 ? "image is" : "images are"))
            .hint(fmt::format("at least {} are needed, hundreds are better", kLeastImages));
    }
    std::vector<std::size_t> order(images);
    std::iota(order.begin(), order.end(), std::size_t{0});
    util::Random random(seed);
    for (std::size_t i = images - 1; i > 0; --i) {
        std::swap(order[i], order[static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(i)))]);
    }
    const std::size_t part = images * 3 / 10;
    const auto first = order.begin();
    const auto at = [&](std::size_t place) { return first + static_cast<std::ptrdiff_t>(place); };
    return {{at(2 * part), order.end()}, {first, at(part)}, {at(part), at(2 * part)}};
}

Images::Images(const Source& source, const graph::Graph& graph, std::size_t classes, const compress::Progress& progress)
    : inputs_(source.paths, graph, source.preprocess),
      preprocess_(source.preprocess),
      split_(split_of(inputs_.size(), source.seed)) {
    if (source.labels) read_labels(*source.labels, classes);
    read_all(progress);
}

void Images::read_labels(const std::string& path, std::size_t classes) {
    if (classes == 0) {
        throw Error(Errc::impossible, "labels are of no use: the model's first output is no vector of class scores")
            .hint("without --labels the outputs' relative error is the measure");
    }
    const auto truth = dataset::read_truth(path);
    std::vector<std::string> missing;
    for (std::size_t item = 0; item < inputs_.size(); ++item) {
        const std::string name = std::filesystem::path(inputs_.name(item)).filename().string();
        const auto found = truth.find(name);
        if (found == truth.end()) {
            missing.push_back(name);
            continue;
        }
        if (found->second >= static_cast<std::int64_t>(classes)) {
            throw Error(Errc::data, fmt::format("'{}' has the label {}, but the model has only the classes 0 to {}",
                                                name, found->second, classes - 1))
                .context(fmt::format("while reading {}", path));
        }
        labels_.push_back(found->second);
    }
    if (missing.empty()) return;
    throw Error(Errc::data, fmt::format("{} of {} images have no label, the first of them is '{}'", missing.size(),
                                        inputs_.size(), missing.front()))
        .hint("labels are a CSV file of FILE,LABEL, with file names without folders")
        .context(fmt::format("while reading {}", path));
}

void Images::read_all(const compress::Progress& progress) {
    std::int64_t held = 0;
    std::int64_t jpeg = 0;
    std::size_t jpegs = 0;
    memory_.resize(inputs_.size());
    for (std::size_t item = 0; item < inputs_.size(); ++item) {
        std::vector<graph::Tensor> tensors = inputs_.load(item, item);
        for (const graph::Tensor& tensor : tensors) {
            held += tensor.view().bytes().value;
            whole_bytes_ = whole_bytes_ && holds_whole_bytes(tensor);
        }
        if (preprocess_ && jpegs < kJpegImages && dataset::is_image_name(inputs_.name(item))) {
            jpeg += dataset::jpeg_bytes(inputs_.name(item), *preprocess_, kJpegQuality).value;
            ++jpegs;
        }
        if (held <= kMostMemory) memory_[item] = std::move(tensors);
        if (progress) progress(item + 1, inputs_.size());
    }
    if (jpegs > 0) jpeg_bytes_ = util::Bytes(jpeg / static_cast<std::int64_t>(jpegs));
}

const std::vector<std::size_t>& Images::items(Use use) const noexcept {
    if (use == Use::calibration) return split_.calibration;
    return use == Use::selection ? split_.selection : split_.check;
}

std::optional<std::int64_t> Images::label(Use use, std::size_t image) const {
    if (labels_.empty()) return std::nullopt;
    return labels_[items(use).at(image)];
}

compress::Frames Images::frames(Use use, std::size_t most) const {
    const std::vector<std::size_t>& items = this->items(use);
    return {std::min(most, items.size()), [this, &items](std::size_t frame) {
                const std::size_t item = items.at(frame);
                return memory_[item].empty() ? inputs_.load(item, item) : memory_[item];
            }};
}

}  // namespace convoy::compress_split
