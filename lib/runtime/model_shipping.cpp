#include "runtime/model_shipping.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "transport/bytes.hpp"
#include "util/error.hpp"
#include "util/mapped_memory.hpp"

namespace convoy::runtime {

using util::Errc;
using util::Error;

namespace {

/// Chunks that are asked for at once, 4 MiB: a slow link delivers them well within the liveness time-out.
constexpr std::size_t kWindow = 64;
/// How often a worker may ask for each chunk: more is a fault, and would never end.
constexpr std::uint64_t kMostRepeats = 4;

}  // namespace

ModelManifest RemoteModel::manifest() {
    ask({});
    const ControlMessage answer = link_.receive(transport::Kind::model_manifest);
    return decode_manifest(answer.payload.bytes());
}

void RemoteModel::ask(std::span<const ChunkPart> parts) {
    transport::ByteWriter request;
    request.number(static_cast<std::uint32_t>(parts.size()));
    for (const ChunkPart& part : parts) {
        request.number(part.chunk);
        request.number(part.leaves);
    }
    link_.send({.kind = transport::Kind::model_wanted, .regions = {}}, transport::Payload(request.take()));
}

void RemoteModel::fetch(const ModelManifest& manifest, std::span<const ChunkPart> parts, const Take& take) {
    std::map<std::uint64_t, ChunkPart> awaited;
    while (!parts.empty() || !awaited.empty()) {
        if (awaited.size() <= kWindow / 2 && !parts.empty()) {
            const auto next = parts.first(std::min(kWindow - awaited.size(), parts.size()));
            ask(next);
            for (const ChunkPart& part : next) awaited[part.chunk] = part;
            parts = parts.subspan(next.size());
        }
        const ControlMessage message = link_.receive(transport::Kind::weights);
        const auto found = awaited.find(message.header.frame);
        if (found == awaited.end() || found->first >= manifest.chunk_count())
            throw Error(Errc::protocol, fmt::format("chunk {} of the model came unasked", message.header.frame));
        take(found->second, message.payload.bytes());
        awaited.erase(found);
    }
}

transport::Payload ModelServer::message_of(const ChunkPart& part) const {
    const ByteRange range = manifest_->chunk(part.chunk);
    const auto chunk = file_.bytes().subspan(range.begin, range.end - range.begin);
    // The owner keeps the mapping, and gives the memory back when the chunk has left.
    std::shared_ptr<const void> owner(chunk.data(),
                                      [file = file_, chunk](const void*) { util::release_mapped(chunk); });
    if (manifest_->is_whole(part)) return {chunk, std::move(owner)};  // nothing is copied
    transport::ByteWriter message;
    for (const util::Digest& digest : leaf_digests(chunk)) message.bytes(digest);
    for (const ByteRange& leaves : manifest_->ranges(part))
        message.bytes(file_.bytes().subspan(leaves.begin, leaves.end - leaves.begin));
    return transport::Payload(message.take());
}

void ModelServer::answer(LinkId from, std::span<const std::byte> request,
                         const std::function<void(transport::Header, transport::Payload)>& send) {
    transport::ByteReader in(request);
    const auto count = in.number<std::uint32_t>();
    if (count > kWindow) throw Error(Errc::protocol, fmt::format("{} chunks were asked for at once", count));
    std::vector<ChunkPart> parts(count);
    for (ChunkPart& part : parts) {
        part.chunk = in.number<std::uint32_t>();
        part.leaves = in.number<std::uint64_t>();
    }
    in.finish();
    if (!manifest_) {
        file_ = util::FileView::open(name_);
        manifest_ = make_manifest(graph_, file_);
    }
    std::uint64_t& served = served_[from];
    served += std::max<std::size_t>(parts.size(), 1);
    if (served > kMostRepeats * (manifest_->chunk_count() + 1))
        throw Error(Errc::protocol, "the model was asked for again and again");
    if (parts.empty())
        return send({.kind = transport::Kind::model_manifest, .regions = {}}, transport::Payload(encode(*manifest_)));
    for (const ChunkPart& part : parts) {
        if (part.chunk >= manifest_->chunk_count())
            throw Error(Errc::protocol,
                        fmt::format("chunk {} was asked for, the model has {}", part.chunk, manifest_->chunk_count()));
        if (part.leaves == 0 || (part.leaves & ~manifest_->whole(part.chunk).leaves) != 0)
            throw Error(Errc::protocol, fmt::format("leaves of chunk {} were asked for that it has not", part.chunk));
        send({.kind = transport::Kind::weights, .frame = part.chunk, .regions = {}}, message_of(part));
    }
}

}  // namespace convoy::runtime
