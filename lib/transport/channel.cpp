#include "transport/channel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "util/error.hpp"

namespace convoy::transport::detail {

using util::Errc;
using util::Error;

namespace {

constexpr std::size_t kStagingSize = 16384;

[[noreturn]] void broken(const Outcome& outcome) {
    throw Error(Errc::unavailable,
                outcome.code == 0 ? "the connection was closed in the middle of a message" : describe(outcome.code));
}

}  // namespace

bool FrameReader::fill(std::size_t wanted, const Budget& budget, const std::function<void()>& heard) {
    const std::size_t room = std::max(kStagingSize, kFixedHeaderSize + budget.regions * kBoxSize);
    if (staged_.size() < room) staged_.resize(room);
    if (begin_ + wanted > staged_.size() || begin_ == end_) {
        std::memmove(staged_.data(), staged_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    while (end_ - begin_ < wanted) {
        const Outcome got = stream_.receive(std::span(staged_).subspan(end_));
        if (!got.ok()) {
            if (begin_ == end_ && closed_by_peer(got)) return false;
            broken(got);
        }
        heard();
        end_ += got.bytes;
        // Nonsense is refused with the first bytes, not when a whole header's worth of it has come.
        (void)header_size(std::span(staged_).subspan(begin_, std::min(end_ - begin_, kFixedHeaderSize)), budget);
    }
    return true;
}

bool FrameReader::read(Message& message, const Budget& budget, const std::shared_ptr<MemoryAccount>& account,
                       const std::function<void()>& heard) {
    if (!fill(kFixedHeaderSize, budget, heard)) return false;
    const auto size = header_size(std::span(staged_).subspan(begin_, end_ - begin_), budget);
    (void)fill(size, budget, heard);
    message.header = decode_header(std::span(staged_).subspan(begin_, size), budget);
    begin_ += size;
    message.payload = Buffer(message.header.payload_bytes, account);
    const std::size_t here = std::min(message.payload.size(), end_ - begin_);
    if (here > 0) std::memcpy(message.payload.data(), staged_.data() + begin_, here);
    begin_ += here;
    read_payload(message.payload.bytes().subspan(here), heard);
    return true;
}

void FrameReader::read_payload(std::span<std::byte> rest, const std::function<void()>& heard) {
    while (!rest.empty()) {
        const Outcome got = stream_.receive(rest);
        if (!got.ok()) broken(got);
        heard();
        rest = rest.subspan(got.bytes);
    }
}

}  // namespace convoy::transport::detail
