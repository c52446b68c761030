#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace convoy::transport {

/// Writes an integer at `at`, little-endian; the room must be there.
template <std::integral T>
void put_le(std::byte* at, T value) {
    auto bits = static_cast<std::make_unsigned_t<T>>(value);
    for (std::size_t i = 0; i < sizeof(T); ++i) at[i] = static_cast<std::byte>(bits >> (8 * i) & 0xff);
}

/// Reads a little-endian integer at `at`; the bytes must be there.
template <std::integral T>
[[nodiscard]] T get_le(const std::byte* at) {
    std::make_unsigned_t<T> bits = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
        bits = static_cast<std::make_unsigned_t<T>>(bits | std::to_integer<std::make_unsigned_t<T>>(at[i]) << (8 * i));
    return static_cast<T>(bits);
}

/// Appends integers and short texts (a u16 length, then the bytes) to a message.
class ByteWriter {
  public:
    template <std::integral T>
    void number(T value) {
        bytes_.resize(bytes_.size() + sizeof(T));
        put_le(bytes_.data() + bytes_.size() - sizeof(T), value);
    }
    void text(std::string_view text);
    void bytes(std::span<const std::byte> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
    [[nodiscard]] std::vector<std::byte> take() { return std::move(bytes_); }

  private:
    std::vector<std::byte> bytes_;
};

/// Reads what ByteWriter wrote, from bytes that may hold anything.
class ByteReader {
  public:
    explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

    /// @throws util::Error protocol when the bytes end here
    template <std::integral T>
    [[nodiscard]] T number() {
        return get_le<T>(take(sizeof(T)).data());
    }
    /// @throws util::Error protocol when longer than `limit` or than what is left
    [[nodiscard]] std::string text(std::size_t limit);
    /// The next `count` bytes, still in place. @throws util::Error protocol when fewer are left
    [[nodiscard]] std::span<const std::byte> bytes(std::size_t count) { return take(count); }
    /// @throws util::Error protocol when bytes are left over
    void finish() const;

  private:
    [[nodiscard]] std::span<const std::byte> take(std::size_t count);
    std::span<const std::byte> bytes_;
};

}  // namespace convoy::transport
