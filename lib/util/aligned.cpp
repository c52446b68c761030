#include "util/aligned.hpp"

#include <cstdlib>
#include <new>

namespace convoy::util {
namespace {
constexpr std::size_t kAlignment = 64;
}

void AlignedBytes::Free::operator()(std::byte* memory) const noexcept { std::free(memory); }

AlignedBytes::AlignedBytes(std::size_t size) : size_(size) {
    if (size == 0) return;
    if (size > SIZE_MAX - kAlignment) throw std::bad_alloc();
    const std::size_t rounded = (size + kAlignment - 1) / kAlignment * kAlignment;
    data_.reset(static_cast<std::byte*>(std::aligned_alloc(kAlignment, rounded)));
    if (!data_) throw std::bad_alloc();
}

}  // namespace convoy::util
