#include "transport/buffer.hpp"

#include <fmt/format.h>

#include <new>
#include <utility>

#include "util/error.hpp"

namespace convoy::transport {

using util::Errc;
using util::Error;

bool MemoryAccount::take(std::uint64_t bytes) noexcept {
    std::uint64_t used = used_.load(std::memory_order_relaxed);
    do {
        if (bytes > limit_ - used) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
}

Buffer::Buffer(std::size_t size, std::shared_ptr<MemoryAccount> account) {
    if (account && !account->take(size))
        throw Error(Errc::impossible, fmt::format("{} more bytes exceed the budget of {} bytes for received messages, "
                                                  "of which {} are in use",
                                                  size, account->limit(), account->used()));
    account_ = std::move(account);
    size_ = size;
    if (size == 0) return;
    data_.reset(static_cast<std::byte*>(::operator new[](size, std::align_val_t{kAlignment}, std::nothrow)));
    if (data_) return;
    if (account_) account_->give_back(size);
    throw Error(Errc::impossible, fmt::format("no memory for a message of {} bytes", size));
}

Buffer::Buffer(Buffer&& other) noexcept
    : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)), account_(std::move(other.account_)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
    Buffer taken(std::move(other));
    std::swap(data_, taken.data_);
    std::swap(size_, taken.size_);
    std::swap(account_, taken.account_);
    return *this;
}

Buffer::~Buffer() {
    if (account_) account_->give_back(size_);
}

void Buffer::Free::operator()(std::byte* data) const noexcept {
    ::operator delete[](data, std::align_val_t{kAlignment});
}

Payload::Payload(Buffer buffer) {
    auto shared = std::make_shared<const Buffer>(std::move(buffer));
    bytes = shared->bytes();
    owner = std::move(shared);
}

Payload::Payload(std::vector<std::byte> content) {
    auto shared = std::make_shared<const std::vector<std::byte>>(std::move(content));
    bytes = *shared;
    owner = std::move(shared);
}

Payload Payload::copy(std::span<const std::byte> content) {
    return Payload(std::vector<std::byte>(content.begin(), content.end()));
}

}  // namespace convoy::transport
