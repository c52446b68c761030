#include "runtime/model_shipping.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

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

void RemoteModel::ask(std::span<const std::uint32_t> chunks) {
    transport::ByteWriter request;
    request.number(static_cast<std::uint32_t>(chunks.size()));
    for (const std::uint32_t chunk : chunks) request.number(chunk);
    link_.send({.kind = transport::Kind::model_wanted, .regions = {}}, transport::Payload(request.take()));
}

void RemoteModel::fetch(const ModelManifest& manifest, std::span<const std::uint32_t> chunks,
                        const std::function<void(std::uint32_t, std::span<const std::byte>)>& take) {
    std::set<std::uint32_t> awaited;
    while (!chunks.empty() || !awaited.empty()) {
        if (awaited.size() <= kWindow / 2 && !chunks.empty()) {
            const auto next = chunks.first(std::min(kWindow - awaited.size(), chunks.size()));
            ask(next);
            awaited.insert(next.begin(), next.end());
            chunks = chunks.subspan(next.size());
        }
        const ControlMessage message = link_.receive(transport::Kind::weights);
        const std::uint64_t number = message.header.frame;
        if (number >= manifest.chunk_count() || awaited.erase(static_cast<std::uint32_t>(number)) == 0)
            throw Error(Errc::protocol, fmt::format("chunk {} of the model came unasked", number));
        take(static_cast<std::uint32_t>(number), message.payload.bytes());
    }
}

void ModelServer::answer(LinkId from, std::span<const std::byte> request,
                         const std::function<void(transport::Header, transport::Payload)>& send) {
    transport::ByteReader in(request);
    const auto count = in.number<std::uint32_t>();
    if (count > kWindow) throw Error(Errc::protocol, fmt::format("{} chunks were asked for at once", count));
    std::vector<std::uint32_t> chunks(count);
    for (std::uint32_t& chunk : chunks) chunk = in.number<std::uint32_t>();
    in.finish();
    if (!manifest_) {
        file_ = util::FileView::open(name_);
        manifest_ = make_manifest(graph_, file_);
    }
    std::uint64_t& served = served_[from];
    served += std::max<std::size_t>(chunks.size(), 1);
    if (served > kMostRepeats * (manifest_->chunk_count() + 1))
        throw Error(Errc::protocol, "the model was asked for again and again");
    if (chunks.empty())
        return send({.kind = transport::Kind::model_manifest, .regions = {}}, transport::Payload(encode(*manifest_)));
    for (const std::uint32_t chunk : chunks) {
        if (chunk >= manifest_->chunk_count())
            throw Error(Errc::protocol,
                        fmt::format("chunk {} was asked for, the model has {}", chunk, manifest_->chunk_count()));
        const ByteRange range = manifest_->chunk(chunk);
        const auto part = file_.bytes().subspan(range.begin, range.end - range.begin);
        // Nothing is copied: the owner keeps the mapping, and gives the memory back when the chunk has left.
        std::shared_ptr<const void> owner(part.data(),
                                          [file = file_, part](const void*) { util::release_mapped(part); });
        send({.kind = transport::Kind::weights, .frame = chunk, .regions = {}},
             transport::Payload(part, std::move(owner)));
    }
}

}  // namespace convoy::runtime
