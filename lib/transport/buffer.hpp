#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace convoy::transport {

/// Counts the bytes of the buffers that live, and refuses more than its limit. Thread-safe.
class MemoryAccount {
  public:
    explicit MemoryAccount(std::uint64_t limit) : limit_(limit) {}
    /// False, and nothing taken, when the limit would be exceeded.
    [[nodiscard]] bool take(std::uint64_t bytes) noexcept;
    void give_back(std::uint64_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t limit() const noexcept { return limit_; }

  private:
    std::uint64_t limit_;
    std::atomic<std::uint64_t> used_{0};
};

/// Bytes that it owns, at an address divisible by 64, not initialised. Move-only.
class Buffer {
  public:
    static constexpr std::size_t kAlignment = 64;

    Buffer() = default;
    /// @throws util::Error impossible when the account, or the machine, has not that much left
    explicit Buffer(std::size_t size, std::shared_ptr<MemoryAccount> account = nullptr);
    Buffer(Buffer&& other) noexcept;
    Buffer& operator=(Buffer&& other) noexcept;
    ~Buffer();

    [[nodiscard]] std::byte* data() noexcept { return data_.get(); }
    [[nodiscard]] const std::byte* data() const noexcept { return data_.get(); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::span<std::byte> bytes() noexcept { return {data_.get(), size_}; }
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {data_.get(), size_}; }

  private:
    struct Free {
        void operator()(std::byte* data) const noexcept;
    };
    std::unique_ptr<std::byte[], Free> data_;
    std::size_t size_{};
    std::shared_ptr<MemoryAccount> account_;
};

/// What a message carries: bytes, and who keeps them alive until they are sent. Copies share.
struct Payload {
    std::span<const std::byte> bytes;
    std::shared_ptr<const void> owner;

    Payload() = default;
    /// Bytes within anything shared, for example a tensor; they must not change until the owner is released.
    Payload(std::span<const std::byte> content, std::shared_ptr<const void> keeper)
        : bytes(content), owner(std::move(keeper)) {}
    explicit Payload(Buffer buffer);
    explicit Payload(std::vector<std::byte> content);

    /// A copy of bytes that may change at once.
    static Payload copy(std::span<const std::byte> content);
};

}  // namespace convoy::transport
