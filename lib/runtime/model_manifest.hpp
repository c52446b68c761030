#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "graph/graph.hpp"

namespace convoy::runtime {

/// Part of a file.
struct ByteRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool operator==(const ByteRange&) const = default;
};

/// How a model's file crosses the network: in chunks of equal size (the last one may be shorter), each with its hash,
/// so that every chunk can be checked when it comes, and again when a partial file is taken up later.
struct ModelManifest {
    static constexpr std::uint64_t kChunkBytes = 65536;
    /// Larger models are not shipped.
    static constexpr std::uint64_t kLargestModel = std::uint64_t{1} << 33;
    using Digest = std::array<std::byte, 32>;

    std::string sha256;               ///< of the whole file
    std::uint64_t size = 0;           ///< of the file
    std::vector<Digest> chunks;       ///< SHA-256 of each chunk
    std::vector<ByteRange> deferred;  ///< weights that only those need who compute with them; ascending, disjoint
    std::string structure;            ///< structure_hash() of the graph

    [[nodiscard]] ByteRange chunk(std::uint32_t number) const noexcept;
    [[nodiscard]] std::uint32_t chunk_count() const noexcept { return static_cast<std::uint32_t>(chunks.size()); }
    /// The chunks that the ranges touch, ascending. Ranges beyond the file are cut.
    [[nodiscard]] std::vector<std::uint32_t> chunks_of(std::span<const ByteRange> ranges) const;
    /// What everybody needs: the file without the deferred weights.
    [[nodiscard]] std::vector<ByteRange> skeleton() const;
    bool operator==(const ModelManifest&) const = default;
};

[[nodiscard]] ModelManifest::Digest digest_of(std::span<const std::byte> bytes);

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

/// Where the weights of these output channels lie in the model's file; empty where they lie in memory.
[[nodiscard]] ByteRange weights_in_file(const graph::Operator& op, const graph::Interval& channels);

}  // namespace convoy::runtime
