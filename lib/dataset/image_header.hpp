#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace convoy::dataset::detail {

struct PixelSize {
    std::size_t height = 0;
    std::size_t width = 0;
};

/// Height and width from the header of a PNG, JPEG, BMP or PNM image; nothing for anything else or when it is cut off.
[[nodiscard]] std::optional<PixelSize> pixel_size(std::span<const std::byte> file);

/// Whether a file that begins as PNG has all its chunks, each with the right checksum. (libpng would print otherwise.)
[[nodiscard]] bool whole_png(std::span<const std::byte> file);

[[nodiscard]] bool is_png(std::span<const std::byte> file);

}  // namespace convoy::dataset::detail
