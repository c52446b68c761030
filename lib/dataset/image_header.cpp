#include "dataset/image_header.hpp"

#include <array>
#include <cctype>
#include <cstdint>
#include <string_view>

namespace convoy::dataset::detail {

namespace {

using Bytes = std::span<const std::byte>;

std::uint32_t big(Bytes bytes, std::size_t at, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
    return value;
}

std::int32_t little32(Bytes bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
    return static_cast<std::int32_t>(value);
}

bool begins(Bytes file, std::string_view magic) {
    return file.size() >= magic.size() &&
           std::string_view(reinterpret_cast<const char*>(file.data()), magic.size()) == magic;
}

std::optional<PixelSize> png_size(Bytes file) {
    if (file.size() < 24) return std::nullopt;
    return PixelSize{big(file, 20, 4), big(file, 16, 4)};
}

/// Walks the segments of a JPEG up to the frame header.
std::optional<PixelSize> jpeg_size(Bytes file) {
    std::size_t at = 2;
    while (at + 9 <= file.size()) {
        if (big(file, at, 1) != 0xFF) return std::nullopt;
        const std::uint32_t marker = big(file, at + 1, 1);
        if (marker == 0xFF) {  // fill byte
            ++at;
            continue;
        }
        const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
        if (frame) return PixelSize{big(file, at + 5, 2), big(file, at + 7, 2)};
        if (marker == 0xD9 || marker == 0xDA) return std::nullopt;
        const bool alone = marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
        at += alone ? 2 : 2 + big(file, at + 2, 2);
    }
    return std::nullopt;
}

std::optional<PixelSize> bmp_size(Bytes file) {
    if (file.size() < 26) return std::nullopt;
    if (little32(file, 14) == 12) return std::nullopt;  // OS/2 headers
    const std::int64_t width = little32(file, 18);
    const std::int64_t height = little32(file, 22);
    return PixelSize{static_cast<std::size_t>(height < 0 ? -height : height),
                     static_cast<std::size_t>(width < 0 ? 0 : width)};
}

/// The next number of a PNM header, comments skipped.
std::optional<std::size_t> pnm_number(std::string_view text, std::size_t& at) {
    while (at < text.size() && (std::isspace(static_cast<unsigned char>(text[at])) || text[at] == '#')) {
        if (text[at] == '#') {
            while (at < text.size() && text[at] != '\n') ++at;
        } else {
            ++at;
        }
    }
    std::size_t value = 0;
    const std::size_t begin = at;
    for (; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) && at - begin < 9; ++at) {
        value = value * 10 + static_cast<std::size_t>(text[at] - '0');
    }
    if (at == begin) return std::nullopt;
    return value;
}

std::optional<PixelSize> pnm_size(Bytes file) {
    const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
    std::size_t at = 2;
    const auto width = pnm_number(text, at);
    const auto height = pnm_number(text, at);
    if (!width || !height) return std::nullopt;
    return PixelSize{*height, *width};
}

/// CRC-32 as PNG defines it.
std::uint32_t checksum(Bytes bytes) {
    static const auto table = [] {
        std::array<std::uint32_t, 256> entries{};
        for (std::uint32_t i = 0; i < 256; ++i) {
            std::uint32_t value = i;
            for (int bit = 0; bit < 8; ++bit) value = value & 1 ? 0xEDB88320U ^ value >> 1 : value >> 1;
            entries[i] = value;
        }
        return entries;
    }();
    std::uint32_t sum = 0xFFFFFFFFU;
    for (const std::byte byte : bytes) sum = table[(sum ^ std::to_integer<std::uint32_t>(byte)) & 0xFF] ^ sum >> 8;
    return ~sum;
}

}  // namespace

bool is_png(Bytes file) { return begins(file, "\x89PNG\r\n\x1a\n"); }

std::optional<PixelSize> pixel_size(Bytes file) {
    if (is_png(file)) return png_size(file);
    if (begins(file, "\xFF\xD8")) return jpeg_size(file);
    if (begins(file, "BM")) return bmp_size(file);
    if (file.size() > 2 && begins(file, "P") &&
        std::string_view("123456").find(static_cast<char>(file[1])) != std::string_view::npos)
        return pnm_size(file);
    return std::nullopt;
}

bool whole_png(Bytes file) {
    std::size_t at = 8;
    while (file.size() - at >= 12) {
        const std::size_t length = big(file, at, 4);
        if (length > file.size() - at - 12) return false;
        const Bytes checked = file.subspan(at + 4, length + 4);
        if (checksum(checked) != big(file, at + 8 + length, 4)) return false;
        if (begins(checked, "IEND")) return true;
        at += length + 12;
    }
    return false;
}

}  // namespace convoy::dataset::detail
