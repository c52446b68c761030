#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace convoy::util {

/// 64-byte-aligned memory of its own. Movable; contents start uninitialised.
/// Like a pointer, it does not pass its constness on to what it owns.
class AlignedBytes {
  public:
    AlignedBytes() = default;
    explicit AlignedBytes(std::size_t size);
    [[nodiscard]] std::byte* data() const noexcept { return data_.get(); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::span<std::byte> span() const noexcept { return {data_.get(), size_}; }

  private:
    struct Free {
        void operator()(std::byte* memory) const noexcept;
    };
    std::unique_ptr<std::byte, Free> data_;
    std::size_t size_ = 0;
};

/// Bytes that somebody keeps alive: a tensor's memory, a received payload. Copies share the bytes.
struct SharedBytes {
    std::span<std::byte> bytes;
    std::shared_ptr<const void> owner;

    SharedBytes() = default;
    SharedBytes(std::span<std::byte> data, std::shared_ptr<const void> keeper)
        : bytes(data), owner(std::move(keeper)) {}
    explicit SharedBytes(AlignedBytes memory) {
        const auto kept = std::make_shared<AlignedBytes>(std::move(memory));
        bytes = kept->span();
        owner = kept;
    }
};

}  // namespace convoy::util
