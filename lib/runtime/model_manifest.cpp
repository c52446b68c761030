#include "runtime/model_manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include "runtime/weight_ranges.hpp"
#include "transport/bytes.hpp"
#include "util/error.hpp"
#include "util/mapped_memory.hpp"

namespace convoy::runtime {
namespace {

using graph::Constant;
using graph::Operator;
using util::Errc;
using util::Error;

constexpr std::uint64_t kMostLeaves = ModelManifest::kChunkBytes / ModelManifest::kLeafBytes;

[[noreturn]] void refuse(const std::string& why) {
    throw Error(Errc::protocol, fmt::format("a model's manifest {}", why));
}

/// Sorted, and joined where they touch.
std::vector<ByteRange> joined(std::vector<ByteRange> ranges) {
    std::erase_if(ranges, [](const ByteRange& range) { return range.begin >= range.end; });
    std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
    std::vector<ByteRange> result;
    for (const ByteRange& range : ranges) {
        if (!result.empty() && range.begin <= result.back().end) {
            result.back().end = std::max(result.back().end, range.end);
        } else {
            result.push_back(range);
        }
    }
    return result;
}

/// Text and numbers of everything that structure_hash() covers.
class Outline {
  public:
    void add(std::string_view text) { text_ += fmt::format("{}:{} ", text.size(), text); }
    template <class Number>
    void add_numbers(const std::vector<Number>& numbers) {
        add(std::string_view(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)));
    }
    void add(const Constant& constant) {
        add_numbers(constant.dims);
        add(util::sha256(constant.data));
    }
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    std::string text_;
};

void outline(const Operator& op, Outline& into) {
    into.add(op.name);
    into.add(to_string(op.kind));
    into.add(op.onnx_type);
    into.add(fmt::format("{} {} {} {} {}", op.group, op.alpha, op.low, op.high, op.pad_value));
    if (op.weights) into.add_numbers(op.weights->dims);
    if (op.weights && !deferrable(op)) into.add(*op.weights);
    into.add_numbers(op.weight_scale);
    if (op.tail.bias) into.add(*op.tail.bias);
    into.add_numbers(op.tail.scale);
    into.add_numbers(op.tail.shift);
    into.add(
        fmt::format("{} {} {} {}", static_cast<int>(op.tail.activation), op.tail.alpha, op.tail.low, op.tail.high));
    for (const auto& constant : op.constant_inputs)
        if (constant) into.add(*constant);
}

void put_digest(transport::ByteWriter& out, const std::string& hex) {
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        std::uint8_t byte = 0;
        std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
        out.number(byte);
    }
}

std::string take_digest(transport::ByteReader& in) {
    std::string hex;
    for (const std::byte byte : in.bytes(sizeof(util::Digest)))
        hex += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    return hex;
}

}  // namespace

ByteRange ModelManifest::chunk(std::uint32_t number) const noexcept {
    const std::uint64_t begin = number * kChunkBytes;
    return {std::min(begin, size), std::min(begin + kChunkBytes, size)};
}

ChunkPart ModelManifest::whole(std::uint32_t number) const noexcept {
    const ByteRange range = chunk(number);
    const std::uint64_t leaves = (range.end - range.begin + kLeafBytes - 1) / kLeafBytes;
    return {number, leaves == 0 ? 0 : ~std::uint64_t{0} >> (kMostLeaves - leaves)};
}

std::vector<ChunkPart> ModelManifest::all() const {
    std::vector<ChunkPart> parts;
    for (std::uint32_t number = 0; number < chunk_count(); ++number) parts.push_back(whole(number));
    return parts;
}

std::vector<ByteRange> ModelManifest::ranges(const ChunkPart& part) const {
    const ByteRange range = chunk(part.chunk);
    std::vector<ByteRange> result;
    for (std::uint64_t i = 0; i < kMostLeaves; ++i) {
        if ((part.leaves >> i & 1) == 0) continue;
        const std::uint64_t begin = range.begin + i * kLeafBytes;
        const std::uint64_t end = std::min(begin + kLeafBytes, range.end);
        if (!result.empty() && result.back().end == begin) {
            result.back().end = end;
        } else {
            result.push_back({begin, end});
        }
    }
    return result;
}

std::uint64_t ModelManifest::message_bytes(const ChunkPart& part) const {
    const auto all_leaves = static_cast<std::uint64_t>(std::popcount(whole(part.chunk).leaves));
    std::uint64_t bytes = is_whole(part) ? 0 : all_leaves * sizeof(util::Digest);
    for (const ByteRange& range : ranges(part)) bytes += range.end - range.begin;
    return bytes;
}

void WantedParts::add(const ByteRange& range) {
    const std::uint64_t end = std::min(range.end, manifest_.size);
    for (std::uint64_t at = range.begin; at < end;
         at = (at / ModelManifest::kLeafBytes + 1) * ModelManifest::kLeafBytes)
        leaves_[at / ModelManifest::kChunkBytes] |= std::uint64_t{1}
                                                    << at % ModelManifest::kChunkBytes / ModelManifest::kLeafBytes;
}

std::vector<ChunkPart> WantedParts::parts() const {
    std::vector<ChunkPart> result;
    for (std::uint32_t number = 0; number < leaves_.size(); ++number) {
        if (leaves_[number] == 0) continue;
        const ChunkPart part{number, leaves_[number]};
        const ChunkPart whole = manifest_.whole(number);
        result.push_back(manifest_.message_bytes(part) < manifest_.message_bytes(whole) ? part : whole);
    }
    return result;
}

std::vector<ByteRange> ModelManifest::skeleton() const {
    std::vector<ByteRange> result;
    std::uint64_t at = 0;
    for (const ByteRange& range : deferred) {
        if (range.begin > at) result.push_back({at, range.begin});
        at = range.end;
    }
    if (size > at) result.push_back({at, size});
    return result;
}

std::vector<util::Digest> leaf_digests(std::span<const std::byte> chunk) {
    std::vector<util::Digest> digests;
    for (; !chunk.empty(); chunk = chunk.subspan(std::min(ModelManifest::kLeafBytes, chunk.size())))
        digests.push_back(util::sha256_digest(chunk.first(std::min(ModelManifest::kLeafBytes, chunk.size()))));
    return digests;
}

util::Digest chunk_digest(std::span<const util::Digest> leaves) { return util::sha256_digest(std::as_bytes(leaves)); }

ModelManifest make_manifest(const graph::Graph& graph, const util::FileView& file) {
    if (util::sha256(file) != graph.sha256())
        throw Error(Errc::no_input, fmt::format("'{}' cannot be sent to other devices: it is not all of the model, or "
                                                "has changed since it was read",
                                                file.name()))
            .hint("copy the model to every device and start convoy-serve with --model FILE");
    ModelManifest manifest;
    manifest.sha256 = graph.sha256();
    manifest.size = file.bytes().size();
    for (std::uint64_t at = 0; at < manifest.size; at += ModelManifest::kChunkBytes) {
        const auto chunk = file.bytes().subspan(at, std::min(ModelManifest::kChunkBytes, manifest.size - at));
        manifest.chunks.push_back(chunk_digest(leaf_digests(chunk)));
        util::release_mapped(chunk);
    }
    for (const Operator& op : graph.operators())
        if (deferrable(op)) manifest.deferred.push_back(weights_in_file(op));
    manifest.deferred = joined(std::move(manifest.deferred));
    manifest.structure = structure_hash(graph);
    return manifest;
}

std::vector<std::byte> encode(const ModelManifest& manifest) {
    transport::ByteWriter out;
    put_digest(out, manifest.sha256);
    put_digest(out, manifest.structure);
    out.number(manifest.size);
    out.number(static_cast<std::uint32_t>(ModelManifest::kChunkBytes));
    out.number(static_cast<std::uint32_t>(ModelManifest::kLeafBytes));
    out.number(manifest.chunk_count());
    for (const util::Digest& digest : manifest.chunks) out.bytes(digest);
    out.number(static_cast<std::uint32_t>(manifest.deferred.size()));
    for (const ByteRange& range : manifest.deferred) {
        out.number(range.begin);
        out.number(range.end);
    }
    return out.take();
}

ModelManifest decode_manifest(std::span<const std::byte> bytes) {
    transport::ByteReader in(bytes);
    ModelManifest manifest;
    manifest.sha256 = take_digest(in);
    manifest.structure = take_digest(in);
    manifest.size = in.number<std::uint64_t>();
    if (manifest.size == 0 || manifest.size > ModelManifest::kLargestModel)
        refuse(fmt::format("announces {} bytes; 1 to {} are allowed", manifest.size, ModelManifest::kLargestModel));
    if (in.number<std::uint32_t>() != ModelManifest::kChunkBytes) refuse("has chunks of another size");
    if (in.number<std::uint32_t>() != ModelManifest::kLeafBytes) refuse("has leaves of another size");
    const auto count = in.number<std::uint32_t>();
    if (count != (manifest.size + ModelManifest::kChunkBytes - 1) / ModelManifest::kChunkBytes)
        refuse(fmt::format("has {} chunks for {} bytes", count, manifest.size));
    const std::span<const std::byte> digests = in.bytes(std::size_t{count} * sizeof(util::Digest));
    manifest.chunks.resize(count);
    std::memcpy(manifest.chunks.data(), digests.data(), digests.size());
    std::uint64_t at = 0;
    for (auto left = in.number<std::uint32_t>(); left > 0; --left) {
        ByteRange range;
        range.begin = in.number<std::uint64_t>();
        range.end = in.number<std::uint64_t>();
        if (range.begin < at || range.begin >= range.end || range.end > manifest.size)
            refuse("lists weights that overlap or leave the file");
        at = range.end;
        manifest.deferred.push_back(range);
    }
    in.finish();
    return manifest;
}

std::string structure_hash(const graph::Graph& graph) {
    Outline all;
    for (const Operator& op : graph.operators()) outline(op, all);
    return util::sha256(all.text());
}

}  // namespace convoy::runtime
