#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace convoy::util {

class FileView;

/// SHA-256.
using Digest = std::array<std::byte, 32>;
[[nodiscard]] Digest sha256_digest(std::span<const std::byte> data);

/// SHA-256 as 64 lower-case hex digits.
[[nodiscard]] std::string sha256(std::span<const std::byte> data);
[[nodiscard]] std::string sha256(std::string_view text);
/// Of a whole file; of a mapped one, little is in memory at a time.
[[nodiscard]] std::string sha256(const FileView& file);
/// Whether a text is one: it may then be used as a file name.
[[nodiscard]] bool is_sha256(std::string_view text) noexcept;

}  // namespace convoy::util
