#include "transport/bytes.hpp"

#include "util/error.hpp"

namespace convoy::transport {

using util::Errc;
using util::Error;

void ByteWriter::text(std::string_view text) {
    if (text.size() > 0xffff) throw Error(Errc::internal, "a text of a control message exceeds 65535 bytes");
    number(static_cast<std::uint16_t>(text.size()));
    const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

std::span<const std::byte> ByteReader::take(std::size_t count) {
    if (bytes_.size() < count) throw Error(Errc::protocol, "a control message ends early");
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
}

std::string ByteReader::text(std::size_t limit) {
    const std::size_t length = number<std::uint16_t>();
    if (length > limit) throw Error(Errc::protocol, "a text of a control message is longer than allowed");
    const auto bytes = take(length);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void ByteReader::finish() const {
    if (!bytes_.empty()) throw Error(Errc::protocol, "a control message has bytes left over");
}

}  // namespace convoy::transport
