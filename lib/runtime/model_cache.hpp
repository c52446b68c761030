#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "runtime/model_manifest.hpp"
#include "util/units.hpp"

namespace convoy::runtime {

/// Models that were shipped, in a folder that any number of processes may use at once.
///
/// A whole model is `<SHA-256>.onnx`, put there by a rename after its hash was checked. `<SHA-256>.part` has the
/// model's size and some of its chunks at their places, `<SHA-256>.leaves` the hashes of the leaves of chunks that came
/// in part; who writes to them holds the lock on `<SHA-256>.lock`. Whatever was not used for longest is deleted when
/// room is needed; who has it mapped keeps it. File names are made from checked hashes only. Used by one thread.
class ModelCache {
  public:
    struct Settings {
        std::filesystem::path folder;
        util::Bytes limit{std::int64_t{8} << 30};
        util::Seconds lock_patience{600};  ///< for another process that writes the same model
    };
    explicit ModelCache(Settings settings) : settings_(std::move(settings)) {}

    /// The file of a whole model, which then counts as used. Its content is not checked.
    /// @throws Error protocol, when `sha256` is none
    [[nodiscard]] std::optional<std::string> find(const std::string& sha256) const;
    /// Deletes a model whose content turned out to be wrong.
    void discard(const std::string& sha256) const;

    class Partial;
    /// Takes up, or begins, the partial file of a model, and locks it. Creates the folder.
    /// @throws Error impossible, when the model is larger than the limit; timed_out, when somebody holds the lock for
    ///         too long; cannot_create, permission, io; interrupted
    [[nodiscard]] Partial open(const ModelManifest& manifest, const std::stop_token& stop = {}) const;

  private:
    friend class Partial;
    [[nodiscard]] std::filesystem::path path(const std::string& sha256, const char* extension) const;
    void make_room(util::Bytes wanted, const std::string& kept) const;

    Settings settings_;
};

/// An open file that closes itself.
class CacheFile {
  public:
    CacheFile() = default;
    explicit CacheFile(int descriptor) : descriptor_(descriptor) {}
    CacheFile(CacheFile&& other) noexcept;
    CacheFile& operator=(CacheFile&& other) noexcept;
    ~CacheFile();
    [[nodiscard]] int get() const noexcept { return descriptor_; }

  private:
    int descriptor_ = -1;
};

/// A model on its way into the cache; locked until it ends.
class ModelCache::Partial {
  public:
    /// What of these parts is not there, or not what the manifest says: whatever an earlier attempt left is checked by
    /// its hash.
    [[nodiscard]] std::vector<ChunkPart> missing(std::span<const ChunkPart> parts) const;
    /// Makes room for these parts, in the cache's limit and on the disk.
    /// @throws Error impossible (limit), io (disk full)
    void reserve(std::span<const ChunkPart> parts);
    /// Writes a part, as it comes in a message.
    /// @throws Error protocol, when it has not the length or the hash that the manifest says; io
    void put(const ChunkPart& part, std::span<const std::byte> message);
    /// The partial file: it has the size of the whole one, and zeros where chunks are missing.
    [[nodiscard]] const std::string& file() const noexcept { return path_; }
    /// Checks the hash of the whole file and makes it a model of the cache. @return its path
    /// @throws Error protocol, when the hash is another one: the file is deleted then; io, cannot_create
    [[nodiscard]] std::string finish();

  private:
    friend class ModelCache;
    Partial(const ModelCache& cache, ModelManifest manifest) : cache_(cache), manifest_(std::move(manifest)) {}
    [[nodiscard]] std::vector<std::byte> read(const ByteRange& range) const;
    [[nodiscard]] std::vector<util::Digest> known_leaves(std::uint32_t chunk) const;
    void put_leaves(const ChunkPart& part, std::span<const std::byte> message);
    void write(const CacheFile& file, std::span<const std::byte> bytes, std::uint64_t offset);
    void give_up() noexcept;

    const ModelCache& cache_;
    ModelManifest manifest_;
    std::string path_;
    CacheFile lock_;
    CacheFile data_;
    CacheFile leaves_;  ///< of each chunk that came in part the hashes of its leaves, kLeavesBytes each
};

}  // namespace convoy::runtime
