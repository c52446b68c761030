#include "util/mapped_memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <mutex>

namespace convoy::util {
namespace {

struct Mappings {
    std::mutex mutex;
    std::map<std::uintptr_t, std::size_t> sizes;  ///< by address
};

Mappings& mappings() {
    static auto* const all = new Mappings;  // never destroyed: views may outlive every other static
    return *all;
}

std::uintptr_t address_of(std::span<const std::byte> bytes) { return reinterpret_cast<std::uintptr_t>(bytes.data()); }

}  // namespace

std::span<const std::byte> mapped_file_of(std::span<const std::byte> part) noexcept {
    Mappings& all = mappings();
    const std::lock_guard lock(all.mutex);
    auto next = all.sizes.upper_bound(address_of(part));
    if (next == all.sizes.begin()) return {};
    const auto& [begin, size] = *--next;
    const std::uintptr_t offset = address_of(part) - begin;
    if (offset > size || part.size() > size - offset) return {};
    return {reinterpret_cast<const std::byte*>(begin), size};
}

void release_mapped(std::span<const std::byte> part) noexcept {
    if (part.empty() || mapped_file_of(part).empty()) return;
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const std::uintptr_t begin = address_of(part) / page * page;  // neighbours on the page come back from the file, too
    ::madvise(reinterpret_cast<void*>(begin), address_of(part) + part.size() - begin, MADV_DONTNEED);
}

namespace detail {

void note_mapping(std::span<const std::byte> file) {
    Mappings& all = mappings();
    const std::lock_guard lock(all.mutex);
    all.sizes[address_of(file)] = file.size();
}

void forget_mapping(std::span<const std::byte> file) noexcept {
    Mappings& all = mappings();
    const std::lock_guard lock(all.mutex);
    all.sizes.erase(address_of(file));
}

}  // namespace detail
}  // namespace convoy::util
