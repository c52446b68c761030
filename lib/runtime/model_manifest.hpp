#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "runtime/byte_range.hpp"
#include "util/hash.hpp"

namespace convoy::runtime {

/// Some leaves of a chunk: bit i is leaf i.
struct ChunkPart {
    std::uint32_t chunk = 0;
    std::uint64_t leaves = 0;
    bool operator==(const ChunkPart&) const = default;
};

/// How a model's file crosses the network: in chunks of equal size (the last one may be shorter), each with a hash, so
/// that every chunk can be checked when it comes, and again when a partial file is taken up later.
///
/// The hash of a chunk is that of the hashes of its leaves: so a part of a chunk can be checked, too, when the hashes
/// of all its leaves come with it.
struct ModelManifest {
    static constexpr std::uint64_t kChunkBytes = 65536;
    static constexpr std::uint64_t kLeafBytes = 1024;
    /// Larger models are not shipped.
    static constexpr std::uint64_t kLargestModel = std::uint64_t{1} << 33;

    std::string sha256;                ///< of the whole file
    std::uint64_t size = 0;            ///< of the file
    std::vector<util::Digest> chunks;  ///< chunk_digest() of each
    std::vector<ByteRange> deferred;   ///< weights that only those need who compute with them; ascending, disjoint
    std::string structure;             ///< structure_hash() of the graph

    [[nodiscard]] std::uint32_t chunk_count() const noexcept { return static_cast<std::uint32_t>(chunks.size()); }
    [[nodiscard]] ByteRange chunk(std::uint32_t number) const noexcept;
    /// A whole chunk.
    [[nodiscard]] ChunkPart whole(std::uint32_t number) const noexcept;
    [[nodiscard]] std::vector<ChunkPart> all() const;
    [[nodiscard]] bool is_whole(const ChunkPart& part) const noexcept { return part == whole(part.chunk); }
    /// The runs of leaves of a part, as ranges of the file, ascending.
    [[nodiscard]] std::vector<ByteRange> ranges(const ChunkPart& part) const;
    /// Bytes that a part has in a message: its leaves and, of less than a whole chunk, the hashes of all leaves.
    [[nodiscard]] std::uint64_t message_bytes(const ChunkPart& part) const;
    /// What everybody needs: the file without the deferred weights.
    [[nodiscard]] std::vector<ByteRange> skeleton() const;
    bool operator==(const ModelManifest&) const = default;
};

/// Collects what is needed of a model's file. Keeps a reference to the manifest.
class WantedParts {
  public:
    explicit WantedParts(const ModelManifest& manifest) : manifest_(manifest), leaves_(manifest.chunks.size()) {}
    /// A range beyond the file is cut.
    void add(const ByteRange& range);
    /// Ascending; whole chunks where less would be no shorter message.
    [[nodiscard]] std::vector<ChunkPart> parts() const;

  private:
    const ModelManifest& manifest_;
    std::vector<std::uint64_t> leaves_;  ///< by chunk
};

/// Hashes of a chunk's leaves.
[[nodiscard]] std::vector<util::Digest> leaf_digests(std::span<const std::byte> chunk);
/// Hash of a chunk, from those of its leaves.
[[nodiscard]] util::Digest chunk_digest(std::span<const util::Digest> leaves);

/// Describes a graph's model file, which is read anew; the memory is given back behind.
/// @throws Error no_input, when the file is not what the graph was read from: it has changed, or is only a part of it
[[nodiscard]] ModelManifest make_manifest(const graph::Graph& graph, const util::FileView& file);

/// The payload of Kind::model_manifest.
[[nodiscard]] std::vector<std::byte> encode(const ModelManifest& manifest);
/// @throws Error protocol: truncated, a size above kLargestModel, another number of chunks than the size needs,
///         ranges that overlap or leave the file
[[nodiscard]] ModelManifest decode_manifest(std::span<const std::byte> bytes);

/// Hash of all that a graph holds but the weights of convolutions and Gemms: equal where the same operators are
/// computed. A device that has read a model without its deferred weights checks by it that nothing of them was used.
[[nodiscard]] std::string structure_hash(const graph::Graph& graph);

}  // namespace convoy::runtime
