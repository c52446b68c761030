#pragma once

#include <string>
#include <vector>

#include "graph/tensor.hpp"
#include "util/file.hpp"
#include "yaml/document.hpp"

namespace convoy::dataset {

enum class Channels : std::uint8_t { gray, rgb, bgr };

/// How an image file becomes a model's input: its YAML is `schema: convoy.preprocess/1`.
///
/// The image is brought to `size` (after a central crop, if any), its channels into order, and each pixel 0..255 to
/// (pixel - mean[channel]) * scale[channel].
struct Preprocess {
    graph::Index height = 0;
    graph::Index width = 0;
    /// Largest centred part of the image with the aspect ratio of `size`; otherwise the whole image is stretched.
    bool crop = false;
    Channels channels = Channels::rgb;
    std::vector<float> mean;          ///< [channels]
    std::vector<float> scale;         ///< [channels]
    std::vector<std::string> labels;  ///< by class; empty without a labels file
};

[[nodiscard]] const yaml::DocumentKind& preprocess_kind();
/// @throws Error data; no_input for the labels file
[[nodiscard]] Preprocess read_preprocess(const util::FileView& file);

/// One label a line. @throws Error no_input, data
[[nodiscard]] std::vector<std::string> read_labels(const std::string& path);

/// @return shape [1, channels, height, width], float32
/// PNG, JPEG, BMP and PNM. The size is read from the header and checked before any memory is taken.
/// @throws Error no_input, data for what is no image, a damaged one, or one of more than 100 million pixels
[[nodiscard]] graph::Tensor read_image(const std::string& path, const Preprocess& preprocess);

/// How many bytes the image takes as JPEG once it is brought to `size` (cropped likewise), as a camera would send it.
/// @param quality  1 to 100
/// @throws Error as read_image
[[nodiscard]] util::Bytes jpeg_bytes(const std::string& path, const Preprocess& preprocess, int quality);

/// Whether a file name ends like an image that read_image can read.
[[nodiscard]] bool is_image_name(const std::string& path);

}  // namespace convoy::dataset
