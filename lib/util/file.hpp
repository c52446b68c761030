#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace convoy::util {

/// A read-only file in memory: mapped, or read whole when it is stdin ("-") or a pipe.
///
/// Copies share the mapping; it ends with the last copy. Thread-safe for reading. A file that shrinks while mapped
/// ends the process with SIGBUS, as mappings do.
class FileView {
  public:
    /// @throws Error no_input when it cannot be opened, permission, data when larger than `limit` bytes, io
    static FileView open(const std::string& path, std::uint64_t limit = std::uint64_t{1} << 33);
    /// A view of bytes that the caller hands over.
    static FileView from_bytes(std::string bytes, std::string name);

    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::string_view text() const noexcept {
        return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
    }
    /// The path as given, "<stdin>" for "-".
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

  private:
    std::shared_ptr<const void> owner_;
    std::span<const std::byte> bytes_;
    std::string name_;
};

/// A result written in parts, that appears whole or not at all: a temporary beside `path` that commit() renames.
/// "-" is stdout; it, devices and pipes are written in place. Without commit() the temporary is removed.
class OutputFile {
  public:
    /// @throws Error cannot_create, permission
    explicit OutputFile(const std::string& path);
    ~OutputFile();
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    /// @throws Error io (disk full), closed_output when the reader of stdout went away
    void write(std::string_view content);
    /// @throws Error io, cannot_create
    void commit();

  private:
    std::string path_;       ///< as given, for messages
    std::string target_;     ///< what the temporary becomes, links resolved
    std::string temporary_;  ///< empty when written in place, or committed
    int file_ = -1;
};

/// Writes a result whole, as OutputFile does.
///
/// @throws Error cannot_create, io (disk full), permission, closed_output when the reader of stdout went away
void write_file(const std::string& path, std::string_view content);

/// Says before long work whether its result could be written to `path` at all; leaves nothing behind.
///
/// @throws Error cannot_create, permission
void require_creatable(const std::string& path);

/// A path as written inside the file `document`: relative paths are relative to that file's folder.
[[nodiscard]] std::filesystem::path resolve_beside(const std::string& document, const std::string& path);

/// How `path` is to be written inside the file `document`, so that resolve_beside finds it again.
[[nodiscard]] std::string path_beside(const std::string& document, const std::string& path);

}  // namespace convoy::util
