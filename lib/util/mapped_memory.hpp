#pragma once

#include <cstddef>
#include <span>

namespace convoy::util {

/// The whole mapped file (FileView::open) that these bytes lie in; empty for other memory. Thread-safe.
[[nodiscard]] std::span<const std::byte> mapped_file_of(std::span<const std::byte> part) noexcept;

/// Gives back the memory of a part of a mapped file that was read and is not needed for now; read again, it comes from
/// the file. Does nothing for other memory. Thread-safe.
void release_mapped(std::span<const std::byte> part) noexcept;

namespace detail {
/// Called by FileView. Mappings belong to the process, so does the list of them.
void note_mapping(std::span<const std::byte> file);
void forget_mapping(std::span<const std::byte> file) noexcept;
}  // namespace detail

}  // namespace convoy::util
